package io.tidemark.rules;

import io.tidemark.catalog.Catalog;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Entropy;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/// Rules that people make through the API: documents in the catalog, loaded into the engine with every change. Any thread.
///
/// A document has `name` and `expr`, and may have `type` (`alerting` or `recording`), `for`, `keep_firing_for`, `labels`,
/// `annotations`, `group` (the rule's id when missing) and `interval`. It is checked as rule files are.
public final class RuleStore {
  /// The engine's source of these rules.
  public static final String SOURCE = "api";
  private static final String KIND = "rule";
  /// Most rules kept.
  private static final int RULES_MAX = 10_000;

  /// One stored rule.
  ///
  /// @param version what a change must name; the ETag
  /// @param json    the document as it was given
  public record Stored(String id, long version, JsonObject json, long updatedAtMillis) {}

  private final Catalog catalog;
  private final RuleFiles files;
  private final RuleEngine engine;
  private final Entropy entropy;
  private final AtomicInteger unreadable = new AtomicInteger();

  public RuleStore(Catalog catalog, RuleFiles files, RuleEngine engine, Entropy entropy, Metrics metrics) {
    this.catalog = catalog;
    this.files = files;
    this.engine = engine;
    this.entropy = entropy;
    metrics.gauge("tidemark_rules_unreadable", "Stored rules that this release cannot read and does not evaluate.", unreadable::get);
  }

  /// Loads all stored rules into the engine: once at start, and whenever another node may have changed them.
  ///
  /// Rules that were checked apart but do not go together (two nodes took them at the same time) then run each in a group of its own;
  /// one that this release cannot read stays out and is counted.
  public Future<Void> load() {
    return catalog.list(KIND).compose(documents -> engine.load(SOURCE, loadable(documents)));
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
    return catalog.remove(KIND, id, expectedVersion, actor).compose(_ -> load());
  }

  private Future<Stored> reloaded(Catalog.Document document) {
    return load().map(_ -> stored(document));
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
