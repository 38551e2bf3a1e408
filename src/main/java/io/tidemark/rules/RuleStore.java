package io.tidemark.rules;

import io.tidemark.catalog.Catalog;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Entropy;
import io.tidemark.time.Timers;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Rules that people make through the API: documents in the catalog, loaded into the engine with every change, whichever node made it.
/// Any thread.
///
/// Changes of other nodes are found by listing the documents every few seconds. When the catalog is away, what was last loaded goes on
/// running, and whoever wants to see or change a rule is told `UNAVAILABLE`.
///
/// A document has `name` and `expr`, and may have `type` (`alerting` or `recording`), `for`, `keep_firing_for`, `labels`,
/// `annotations`, `group` (the rule's id when missing) and `interval`. It is checked as rule files are.
public final class RuleStore {
  /// The engine's source of these rules.
  public static final String SOURCE = "api";
  private static final String KIND = "rule";
  private static final Logger LOG = LoggerFactory.getLogger(RuleStore.class);
  /// Most rules kept.
  private static final int RULES_MAX = 10_000;

  /// One stored rule.
  ///
  /// @param version what a change must name; the ETag
  /// @param json    the document as it was given
  public record Stored(String id, long version, JsonObject json, long updatedAtMillis) {}

  private final Catalog catalog;
  private final RuleFiles files;
  private final RuleLoader loader;
  private final Clock clock;
  private final Entropy entropy;
  private final Counter failures;
  private final AtomicInteger unreadable = new AtomicInteger();
  private final AtomicLong reads = new AtomicLong();
  private volatile Read latest = new Read(0, 0, Map.of());
  private volatile boolean stopped;

  /// What one listing found, versions by id; of two that overlap the one that began later counts.
  private record Read(long number, long atNanos, Map<String, Long> versions) {}

  /// @param loader runs the rules
  public RuleStore(Catalog catalog, RuleFiles files, RuleLoader loader, Clock clock, Entropy entropy, Metrics metrics) {
    this.catalog = catalog;
    this.files = files;
    this.loader = loader;
    this.clock = clock;
    this.entropy = entropy;
    failures = metrics.counter("tidemark_rules_refresh_failures_total",
        "Times that the stored rules could not be listed; those loaded before went on running.");
    metrics.gauge("tidemark_rules_age_seconds", "Since the stored rules were last listed; what other nodes changed since is not known.",
        () -> latest.number == 0 ? 0 : (clock.nanos() - latest.atNanos) / 1e9);
    metrics.gauge("tidemark_rules_unreadable", "Stored rules that this release cannot read and does not evaluate.", unreadable::get);
  }

  /// Loads all stored rules, and from now on what changes, looking every `everyMillis`. Completes with the first loading; a catalog that
  /// is away keeps nothing from starting, its rules come when it is back.
  public Future<Void> start(Timers timers, long everyMillis) {
    return load().recover(e -> {
      if (e instanceof TidemarkException known && (known.code() == ErrorCode.UNAVAILABLE || known.code() == ErrorCode.TIMEOUT)) {
        LOG.atWarn().addKeyValue("reason", e.getMessage()).log("Stored rules are not loaded yet: the catalog is away.");
        return Future.succeededFuture();
      }
      return Future.failedFuture(e);
    }).onSuccess(_ -> timers.after(everyMillis, () -> look(timers, everyMillis)));
  }

  private void look(Timers timers, long everyMillis) {
    if (!stopped) {
      load().onComplete(_ -> timers.after(everyMillis, () -> look(timers, everyMillis)));
    }
  }

  /// Looks no more.
  public void stop() {
    stopped = true;
  }

  /// Loads all stored rules if any has changed since the last time.
  ///
  /// Rules that were checked apart but do not go together (two nodes took them at the same time) then run each in a group of its own;
  /// one that this release cannot read stays out and is counted.
  public Future<Void> load() {
    long number = reads.incrementAndGet();
    long atMillis = clock.millis();
    long atNanos = clock.nanos();
    return catalog.list(KIND).onFailure(_ -> failures.increment()).compose(documents -> {
      Map<String, Long> versions = documents.stream().collect(Collectors.toMap(Catalog.Document::id, Catalog.Document::version));
      Optional<Read> before = publish(new Read(number, atNanos, versions));
      if (before.isEmpty() || before.get().number != 0 && before.get().versions.equals(versions)) {
        return Future.succeededFuture();
      }
      // A change may be as old as the listing before.
      long sinceMillis = before.get().number == 0 ? atMillis : atMillis - (atNanos - before.get().atNanos) / 1_000_000;
      return loader.load(SOURCE, loadable(documents), sinceMillis);
    });
  }

  /// Keeps what was found, and gives what was known before; nothing when a later listing was quicker.
  private synchronized Optional<Read> publish(Read read) {
    Read before = latest;
    if (read.number <= before.number) {
      return Optional.empty();
    }
    latest = read;
    return Optional.of(before);
  }

  private List<RuleGroup> loadable(List<Catalog.Document> documents) {
    try {
      List<RuleGroup> groups = groups(documents, Optional.empty());
      unreadable.set(0);
      return groups;
    } catch (TidemarkException e) {
      var single = new ArrayList<RuleGroup>();
      for (Catalog.Document document : documents) {
        readable(document).map(group -> group.named(document.id())).ifPresent(single::add);
      }
      unreadable.set(documents.size() - single.size());
      return single;
    }
  }

  private Optional<RuleGroup> readable(Catalog.Document document) {
    try {
      return Optional.of(files.parseDocument(document.id(), document.json()));
    } catch (TidemarkException e) {
      return Optional.empty();
    }
  }

  /// All rules, sorted by id.
  public Future<List<Stored>> list() {
    return catalog.list(KIND).map(documents -> documents.stream().map(RuleStore::stored).toList());
  }

  /// Fails with `NOT_FOUND`.
  public Future<Stored> find(String id) {
    return catalog.get(KIND, id).map(document -> document.map(RuleStore::stored).orElseThrow(() -> notFound(id)));
  }

  /// Adds a rule under a new id; it is evaluated within one interval. Fails with `BAD_DATA` and every problem, a line each.
  public Future<Stored> create(JsonObject json, String actor) {
    String id = String.format("%016x", entropy.nextLong());
    return checked(id, json).compose(_ -> catalog.create(KIND, id, json.encode(), actor)).compose(this::reloaded);
  }

  /// Replaces version `expectedVersion`. Fails with `BAD_DATA`, `NOT_FOUND`, or `CONFLICT` when somebody else was quicker.
  public Future<Stored> replace(String id, JsonObject json, long expectedVersion, String actor) {
    return checked(id, json).compose(_ -> catalog.replace(KIND, id, json.encode(), expectedVersion, actor)).compose(this::reloaded);
  }

  /// Removes version `expectedVersion`. Fails with `NOT_FOUND` or `CONFLICT`.
  public Future<Void> remove(String id, long expectedVersion, String actor) {
    return catalog.remove(KIND, id, expectedVersion, actor).compose(_ -> load().otherwiseEmpty());
  }

  private Future<Stored> reloaded(Catalog.Document document) {
    // It is stored, whatever becomes of the listing: the next look loads it.
    return load().otherwiseEmpty().map(_ -> stored(document));
  }

  /// Checks a document by itself and together with all others.
  private Future<Void> checked(String id, JsonObject json) {
    return catalog.list(KIND).map(documents -> {
      RuleGroup group = files.parseDocument(id, json.encode());
      var others = documents.stream().filter(d -> !d.id().equals(id)).toList();
      if (others.size() >= RULES_MAX) {
        throw new TidemarkException(ErrorCode.TOO_LARGE, "there are " + others.size() + " rules already; at most " + RULES_MAX
            + " may be made through the API, put more into rule files");
      }
      groups(others, Optional.of(group));
      return null;
    });
  }

  private List<RuleGroup> groups(List<Catalog.Document> documents, Optional<RuleGroup> more) {
    var single = new ArrayList<RuleGroup>();
    documents.forEach(document -> single.add(files.parseDocument(document.id(), document.json())));
    more.ifPresent(single::add);
    return files.merge(single);
  }

  private static Stored stored(Catalog.Document document) {
    return new Stored(document.id(), document.version(), new JsonObject(document.json()), document.updatedAtMillis());
  }

  private static TidemarkException notFound(String id) {
    return new TidemarkException(ErrorCode.NOT_FOUND, "there is no rule \"" + id + "\"");
  }
}
