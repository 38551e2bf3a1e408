package io.tidemark.rules;

import io.tidemark.catalog.Catalog;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.vertx.core.Future;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/// Documents in memory, of one kind.
final class MemoryCatalog implements Catalog {
  final TreeMap<String, Document> documents = new TreeMap<>();

  @Override
  public Future<List<Document>> list(String kind) {
    return Future.succeededFuture(List.copyOf(documents.values()));
  }

  @Override
  public Future<Optional<Document>> get(String kind, String id) {
    return Future.succeededFuture(Optional.ofNullable(documents.get(id)));
  }

  @Override
  public Future<Document> create(String kind, String id, String json, String actor) {
    var document = new Document(kind, id, 1, json, 0);
    return documents.putIfAbsent(id, document) == null ? Future.succeededFuture(document) : fail(ErrorCode.CONFLICT, id);
  }

  @Override
  public Future<Document> replace(String kind, String id, String json, long expectedVersion, String actor) {
    Document before = documents.get(id);
    if (before == null || before.version() != expectedVersion) {
      return fail(before == null ? ErrorCode.NOT_FOUND : ErrorCode.CONFLICT, id);
    }
    var document = new Document(kind, id, expectedVersion + 1, json, 0);
    documents.put(id, document);
    return Future.succeededFuture(document);
  }

  @Override
  public Future<Void> remove(String kind, String id, long expectedVersion, String actor) {
    Document before = documents.get(id);
    if (before == null || before.version() != expectedVersion) {
      return fail(before == null ? ErrorCode.NOT_FOUND : ErrorCode.CONFLICT, id);
    }
    documents.remove(id);
    return Future.succeededFuture();
  }

  private static <T> Future<T> fail(ErrorCode code, String id) {
    return Future.failedFuture(new TidemarkException(code, id));
  }

  @Override
  public Future<List<AuditEntry>> audit(int limit) {
    return Future.succeededFuture(List.of());
  }

  @Override
  public Future<Void> close() {
    return Future.succeededFuture();
  }
}
