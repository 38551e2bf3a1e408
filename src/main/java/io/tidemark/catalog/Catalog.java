package io.tidemark.catalog;

import io.tidemark.catalog.embedded.EmbeddedCatalog;
import io.tidemark.catalog.postgres.PostgresCatalog;
import io.tidemark.disk.Disk;
import io.tidemark.guard.Guards;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;

/// Versioned JSON documents by kind and id. Safe on any thread.
public interface Catalog {
  /// One stored document.
  ///
  /// @param version         1 for a new document, one more with each change
  /// @param json            its text, exactly as it was put
  /// @param updatedAtMillis when it was last changed
  record Document(String kind, String id, long version, String json, long updatedAtMillis) {}

  /// One change that was made.
  record AuditEntry(long id, long atMillis, String actor, String action, String kind, String documentId, String detailJson) {}

  /// All documents of one kind, sorted by id.
  Future<List<Document>> list(String kind);

  Future<Optional<Document>> get(String kind, String id);

  /// Adds a document; fails with `CONFLICT` when the id is taken.
  Future<Document> create(String kind, String id, String json, String actor);

  /// Replaces version `expectedVersion`; fails with `NOT_FOUND`, or `CONFLICT` when the stored version is another.
  Future<Document> replace(String kind, String id, String json, long expectedVersion, String actor);

  /// Removes version `expectedVersion`; fails with `NOT_FOUND`, or `CONFLICT` when the stored version is another.
  Future<Void> remove(String kind, String id, long expectedVersion, String actor);

  /// The newest changes first, at most `limit`.
  Future<List<AuditEntry>> audit(int limit);

  /// Enters the guards of the outside systems that it talks to, for those who show them; an embedded one has none.
  default void enter(Guards guards) {}

  Future<Void> close();

  /// Opens, or makes, the catalog that `config` describes. Only an embedded one uses `file`, `disk` and `io`, only PostgreSQL `vertx`.
  ///
  /// Calls fail, besides what is said above, with `DISK_FULL`, `DISK_FAILED`, `CORRUPT`, or `UNAVAILABLE` when too many wait; those to
  /// PostgreSQL also with `UNAVAILABLE` or `TIMEOUT` while it is away or only to be read. A change that timed out may have been made.
  /// Opening fails with `NOT_SUPPORTED` for a newer release's tables.
  static Future<Catalog> open(CatalogConfig config, Path file, Disk disk, Executor io, Vertx vertx, Clock clock, Metrics metrics) {
    return switch (config) {
      case EmbeddedCatalogConfig _ -> open(file, disk, io, clock, metrics);
      case PostgresCatalogConfig postgres -> PostgresCatalog.open(postgres, vertx, clock, metrics).map(catalog -> catalog);
    };
  }

  /// As above, for an embedded catalog in the database file `file`; all its work runs on `io`.
  static Future<Catalog> open(Path file, Disk disk, Executor io, Clock clock, Metrics metrics) {
    Promise<Catalog> opened = Promise.promise();
    io.execute(() -> {
      try {
        opened.complete(EmbeddedCatalog.open(file, disk, io, clock, metrics));
      } catch (RuntimeException e) {
        opened.fail(e);
      }
    });
    return opened.future();
  }
}
