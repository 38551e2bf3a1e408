package io.tidemark.notify;

import io.tidemark.catalog.Catalog;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.time.Clock;
import io.tidemark.time.Entropy;
import io.vertx.core.Future;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/// The silences, kept in the catalog. Safe on any thread: readers see an immutable list, which a change replaces once it is durable.
public final class Silences {
  private static final String KIND = "silence";
  /// Most silences kept, expired ones included; expired ones are removed {@link #EXPIRED_KEPT_MILLIS} after their end.
  public static final int SILENCES_MAX = 10_000;
  private static final long EXPIRED_KEPT_MILLIS = 5 * 24 * 3_600_000L;

  private final Catalog catalog;
  private final Clock clock;
  private final Entropy entropy;
  private volatile List<Silence> silences = List.of();

  private Silences(Catalog catalog, Clock clock, Entropy entropy) {
    this.catalog = catalog;
    this.clock = clock;
    this.entropy = entropy;
  }

  public static Future<Silences> open(Catalog catalog, Clock clock, Entropy entropy) {
    var silences = new Silences(catalog, clock, entropy);
    return silences.refresh().map(silences);
  }

  /// Reads the catalog again, e.g. after another node's change.
  public Future<Void> refresh() {
    return catalog.list(KIND).compose(documents -> {
      var read = new ArrayList<Silence>();
      var removals = new ArrayList<Future<Void>>();
      for (Catalog.Document document : documents) {
        Silence silence = decode(document);
        if (silence.endsAtMillis() + EXPIRED_KEPT_MILLIS < clock.millis()) {
          removals.add(catalog.remove(KIND, document.id(), document.version(), "tidemark"));
        } else {
          read.add(silence);
        }
      }
      silences = List.copyOf(read);
      return Future.all(removals).mapEmpty();
    });
  }

  /// All that are known, expired ones included, sorted by id.
  public List<Silence> list() {
    return silences;
  }

  public Optional<Silence> find(String id) {
    return silences.stream().filter(silence -> silence.id().equals(id)).findFirst();
  }

  /// Adds `draft` (its id is ignored) and completes with it as stored, durable and in force.
  ///
  /// Fails with `BAD_DATA` when it is over already, `TOO_LARGE` when there are too many.
  public Future<Silence> create(Silence draft, String actor) {
    if (draft.isExpiredAt(clock.millis())) {
      return Future.failedFuture(new TidemarkException(ErrorCode.BAD_DATA, "silence " + draft.matchers() + " ends in the past"));
    }
    if (silences.size() >= SILENCES_MAX) {
      return Future.failedFuture(new TidemarkException(ErrorCode.TOO_LARGE, "there are " + SILENCES_MAX
          + " silences already; expire some and try again"));
    }
    String id = new UUID(entropy.nextLong(), entropy.nextLong()).toString();
    var silence = new Silence(id, draft.matchers(), draft.startsAtMillis(), draft.endsAtMillis(), draft.createdBy(), draft.comment(),
        clock.millis());
    return catalog.create(KIND, id, encode(silence), actor).compose(_ -> refresh()).map(silence);
  }

  /// Ends a silence now; one that has not begun never will. Does nothing to one that is over. Fails with `NOT_FOUND`.
  public Future<Void> expire(String id, String actor) {
    return catalog.get(KIND, id).compose(found -> {
      if (found.isEmpty()) {
        return Future.failedFuture(new TidemarkException(ErrorCode.NOT_FOUND, "there is no silence " + id));
      }
      Silence old = decode(found.get());
      long now = clock.millis();
      if (old.isExpiredAt(now)) {
        return Future.succeededFuture();
      }
      var ended = new Silence(id, old.matchers(), Math.min(old.startsAtMillis(), now), now, old.createdBy(), old.comment(), now);
      return catalog.replace(KIND, id, encode(ended), found.get().version(), actor).compose(_ -> refresh());
    });
  }

  /// The ids of the active silences that match an alert with these labels.
  public List<String> silencing(LabelSet labels, long nowMillis) {
    return silences.stream().filter(s -> s.isActiveAt(nowMillis) && s.matchers().matches(labels)).map(Silence::id).toList();
  }

  private static String encode(Silence silence) {
    return new JsonObject().put("matchers", silence.matchers().toString()).put("startsAtMillis", silence.startsAtMillis())
        .put("endsAtMillis", silence.endsAtMillis()).put("createdBy", silence.createdBy()).put("comment", silence.comment())
        .put("updatedAtMillis", silence.updatedAtMillis()).encode();
  }

  private static Silence decode(Catalog.Document document) {
    try {
      var json = new JsonObject(document.json());
      return new Silence(document.id(), Matchers.parse(json.getString("matchers", "")), json.getLong("startsAtMillis", 0L),
          json.getLong("endsAtMillis", 0L), json.getString("createdBy", ""), json.getString("comment", ""),
          json.getLong("updatedAtMillis", 0L));
    } catch (DecodeException | ClassCastException e) {
      throw new TidemarkException(ErrorCode.CORRUPT, "silence " + document.id() + " in the catalog is not readable; remove it", e);
    }
  }
}
