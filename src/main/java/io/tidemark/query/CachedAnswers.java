package io.tidemark.query;

import io.tidemark.promql.Expr;
import io.tidemark.promql.Printer;
import io.tidemark.query.cache.Cacheable;
import io.tidemark.query.cache.Extent;
import io.tidemark.query.cache.ResultCache;
import io.tidemark.query.cache.ResultCache.Entry;
import io.tidemark.query.cache.ResultCache.Key;
import io.tidemark.query.evaluate.Run;
import io.tidemark.storage.Revisions;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Answers range queries from the steps of earlier answers as far as these are still right, and evaluates the rest.
///
/// **Why it is right.** A step of a {@link Cacheable} expression depends on samples up to its own time only. So when the lowest time of
/// any sample that changed since a step was evaluated lies after the step, evaluating it again would give the same. Changes are asked
/// for from a revision that was taken before the evaluation opened its view, after the view of the present query was opened: a change
/// that this view has to show is known by then. A change seen by the evaluation itself counts as later than the revision, which costs
/// an evaluation and no more. Steps of the newest `query.cache.edge` are not kept, for they change all the time.
///
/// What came with warnings or remarks is not kept either: their texts speak of the whole range. Neither does a query of rules look here,
/// nor one whose series lie on other nodes, as nobody tells what changes there.
///
/// Steps may differ in the last bit from those of an evaluation over another range, where sums run over another set of series.
final class CachedAnswers {
  private final ResultCache cache;
  private final Optional<Revisions> revisions;
  private final QueryConfig config;
  private final Clock clock;
  private final Counter stepsKept;
  private final Counter stepsMade;
  private final Counter stale;

  CachedAnswers(Optional<Revisions> revisions, QueryConfig config, Clock clock, Metrics metrics) {
    this.revisions = config.cache().enabled() ? revisions : Optional.empty();
    this.config = config;
    this.clock = clock;
    cache = new ResultCache(config.cache().memoryBytesMax(), metrics);
    stepsKept = metrics.counter("tidemark_query_cache_steps_total", "Steps of range queries that may be kept, by where they came from.",
        "from", "cache");
    stepsMade = metrics.counter("tidemark_query_cache_steps_total", "Steps of range queries that may be kept, by where they came from.",
        "from", "evaluation");
    stale = metrics.counter("tidemark_query_cache_stale_total", "Answers from the cache because evaluation failed.");
  }

  /// What changes are counted from; taken before the query's view is opened.
  Optional<Revisions.Revision> revision() {
    return revisions.map(Revisions::now);
  }

  /// Where the steps of `expr` are kept, if they may be.
  Optional<Key> key(Expr expr, QueryRequest request) {
    if (revisions.isEmpty() || !request.cacheAllowed() || request.countsSteps() || request.isInstant()
        || request.principal().equals(QueryRequest.RULES) || !Cacheable.holds(expr)) {
      return Optional.empty();
    }
    long step = request.stepMillis();
    return Optional.of(new Key(Printer.print(expr), step, Math.floorMod(request.startMillis(), step),
        request.lookbackMillis() > 0 ? request.lookbackMillis() : config.lookbackMillis()));
  }

  /// Evaluates what is not here.
  interface Steps {
    /// The query's answer for the steps from `startMillis` to `endMillis`, both inclusive.
    ///
    /// @param isRefresh whether more steps than these were within the budgets before
    Value.Matrix evaluate(long startMillis, long endMillis, boolean isRefresh);
  }

  /// What is to be evaluated of a request, the rest being kept.
  ///
  /// @param steps       how many; all of them lie between the two times
  /// @param keptSamples samples of the answer that are kept, at most
  record Lack(long steps, long firstMillis, long lastMillis, long keptSamples) {
    static Lack all(QueryRequest request) {
      return new Lack(request.steps(), request.startMillis(), request.endMillis(), 0);
    }

    /// @param from first step that is kept; after `to` if none is
    private static Lack of(QueryRequest request, long last, long from, long to, int series) {
      if (from > to) {
        return all(request);
      }
      long step = request.stepMillis();
      long kept = (to - from) / step + 1;
      if (kept == request.steps()) {
        return new Lack(0, last, last, kept * series);
      }
      return new Lack(request.steps() - kept, from > request.startMillis() ? request.startMillis() : to + step,
          to < last ? last : from - step, kept * series);
    }
  }

  /// What {@link #answer} would have to evaluate now. Copies nothing.
  Lack lack(Key key, QueryRequest request) {
    long step = key.stepMillis();
    long last = request.startMillis() + (request.endMillis() - request.startMillis()) / step * step;
    return cache.find(key).map(entry -> {
      Extent extent = entry.extent();
      long changed = revisions.orElseThrow().changedFromMillis(entry.revision());
      if (changed <= extent.firstMillis()) {
        return Lack.all(request);
      }
      long valid = Math.min(extent.lastMillis(), extent.firstMillis() + (changed - 1 - extent.firstMillis()) / step * step);
      return Lack.of(request, last, Math.max(request.startMillis(), extent.firstMillis()), Math.min(last, valid), extent.series().size());
    }).orElseGet(() -> Lack.all(request));
  }

  /// @param lack what was evaluated
  record Answer(Value.Matrix value, Lack lack) {}

  /// Answers a query whose view is open.
  ///
  /// @param revision as {@link #revision} gave it
  Answer answer(Key key, QueryRequest request, Revisions.Revision revision, Run run, Steps steps) {
    long step = key.stepMillis();
    long first = request.startMillis();
    long last = first + (request.endMillis() - first) / step * step;
    Optional<Extent> kept = cache.find(key).flatMap(entry -> valid(key, entry));
    Optional<Extent> usable = kept.flatMap(extent -> overlap(extent, first, last));
    long fromCache = usable.map(extent -> (extent.lastMillis() - extent.firstMillis()) / step + 1).orElse(0L);
    long made = (last - first) / step + 1 - fromCache;
    boolean isRefresh = made <= fromCache;
    var parts = new ArrayList<Extent>();
    if (usable.isEmpty()) {
      parts.add(evaluated(steps, first, last, isRefresh));
    } else {
      Extent middle = usable.get();
      if (middle.firstMillis() > first) {
        parts.add(evaluated(steps, first, middle.firstMillis() - step, isRefresh));
      }
      parts.add(middle);
      if (middle.lastMillis() < last) {
        parts.add(evaluated(steps, middle.lastMillis() + step, last, isRefresh));
      }
    }
    stepsKept.add(fromCache);
    stepsMade.add(made);
    run.hold(parts.stream().mapToLong(Extent::bytes).sum());
    Extent whole = Extent.join(parts);
    if (run.warnings().isEmpty() && run.infos().isEmpty()) {
      keep(key, whole, kept, revision);
    }
    Lack lack = usable.map(extent -> Lack.of(request, last, extent.firstMillis(), extent.lastMillis(), extent.series().size()))
        .orElseGet(() -> Lack.all(request));
    return new Answer(new Value.Matrix(whole.series()), lack);
  }

  private static Extent evaluated(Steps steps, long first, long last, boolean isRefresh) {
    return new Extent(first, last, steps.evaluate(first, last, isRefresh).series());
  }

  /// The steps that no change since can have touched.
  private Optional<Extent> valid(Key key, Entry entry) {
    return before(key, entry, revisions.orElseThrow().changedFromMillis(entry.revision()));
  }

  /// The steps that no delete since can have touched, whatever came late.
  private Optional<Extent> permitted(Key key, Entry entry) {
    return before(key, entry, revisions.orElseThrow().erasedFromMillis(entry.revision()));
  }

  private static Optional<Extent> before(Key key, Entry entry, long fromMillis) {
    return upTo(key, entry.extent(), fromMillis == Long.MIN_VALUE ? Long.MIN_VALUE : fromMillis - 1);
  }

  private static Optional<Extent> upTo(Key key, Extent extent, long lastMillis) {
    if (lastMillis >= extent.lastMillis()) {
      return Optional.of(extent);
    }
    if (lastMillis < extent.firstMillis()) {
      return Optional.empty();
    }
    long last = extent.firstMillis() + (lastMillis - extent.firstMillis()) / key.stepMillis() * key.stepMillis();
    return Optional.of(extent.slice(extent.firstMillis(), last));
  }

  private static Optional<Extent> overlap(Extent extent, long first, long last) {
    long from = Math.max(first, extent.firstMillis());
    long to = Math.min(last, extent.lastMillis());
    return from <= to ? Optional.of(extent.slice(from, to)) : Optional.empty();
  }

  /// Keeps the answer without its newest steps, behind the older steps that were kept before.
  private void keep(Key key, Extent whole, Optional<Extent> before, Revisions.Revision revision) {
    long now = clock.millis();
    long step = key.stepMillis();
    Optional<Extent> settled = upTo(key, whole, now - config.cache().edgeMillis() - 1);
    if (settled.isEmpty()) {
      return;
    }
    Extent fresh = settled.get();
    if (before.isPresent() && before.get().firstMillis() <= fresh.firstMillis() && before.get().lastMillis() >= fresh.lastMillis()) {
      return;
    }
    Optional<Extent> older = before.filter(extent -> extent.firstMillis() < fresh.firstMillis()
            && extent.lastMillis() >= fresh.firstMillis() - step)
        .flatMap(extent -> upTo(key, extent, fresh.firstMillis() - step));
    Extent joined = older.map(extent -> Extent.join(List.of(extent, fresh))).orElse(fresh);
    long oldest = joined.lastMillis() - config.pointsMax() * step;
    cache.put(key, new Entry(joined.slice(Math.max(joined.firstMillis(), oldest), joined.lastMillis()), revision, now));
  }

  /// An answer of earlier times for a query that failed, if any of its steps is here; told in its warnings. Nothing that was deleted
  /// since is in it.
  Optional<QueryResult> stale(Key key, QueryRequest request, Throwable failure) {
    long step = key.stepMillis();
    long first = request.startMillis();
    long last = first + (request.endMillis() - first) / step * step;
    return cache.find(key).flatMap(entry -> permitted(key, entry).flatMap(kept -> overlap(kept, first, last)).map(extent -> {
      stale.increment();
      String warning = "evaluation failed (" + failure.getMessage() + "); this is an earlier answer, made at "
          + text(entry.madeMillis()) + ", from " + text(extent.firstMillis()) + " to " + text(extent.lastMillis())
          + "; later steps are missing, and samples that changed since";
      return new QueryResult(new Value.Matrix(extent.series()), List.of(warning), List.of(),
          new QueryResult.Stats(0, 0, extent.series().size(), 0, 0, 0, 0, new long[0], List::of));
    }));
  }

  private static String text(long millis) {
    return Instant.ofEpochMilli(millis).truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
