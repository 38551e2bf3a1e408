package io.tidemark.catalog;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/// A catalog in memory, for tests of its users.
public final class MemoryCatalog implements Catalog {
  private final TreeMap<String, Document> documents = new TreeMap<>();
  private final List<AuditEntry> audit = new ArrayList<>();

  private static String key(String kind, String id) {
    return kind + "/" + id;
  }

  private void note(String actor, String action, String kind, String id) {
    audit.addFirst(new AuditEntry(audit.size() + 1, 0, actor, action, kind, id, "{}"));
  }

  @Override
  public synchronized Future<List<Document>> list(String kind) {
    return Future.succeededFuture(documents.values().stream().filter(document -> document.kind().equals(kind)).toList());
  }

  @Override
  public synchronized Future<Optional<Document>> get(String kind, String id) {
    return Future.succeededFuture(Optional.ofNullable(documents.get(key(kind, id))));
  }

  @Override
  public synchronized Future<Document> create(String kind, String id, String json, String actor) {
    if (documents.containsKey(key(kind, id))) {
      return Future.failedFuture(new TidemarkException(ErrorCode.CONFLICT, kind + " " + id + " is there already"));
    }
    note(actor, "create", kind, id);
    return put(new Document(kind, id, 1, json, 0));
  }

  private Future<Document> put(Document document) {
    documents.put(key(document.kind(), document.id()), document);
    return Future.succeededFuture(document);
  }

  private Optional<TidemarkException> refusal(String kind, String id, long expectedVersion) {
    Document found = documents.get(key(kind, id));
    if (found == null) {
      return Optional.of(new TidemarkException(ErrorCode.NOT_FOUND, "there is no " + kind + " " + id));
    }
    return found.version() == expectedVersion ? Optional.empty()
        : Optional.of(new TidemarkException(ErrorCode.CONFLICT, kind + " " + id + " has version " + found.version()));
  }

  @Override
  public synchronized Future<Document> replace(String kind, String id, String json, long expectedVersion, String actor) {
    Optional<TidemarkException> refusal = refusal(kind, id, expectedVersion);
    if (refusal.isPresent()) {
      return Future.failedFuture(refusal.get());
    }
    note(actor, "replace", kind, id);
    return put(new Document(kind, id, expectedVersion + 1, json, 0));
  }

  @Override
  public synchronized Future<Void> remove(String kind, String id, long expectedVersion, String actor) {
    Optional<TidemarkException> refusal = refusal(kind, id, expectedVersion);
    if (refusal.isPresent()) {
      return Future.failedFuture(refusal.get());
    }
    note(actor, "remove", kind, id);
    documents.remove(key(kind, id));
    return Future.succeededFuture();
  }

  @Override
  public synchronized Future<List<AuditEntry>> audit(int limit) {
    return Future.succeededFuture(audit.stream().limit(limit).toList());
  }

  @Override
  public Future<Void> close() {
    return Future.succeededFuture();
  }
}
