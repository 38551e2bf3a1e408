package io.tidemark.notify;

import io.tidemark.catalog.Catalog;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Entropy;
import io.tidemark.time.Timers;
import io.vertx.core.Future;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The silences, kept in the catalog. Safe on any thread: readers see an immutable list, which a change replaces once it is durable.
public final class Silences {
  private static final Logger LOG = LoggerFactory.getLogger(Silences.class);
  private static final String KIND = "silence";
  /// Most silences kept, expired ones included; expired ones are removed {@link #EXPIRED_KEPT_MILLIS} after their end.
  public static final int SILENCES_MAX = 10_000;
  private static final long EXPIRED_KEPT_MILLIS = 5 * 24 * 3_600_000L;

  private final Catalog catalog;
  private final Clock clock;
  private final Entropy entropy;
  private final AtomicLong reads = new AtomicLong();
  private final Counter failures;
  private volatile Read latest = new Read(0, 0, List.of());
  private volatile boolean stopped;

  /// What one reading of the catalog found; of two that overlap the one that began later counts.
  private record Read(long number, long atNanos, List<Silence> silences) {}

  private Silences(Catalog catalog, Clock clock, Entropy entropy, Metrics metrics) {
    this.catalog = catalog;
    this.clock = clock;
    this.entropy = entropy;
    failures = metrics.counter("tidemark_silences_refresh_failures_total",
        "Times that the silences could not be read; the last list stayed in force.");
    metrics.gauge("tidemark_silences_age_seconds", "Since the silences were last read; what other nodes changed since is not known.",
        () -> latest.number == 0 ? 0 : (clock.nanos() - latest.atNanos) / 1e9);
  }

  /// Reads the catalog, or begins with none when it is away: a page that somebody had silenced is better than none.
  public static Future<Silences> open(Catalog catalog, Clock clock, Entropy entropy, Metrics metrics) {
    var silences = new Silences(catalog, clock, entropy, metrics);
    return silences.refresh().map(silences).recover(e -> {
      if (e instanceof TidemarkException known && (known.code() == ErrorCode.UNAVAILABLE || known.code() == ErrorCode.TIMEOUT)) {
        LOG.warn("silences not read yet, none is in force reason=\"{}\"", e.getMessage());
        return Future.succeededFuture(silences);
      }
      return Future.failedFuture(e);
    });
  }

  /// Reads the catalog again every `everyMillis`, for changes made through other nodes. While it is away the last list stays in force.
  public void follow(Timers timers, long everyMillis) {
    timers.after(everyMillis, () -> {
      if (!stopped) {
        refresh().onComplete(_ -> follow(timers, everyMillis));
      }
    });
  }

  /// Follows no more.
  public void stop() {
    stopped = true;
  }

  /// Reads the catalog again, e.g. after another node's change. A document that is no silence is logged and left out: it must not keep
  /// the pages of all others from going out.
  public Future<Void> refresh() {
    long number = reads.incrementAndGet();
    long atNanos = clock.nanos();
    return catalog.list(KIND).onFailure(_ -> failures.increment()).compose(documents -> {
      var found = new ArrayList<Silence>();
      var removals = new ArrayList<Future<Void>>();
      for (Catalog.Document document : documents) {
        decode(document).ifPresent(silence -> {
          if (silence.endsAtMillis() + EXPIRED_KEPT_MILLIS < clock.millis()) {
            removals.add(removed(document));
          } else {
            found.add(silence);
          }
        });
      }
      publish(new Read(number, atNanos, List.copyOf(found)));
      return Future.all(removals).mapEmpty();
    });
  }

  /// Removes a silence long over; another node may have been quicker.
  private Future<Void> removed(Catalog.Document document) {
    return catalog.remove(KIND, document.id(), document.version(), "tidemark").recover(e ->
        e instanceof TidemarkException known && (known.code() == ErrorCode.NOT_FOUND || known.code() == ErrorCode.CONFLICT)
            ? Future.succeededFuture() : Future.failedFuture(e));
  }

  private synchronized void publish(Read read) {
    if (read.number > latest.number) {
      latest = read;
    }
  }

  /// All that are known, expired ones included, sorted by id.
  public List<Silence> list() {
    return latest.silences;
  }

  public Optional<Silence> find(String id) {
    return latest.silences.stream().filter(silence -> silence.id().equals(id)).findFirst();
  }

  /// Adds `draft` (its id is ignored) and completes with it as stored, durable and in force.
  ///
  /// Fails with `BAD_DATA` when it is over already, `TOO_LARGE` when there are too many.
  public Future<Silence> create(Silence draft, String actor) {
    if (draft.isExpiredAt(clock.millis())) {
      return Future.failedFuture(new TidemarkException(ErrorCode.BAD_DATA, "silence " + draft.matchers() + " ends in the past"));
    }
    if (latest.silences.size() >= SILENCES_MAX) {
      return Future.failedFuture(new TidemarkException(ErrorCode.TOO_LARGE, "there are " + SILENCES_MAX
          + " silences already; expire some and try again"));
    }
    String id = new UUID(entropy.nextLong(), entropy.nextLong()).toString();
    var silence = new Silence(id, draft.matchers(), draft.startsAtMillis(), draft.endsAtMillis(), draft.createdBy(), draft.comment(),
        clock.millis());
    return catalog.create(KIND, id, encode(silence), actor).compose(_ -> refresh()).map(silence);
  }

  /// Changes a silence. Its end and comment change in place; with other matchers, another start, or when it is over, the old one is
  /// expired and a new one with a new id takes its place, so that what was silenced in the past stays on record. Completes with the
  /// silence as stored; fails as {@link #create} and {@link #expire} do.
  public Future<Silence> replace(String id, Silence draft, String actor) {
    return catalog.get(KIND, id).compose(found -> {
      Optional<Silence> old = found.flatMap(Silences::decode);
      if (old.isEmpty()) {
        return Future.failedFuture(missing(id));
      }
      long now = clock.millis();
      boolean inPlace = !old.get().isExpiredAt(now) && !draft.isExpiredAt(now) && old.get().matchers().equals(draft.matchers())
          && old.get().startsAtMillis() == draft.startsAtMillis();
      if (!inPlace) {
        return create(draft, actor).compose(created -> expire(id, actor).map(created));
      }
      var changed = new Silence(id, draft.matchers(), draft.startsAtMillis(), draft.endsAtMillis(), draft.createdBy(), draft.comment(),
          now);
      return catalog.replace(KIND, id, encode(changed), found.get().version(), actor).compose(_ -> refresh()).map(changed);
    });
  }

  /// Ends a silence now; one that has not begun never will. Does nothing to one that is over. Fails with `NOT_FOUND`.
  public Future<Void> expire(String id, String actor) {
    return catalog.get(KIND, id).compose(found -> {
      Optional<Silence> known = found.flatMap(Silences::decode);
      if (known.isEmpty()) {
        return Future.failedFuture(missing(id));
      }
      Silence old = known.get();
      long now = clock.millis();
      if (old.isExpiredAt(now)) {
        return Future.succeededFuture();
      }
      var ended = new Silence(id, old.matchers(), Math.min(old.startsAtMillis(), now), now, old.createdBy(), old.comment(), now);
      return catalog.replace(KIND, id, encode(ended), found.get().version(), actor).compose(_ -> refresh());
    });
  }

  private static TidemarkException missing(String id) {
    return new TidemarkException(ErrorCode.NOT_FOUND, "there is no silence " + id);
  }

  /// The ids of the active silences that match an alert with these labels.
  public List<String> silencing(LabelSet labels, long nowMillis) {
    return latest.silences.stream().filter(s -> s.isActiveAt(nowMillis) && s.matchers().matches(labels)).map(Silence::id).toList();
  }

  private static String encode(Silence silence) {
    return new JsonObject().put("matchers", silence.matchers().toString()).put("startsAtMillis", silence.startsAtMillis())
        .put("endsAtMillis", silence.endsAtMillis()).put("createdBy", silence.createdBy()).put("comment", silence.comment())
        .put("updatedAtMillis", silence.updatedAtMillis()).encode();
  }

  private static Optional<Silence> decode(Catalog.Document document) {
    try {
      var json = new JsonObject(document.json());
      return Optional.of(new Silence(document.id(), Matchers.parse(json.getString("matchers", "")), json.getLong("startsAtMillis", 0L),
          json.getLong("endsAtMillis", 0L), json.getString("createdBy", ""), json.getString("comment", ""),
          json.getLong("updatedAtMillis", 0L)));
    } catch (DecodeException | ClassCastException | TidemarkException e) {
      LOG.error("silence in the catalog is not readable, ignored id={} cause={}", document.id(), e.getClass().getSimpleName());
      return Optional.empty();
    }
  }
}
