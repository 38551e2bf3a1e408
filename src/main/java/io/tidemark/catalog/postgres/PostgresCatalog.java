package io.tidemark.catalog.postgres;

import io.tidemark.catalog.Catalog;
import io.tidemark.catalog.PostgresCatalogConfig;
import io.tidemark.guard.Guard;
import io.tidemark.guard.Guards;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Histogram;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Timers;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.ClientSSLOptions;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgException;
import io.vertx.pgclient.SslMode;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.PoolOptions;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Documents in a PostgreSQL database.
///
/// A change locks its document's row, checks the version, and writes document and audit entry in one transaction; it is never tried a
/// second time, because a first attempt whose answer was lost may have been committed. Reads are.
///
/// The audit trail needs a partition for each day. They are made a week ahead, hourly and at opening, by whichever node comes first;
/// a change that finds none (the clock jumped, the job failed for a week) has it made and goes again.
public final class PostgresCatalog implements Catalog {
  private static final Logger LOGGER = LoggerFactory.getLogger(PostgresCatalog.class);
  /// Calls under way or waiting; more fail with `UNAVAILABLE`.
  private static final int CALLS_MAX = 512;
  private static final int DAYS_AHEAD = 7;
  private static final long UPKEEP_MILLIS = 3_600_000;
  private static final int IDLE_SECONDS_MIN = 15;
  private static final String NO_PARTITION = "23514";

  private final PostgresCatalogConfig config;
  private final Vertx vertx;
  private final Clock clock;
  private final Pool pool;
  private final Guard guard;
  private final Histogram seconds;
  private final Counter failures;
  private final Counter upkeepFailures;
  private final long upkeepTimer;

  // Guarded by this.
  private int calls;
  private boolean closing;
  private final Promise<Void> idle = Promise.promise();

  private PostgresCatalog(PostgresCatalogConfig config, Vertx vertx, Clock clock, Metrics metrics) {
    this.config = config;
    this.vertx = vertx;
    this.clock = clock;
    pool = pool(config, vertx);
    Timers timers = (delayMillis, work) -> {
      long id = vertx.setTimer(Math.max(1, delayMillis), _ -> work.run());
      return () -> vertx.cancelTimer(id);
    };
    guard = new Guard(config.guard(), timers, clock, metrics);
    seconds = metrics.histogram("tidemark_catalog_call_seconds", "Catalog calls, waiting included.", Histogram.SECONDS);
    failures = metrics.counter("tidemark_catalog_failures_total", "Catalog calls that the database refused.");
    upkeepFailures = metrics.counter("tidemark_catalog_audit_upkeep_failures_total",
        "Failed attempts to make the audit trail's next partitions or to drop old ones.");
    metrics.gauge("tidemark_catalog_waiting_calls", "Catalog calls under way or waiting.", this::calls);
    metrics.gauge("tidemark_catalog_connections", "Connections to PostgreSQL, used or not.", pool::size);
    metrics.gauge("tidemark_catalog_connections_max", "Most connections to PostgreSQL at once.", config::connections);
    upkeepTimer = vertx.setPeriodic(UPKEEP_MILLIS, _ -> upkeep().onFailure(this::upkeepFailed));
  }

  private static Pool pool(PostgresCatalogConfig config, Vertx vertx) {
    String millis = Long.toString(config.guard().timeoutMillis());
    var connect = new PgConnectOptions().setHost(config.host()).setPort(config.port()).setDatabase(config.database())
        .setUser(config.username()).setPassword(config.password().reveal()).setCachePreparedStatements(true);
    // What the caller no longer waits for must not go on holding rows and connections.
    connect.addProperty("application_name", "tidemark").addProperty("statement_timeout", millis).addProperty("lock_timeout", millis)
        .addProperty("idle_in_transaction_session_timeout", millis);
    if (!config.tls().equals("disable")) {
      boolean verify = config.tls().equals("verify-full");
      var trust = new ClientSSLOptions().setTrustAll(!verify).setHostnameVerificationAlgorithm(verify ? "HTTPS" : "");
      if (verify && !config.tlsCa().isEmpty()) {
        trust.setTrustOptions(new PemTrustOptions().addCertPath(config.tlsCa()));
      }
      connect.setSslMode(verify ? SslMode.VERIFY_FULL : SslMode.REQUIRE).setSslOptions(trust);
    }
    // A connection without traffic for so long is closed: also how those end whose other side vanished without a word.
    int idleSeconds = (int) Math.max(IDLE_SECONDS_MIN, 3 * TimeUnit.MILLISECONDS.toSeconds(config.guard().timeoutMillis()));
    var net = new NetClientOptions().setConnectTimeout((int) Math.min(config.connectMillis(), Integer.MAX_VALUE)).setTcpKeepAlive(true)
        .setTcpNoDelay(true).setIdleTimeout(idleSeconds).setIdleTimeoutUnit(TimeUnit.SECONDS);
    var options = new PoolOptions().setMaxSize(config.connections()).setMaxWaitQueueSize(CALLS_MAX)
        .setConnectionTimeout((int) Math.min(config.connectMillis(), Integer.MAX_VALUE)).setConnectionTimeoutUnit(TimeUnit.MILLISECONDS);
    return PgBuilder.pool().with(options).with(net).connectingTo(connect).using(vertx).build();
  }

  /// Makes or updates the tables, then opens the catalog.
  public static Future<PostgresCatalog> open(PostgresCatalogConfig config, Vertx vertx, Clock clock, Metrics metrics) {
    Promise<Void> migrated = Promise.promise();
    Thread.ofVirtual().name("catalog-migration").start(() -> {
      try {
        Tables.migrate(config);
        migrated.complete();
      } catch (RuntimeException | LinkageError e) {
        migrated.fail(e);
      }
    });
    return migrated.future().compose(_ -> {
      var catalog = new PostgresCatalog(config, vertx, clock, metrics);
      return catalog.upkeep().map(catalog).recover(e -> catalog.close().transform(_ -> Future.failedFuture(e)));
    });
  }

  // ---- calls

  /// Counts a call in and out, bounds them, and answers on the caller's own context if it has one.
  private <T> Future<T> call(Supplier<Future<T>> call) {
    synchronized (this) {
      if (closing || calls >= CALLS_MAX) {
        failures.increment();
        return Future.failedFuture(new TidemarkException(ErrorCode.UNAVAILABLE,
            closing ? "catalog: closed" : "catalog: more than " + CALLS_MAX + " calls wait; later again"));
      }
      calls++;
    }
    Context context = Vertx.currentContext();
    Promise<T> promise = context instanceof ContextInternal internal ? internal.promise() : Promise.promise();
    long start = clock.nanos();
    call.get().onComplete(answer -> {
      seconds.observeNanos(start, clock.nanos());
      if (answer.succeeded()) {
        promise.complete(answer.result());
      } else {
        failures.increment();
        promise.fail(answer.cause());
      }
      ended();
    });
    return promise.future();
  }

  private void ended() {
    boolean last;
    synchronized (this) {
      calls--;
      last = closing && calls == 0;
    }
    if (last) {
      idle.tryComplete();
    }
  }

  private synchronized int calls() {
    return calls;
  }

  private <T> Future<T> named(Future<T> asked) {
    return asked.recover(e -> Future.failedFuture(Failures.of(config, e)));
  }

  private static Future<RowSet<Row>> ask(SqlClient client, String sql, Object... values) {
    return client.preparedQuery(sql).execute(Tuple.from(values));
  }

  private Future<RowSet<Row>> read(String sql, Object... values) {
    return guard.call(() -> named(ask(pool, sql, values)));
  }

  /// One transaction. A day without a partition is mended and the transaction, of which nothing was kept, made once more.
  private <T> Future<T> change(Function<SqlClient, Future<T>> work) {
    return call(() -> transaction(work).recover(e ->
        e.getCause() instanceof PgException refused && NO_PARTITION.equals(refused.getSqlState())
            ? makeDays().compose(_ -> transaction(work)) : Future.failedFuture(e)));
  }

  private <T> Future<T> transaction(Function<SqlClient, Future<T>> work) {
    return guard.once(() -> named(pool.withTransaction(work::apply)));
  }

  // ---- documents

  private OffsetDateTime now() {
    return Instant.ofEpochMilli(clock.millis()).atOffset(ZoneOffset.UTC);
  }

  private static Document document(String kind, Row row) {
    return new Document(kind, row.getString("id"), row.getLong("version"), row.getString("json"),
        row.getOffsetDateTime("updated_at").toInstant().toEpochMilli());
  }

  @Override
  public Future<List<Document>> list(String kind) {
    return call(() -> read("SELECT id, version, json, updated_at FROM documents WHERE kind = $1 ORDER BY id", kind).map(rows -> {
      var documents = new ArrayList<Document>(rows.size());
      rows.forEach(row -> documents.add(document(kind, row)));
      return List.copyOf(documents);
    }));
  }

  @Override
  public Future<Optional<Document>> get(String kind, String id) {
    return call(() -> read("SELECT id, version, json, updated_at FROM documents WHERE kind = $1 AND id = $2", kind, id)
        .map(rows -> first(kind, rows)));
  }

  private static Optional<Document> first(String kind, RowSet<Row> rows) {
    return rows.size() == 0 ? Optional.empty() : Optional.of(document(kind, rows.iterator().next()));
  }

  @Override
  public Future<Document> create(String kind, String id, String json, String actor) {
    OffsetDateTime now = now();
    var document = new Document(kind, id, 1, json, now.toInstant().toEpochMilli());
    return change(client -> ask(client, "INSERT INTO documents (kind, id, version, json, updated_at) VALUES ($1, $2, 1, $3, $4) "
        + "ON CONFLICT DO NOTHING RETURNING version", kind, id, json, now).compose(inserted -> inserted.size() == 1
            ? note(client, now, actor, "create", document, new JsonObject().put("version", 1)).map(document)
            : Future.failedFuture(new TidemarkException(ErrorCode.CONFLICT, kind + " \"" + id + "\" exists already"))));
  }

  @Override
  public Future<Document> replace(String kind, String id, String json, long expectedVersion, String actor) {
    OffsetDateTime now = now();
    return change(client -> expected(client, kind, id, expectedVersion).compose(before -> {
      var document = new Document(kind, id, before.version() + 1, json, now.toInstant().toEpochMilli());
      return ask(client, "UPDATE documents SET version = $3, json = $4, updated_at = $5 WHERE kind = $1 AND id = $2", kind, id,
          document.version(), json, now).compose(_ -> note(client, now, actor, "replace", document,
              new JsonObject().put("version", document.version()).put("before", before.json()))).map(document);
    }));
  }

  @Override
  public Future<Void> remove(String kind, String id, long expectedVersion, String actor) {
    OffsetDateTime now = now();
    return change(client -> expected(client, kind, id, expectedVersion)
        .compose(before -> ask(client, "DELETE FROM documents WHERE kind = $1 AND id = $2", kind, id)
            .compose(_ -> note(client, now, actor, "remove", before,
                new JsonObject().put("version", before.version()).put("before", before.json())))));
  }

  /// Locks the row until the transaction ends, so that of several nodes the second one sees what the first one left.
  private static Future<Document> expected(SqlClient client, String kind, String id, long expectedVersion) {
    return ask(client, "SELECT id, version, json, updated_at FROM documents WHERE kind = $1 AND id = $2 FOR UPDATE", kind, id)
        .map(rows -> {
          Document found = first(kind, rows)
              .orElseThrow(() -> new TidemarkException(ErrorCode.NOT_FOUND, "no " + kind + " \"" + id + "\""));
          if (found.version() != expectedVersion) {
            throw new TidemarkException(ErrorCode.CONFLICT, kind + " \"" + id + "\": expected version " + expectedVersion + ", found "
                + found.version() + "; read it again");
          }
          return found;
        });
  }

  // ---- audit

  private static Future<Void> note(SqlClient client, OffsetDateTime at, String actor, String action, Document document,
      JsonObject metadata) {
    return ask(client, "INSERT INTO audit (at, actor, action, kind, document_id, metadata) VALUES ($1, $2, $3, $4, $5, $6)", at, actor,
        action, document.kind(), document.id(), metadata).mapEmpty();
  }

  @Override
  public Future<List<AuditEntry>> audit(int limit) {
    return call(() -> read("SELECT id, at, actor, action, kind, document_id, metadata FROM audit ORDER BY at DESC, id DESC LIMIT $1",
        limit).map(rows -> {
          var entries = new ArrayList<AuditEntry>(rows.size());
          rows.forEach(row -> entries.add(new AuditEntry(row.getLong("id"), row.getOffsetDateTime("at").toInstant().toEpochMilli(),
              row.getString("actor"), row.getString("action"), row.getString("kind"), row.getString("document_id"),
              row.getJsonObject("metadata").encode())));
          return List.copyOf(entries);
        }));
  }

  private Future<Void> makeDays() {
    LocalDate today = now().toLocalDate();
    return guard.call(() -> named(ask(pool, "SELECT audit_make_days($1, $2)", today, DAYS_AHEAD + 1))).mapEmpty();
  }

  /// Makes the partitions of the next days and drops those that are older than asked for.
  Future<Void> upkeep() {
    return makeDays().compose(_ -> {
      if (config.auditKeepMillis() == Long.MAX_VALUE) {
        return Future.succeededFuture();
      }
      LocalDate first = Instant.ofEpochMilli(clock.millis() - config.auditKeepMillis()).atOffset(ZoneOffset.UTC).toLocalDate();
      return guard.call(() -> named(ask(pool, "SELECT audit_drop_days($1) AS dropped", first))).map(rows -> {
        int dropped = rows.iterator().next().getInteger("dropped");
        if (dropped > 0) {
          LOGGER.atInfo().addKeyValue("days", dropped).addKeyValue("before", first).log("Dropped old days of the audit trail.");
        }
        return null;
      });
    });
  }

  private void upkeepFailed(Throwable e) {
    upkeepFailures.increment();
    LOGGER.warn("The audit trail's partitions were not looked after, next try in an hour: {}", e.getMessage());
  }

  /// Waits for the calls under way.
  @Override
  public void enter(Guards guards) {
    guards.add("catalog", "postgres", config.host() + ":" + config.port(), guard);
  }

  @Override
  public Future<Void> close() {
    vertx.cancelTimer(upkeepTimer);
    boolean none;
    synchronized (this) {
      closing = true;
      none = calls == 0;
    }
    if (none) {
      idle.tryComplete();
    }
    return idle.future().compose(_ -> pool.close());
  }
}
