package io.tidemark.catalog.embedded;

import io.tidemark.catalog.Catalog;
import io.tidemark.disk.Disk;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Histogram;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/// Documents in one SQLite file of this machine.
public final class EmbeddedCatalog implements Catalog {
  private static final Logger LOGGER = LoggerFactory.getLogger(EmbeddedCatalog.class);
  /// Calls that may wait for the connection; more fail with `UNAVAILABLE`.
  private static final int WAITING_MAX = 512;
  /// Changes that the audit trail keeps.
  private static final long AUDIT_ENTRIES_MAX = 1_000_000;
  private static final int BUSY_MILLIS = 5_000;
  /// Ends the name of an empty file beside the database that tells that one was made.
  private static final String MADE_SUFFIX = ".made";

  private final Path file;
  private final Executor io;
  private final Clock clock;
  private final Connection connection;
  private final Histogram seconds;
  private final Counter failures;
  private final Semaphore room = new Semaphore(WAITING_MAX);
  /// Fair, so that changes are made in the order in which they were asked for as far as the executor keeps it.
  private final ReentrantLock turn = new ReentrantLock(true);
  // Guarded by turn.
  private long lastAuditId;
  private boolean closed;

  private EmbeddedCatalog(Path file, Connection connection, Executor io, Clock clock, Metrics metrics) throws SQLException {
    this.file = file;
    this.io = io;
    this.clock = clock;
    this.connection = connection;
    seconds = metrics.histogram("tidemark_catalog_call_seconds", "Catalog calls, waiting included.", Histogram.SECONDS);
    failures = metrics.counter("tidemark_catalog_failures_total", "Catalog calls that the database refused.");
    metrics.gauge("tidemark_catalog_waiting_calls", "Catalog calls under way or waiting.", () -> WAITING_MAX - room.availablePermits());
    try (var statement = connection.createStatement(); ResultSet rows = statement.executeQuery("SELECT COALESCE(MAX(id), 0) FROM audit")) {
      lastAuditId = rows.getLong(1);
    }
  }

  /// Opens or makes the database `file`. Blocks. Where there was one before, and it is empty or gone now, an error is logged: the process
  /// starts all the same, because samples must be taken and rules from files run.
  public static EmbeddedCatalog open(Path file, Disk disk, Executor io, Clock clock, Metrics metrics) {
    if (file.getParent() != null) {
      disk.createDirectories(file.getParent());
    }
    boolean wasThere = disk.exists(file);
    var config = new SQLiteConfig();
    config.setJournalMode(SQLiteConfig.JournalMode.WAL);
    config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
    config.setTransactionMode(SQLiteConfig.TransactionMode.IMMEDIATE);
    config.setBusyTimeout(BUSY_MILLIS);
    var source = new SQLiteDataSource(config);
    source.setUrl("jdbc:sqlite:" + file);
    try {
      Connection connection = source.getConnection();
      try {
        connection.setAutoCommit(false);
        boolean isNew = Migrations.apply(connection, file);
        tellMade(file, disk, isNew, wasThere);
        var catalog = new EmbeddedCatalog(file, connection, io, clock, metrics);
        connection.commit();
        return catalog;
      } catch (SQLException | RuntimeException e) {
        connection.close();
        throw e;
      }
    } catch (SQLException e) {
      throw failure(file, e);
    }
  }

  private static void tellMade(Path file, Disk disk, boolean isNew, boolean wasThere) {
    Path made = file.resolveSibling(file.getFileName() + MADE_SUFFIX);
    boolean wasMade = disk.exists(made);
    if (isNew && (wasMade || wasThere)) {
      LOGGER.atError().addKeyValue("file", file).addKeyValue("found", wasThere ? "an empty file" : "no file")
          .log("The catalog of this data directory is lost and a new, empty one was made: rules and silences that were made through the API"
              + " may be missing. Stop the process and restore the file from a backup, or make them again");
    }
    if (!wasMade) {
      disk.create(made).close();
      if (made.getParent() != null) {
        disk.syncDirectory(made.getParent());
      }
    }
  }

  private static TidemarkException failure(Path file, SQLException e) {
    SQLiteErrorCode reason = e instanceof SQLiteException known ? known.getResultCode() : SQLiteErrorCode.UNKNOWN_ERROR;
    // Extended codes keep the primary one in their lowest byte.
    ErrorCode code = switch (reason.code & 0xff) {
      case 13 -> ErrorCode.DISK_FULL;
      case 11, 26 -> ErrorCode.CORRUPT;
      case 5, 6 -> ErrorCode.UNAVAILABLE;
      case 8, 10, 14 -> ErrorCode.DISK_FAILED;
      default -> ErrorCode.INTERNAL;
    };
    return new TidemarkException(code, "catalog " + file + ": " + e.getMessage(), e);
  }

  /// Statements of one transaction.
  private interface Work<T> {
    T run() throws SQLException;
  }

  private <T> Future<T> transaction(Work<T> work) {
    if (!room.tryAcquire()) {
      failures.increment();
      return Future.failedFuture(new TidemarkException(ErrorCode.UNAVAILABLE,
          "catalog: more than " + WAITING_MAX + " calls wait; later again"));
    }
    Context context = Vertx.currentContext();
    Promise<T> promise = context instanceof ContextInternal internal ? internal.promise() : Promise.promise();
    long start = clock.nanos();
    try {
      io.execute(() -> run(work, promise, start));
    } catch (RejectedExecutionException e) {
      room.release();
      promise.fail(new TidemarkException(ErrorCode.UNAVAILABLE, "catalog: its worker threads are stopped", e));
    }
    return promise.future();
  }

  private <T> void run(Work<T> work, Promise<T> promise, long start) {
    T result;
    try {
      result = inTurn(work);
    } catch (RuntimeException e) {
      failures.increment();
      promise.fail(e);
      return;
    } finally {
      room.release();
      seconds.observeNanos(start, clock.nanos());
    }
    promise.complete(result);
  }

  private <T> T inTurn(Work<T> work) {
    turn.lock();
    try {
      if (closed) {
        throw new TidemarkException(ErrorCode.UNAVAILABLE, "catalog: closed");
      }
      boolean done = false;
      long auditId = lastAuditId;
      try {
        T result = work.run();
        connection.commit();
        done = true;
        return result;
      } finally {
        if (!done) {
          lastAuditId = auditId;
          connection.rollback();
        }
      }
    } catch (SQLException e) {
      throw failure(file, e);
    } finally {
      turn.unlock();
    }
  }

  // ---- documents

  @Override
  public Future<List<Document>> list(String kind) {
    return transaction(() -> {
      var documents = new ArrayList<Document>();
      try (var select = connection.prepareStatement("SELECT id, version, json, updated_at FROM documents WHERE kind = ? ORDER BY id")) {
        select.setString(1, kind);
        ResultSet rows = select.executeQuery();
        while (rows.next()) {
          documents.add(new Document(kind, rows.getString(1), rows.getLong(2), rows.getString(3), rows.getLong(4)));
        }
      }
      return List.copyOf(documents);
    });
  }

  @Override
  public Future<Optional<Document>> get(String kind, String id) {
    return transaction(() -> find(kind, id));
  }

  private Optional<Document> find(String kind, String id) throws SQLException {
    try (var select = connection.prepareStatement("SELECT version, json, updated_at FROM documents WHERE kind = ? AND id = ?")) {
      select.setString(1, kind);
      select.setString(2, id);
      ResultSet rows = select.executeQuery();
      return rows.next() ? Optional.of(new Document(kind, id, rows.getLong(1), rows.getString(2), rows.getLong(3))) : Optional.empty();
    }
  }

  @Override
  public Future<Document> create(String kind, String id, String json, String actor) {
    return transaction(() -> {
      Optional<Document> taken = find(kind, id);
      if (taken.isPresent()) {
        throw new TidemarkException(ErrorCode.CONFLICT, kind + " \"" + id + "\" exists already, in version " + taken.get().version());
      }
      var document = new Document(kind, id, 1, json, clock.millis());
      try (var insert = connection.prepareStatement("INSERT INTO documents (version, json, updated_at, kind, id) VALUES (?, ?, ?, ?, ?)")) {
        bind(insert, document);
        insert.executeUpdate();
      }
      note(actor, "create", document, new JsonObject().put("version", 1));
      return document;
    });
  }

  @Override
  public Future<Document> replace(String kind, String id, String json, long expectedVersion, String actor) {
    return transaction(() -> {
      Document before = expected(kind, id, expectedVersion);
      var document = new Document(kind, id, before.version() + 1, json, clock.millis());
      try (var update = connection.prepareStatement(
          "UPDATE documents SET version = ?, json = ?, updated_at = ? WHERE kind = ? AND id = ?")) {
        bind(update, document);
        update.executeUpdate();
      }
      note(actor, "replace", document, new JsonObject().put("version", document.version()).put("before", before.json()));
      return document;
    });
  }

  @Override
  public Future<Void> remove(String kind, String id, long expectedVersion, String actor) {
    Future<Document> removed = transaction(() -> {
      Document before = expected(kind, id, expectedVersion);
      try (var delete = connection.prepareStatement("DELETE FROM documents WHERE kind = ? AND id = ?")) {
        delete.setString(1, kind);
        delete.setString(2, id);
        delete.executeUpdate();
      }
      note(actor, "remove", before, new JsonObject().put("version", before.version()).put("before", before.json()));
      return before;
    });
    return removed.mapEmpty();
  }

  private Document expected(String kind, String id, long expectedVersion) throws SQLException {
    Document found = find(kind, id).orElseThrow(() -> new TidemarkException(ErrorCode.NOT_FOUND, "no " + kind + " \"" + id + "\""));
    if (found.version() != expectedVersion) {
      throw new TidemarkException(ErrorCode.CONFLICT, kind + " \"" + id + "\": expected version " + expectedVersion + ", found "
          + found.version() + "; read it again");
    }
    return found;
  }

  private static void bind(PreparedStatement statement, Document document) throws SQLException {
    statement.setLong(1, document.version());
    statement.setString(2, document.json());
    statement.setLong(3, document.updatedAtMillis());
    statement.setString(4, document.kind());
    statement.setString(5, document.id());
  }

  // ---- audit

  private void note(String actor, String action, Document document, JsonObject detail) throws SQLException {
    long id = ++lastAuditId;
    try (var insert = connection.prepareStatement(
        "INSERT INTO audit (id, at_millis, actor, action, kind, document_id, detail) VALUES (?, ?, ?, ?, ?, ?, ?)")) {
      insert.setLong(1, id);
      insert.setLong(2, clock.millis());
      insert.setString(3, actor);
      insert.setString(4, action);
      insert.setString(5, document.kind());
      insert.setString(6, document.id());
      insert.setString(7, detail.encode());
      insert.executeUpdate();
    }
    try (var delete = connection.prepareStatement("DELETE FROM audit WHERE id <= ?")) {
      delete.setLong(1, id - AUDIT_ENTRIES_MAX);
      delete.executeUpdate();
    }
  }

  @Override
  public Future<List<AuditEntry>> audit(int limit) {
    return transaction(() -> {
      var entries = new ArrayList<AuditEntry>();
      try (var select = connection.prepareStatement(
          "SELECT id, at_millis, actor, action, kind, document_id, detail FROM audit ORDER BY id DESC LIMIT ?")) {
        select.setInt(1, limit);
        ResultSet rows = select.executeQuery();
        while (rows.next()) {
          entries.add(new AuditEntry(rows.getLong(1), rows.getLong(2), rows.getString(3), rows.getString(4), rows.getString(5),
              rows.getString(6), rows.getString(7)));
        }
      }
      return List.copyOf(entries);
    });
  }

  @Override
  public Future<Void> close() {
    Promise<Void> done = Promise.promise();
    io.execute(() -> {
      turn.lock();
      try {
        if (!closed) {
          closed = true;
          connection.close();
        }
      } catch (SQLException e) {
        LOGGER.warn("catalog: {} could not be closed: {}", file, e.getMessage());
      } finally {
        turn.unlock();
      }
      done.complete();
    });
    return done.future();
  }
}
