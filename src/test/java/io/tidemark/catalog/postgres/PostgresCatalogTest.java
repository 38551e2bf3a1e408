package io.tidemark.catalog.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.catalog.Catalog;
import io.tidemark.catalog.Catalog.AuditEntry;
import io.tidemark.catalog.Catalog.Document;
import io.tidemark.catalog.CatalogContract;
import io.tidemark.catalog.PostgresCatalogConfig;
import io.tidemark.cli.servers.PostgresServer;
import io.tidemark.cli.servers.TestCertificate;
import io.tidemark.config.Secret;
import io.tidemark.guard.GuardConfig;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PostgresCatalogTest extends CatalogContract {
  private static final Secret PASSWORD = new Secret("canary-93ad");
  private static final long WAIT_SECONDS = 120;
  private static final long DAY_MILLIS = 86_400_000;
  private static Vertx vertx;
  private static PostgresServer server;
  private static int databases;

  private final Metrics metrics = new Metrics();
  private final List<Catalog> opened = new ArrayList<>();
  private final String database = "test" + databases++;
  private volatile long clockAheadMillis;
  private final Clock clock = new Clock() {
    @Override
    public long millis() {
      return Clock.system().millis() + clockAheadMillis;
    }

    @Override
    public long nanos() {
      return Clock.system().nanos();
    }
  };

  @BeforeAll
  static void startServer(@TempDir Path folder) {
    vertx = Vertx.vertx();
    server = PostgresServer.start(folder, 0, PASSWORD);
  }

  @AfterAll
  static void stopServer() {
    server.close();
    vertx.close().await();
  }

  @BeforeEach
  void makeDatabase() throws SQLException {
    administer("postgres", "CREATE DATABASE " + database + " OWNER " + server.username());
  }

  private static Connection administrator(String database) throws SQLException {
    return DriverManager.getConnection("jdbc:postgresql://" + server.host() + ":" + server.port() + "/" + database, "postgres", "");
  }

  private static void administer(String database, String sql) throws SQLException {
    try (Connection connection = administrator(database); Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private List<String> ask(String sql) throws SQLException {
    try (Connection connection = administrator(database); Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      var found = new ArrayList<String>();
      while (rows.next()) {
        found.add(rows.getString(1));
      }
      return found;
    }
  }

  private PostgresCatalogConfig config() {
    return config(server.port(), database, PASSWORD, Long.MAX_VALUE, new GuardConfig("postgres", 20_000, List.of(10L), 3, 100));
  }

  private static PostgresCatalogConfig config(int port, String database, Secret password, long keepMillis, GuardConfig guard) {
    return new PostgresCatalogConfig(server.host(), port, database, server.username(), password, "disable", "", 4, 5_000, keepMillis,
        guard);
  }

  private Catalog open(PostgresCatalogConfig config) {
    Catalog catalog = await(Catalog.open(config, Path.of("unused"), null, null, vertx, clock, metrics));
    opened.add(catalog);
    return catalog;
  }

  /// As {@link #open(PostgresCatalogConfig)}, for a deadline so short that a busy machine may miss it.
  private Catalog openImpatiently(PostgresCatalogConfig config) {
    Catalog catalog = eventually(() -> Catalog.open(config, Path.of("unused"), null, null, vertx, clock, metrics));
    opened.add(catalog);
    return catalog;
  }

  @Override
  protected Catalog open() {
    return open(config());
  }

  @Override
  protected Catalog openAnother(Catalog first) {
    return open();
  }

  @Override
  protected <T> void settle(Future<T> future) {
    try {
      future.toCompletionStage().toCompletableFuture().get(WAIT_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      assertTrue(future.failed());
    } catch (InterruptedException | TimeoutException e) {
      throw new AssertionError("no answer within " + WAIT_SECONDS + " s", e);
    }
  }

  @AfterEach
  void closeAll() {
    server.start();
    opened.forEach(catalog -> await(catalog.close()));
  }

  private boolean counted(String line) {
    return metrics.print().lines().anyMatch(line::equals);
  }

  /// Asks again and again until it is answered.
  private <T> T eventually(Supplier<Future<T>> call) {
    for (int i = 0; i < WAIT_SECONDS * 20; i++) {
      Future<T> answer = call.get();
      settle(answer);
      if (answer.succeeded()) {
        return answer.result();
      }
      await(vertx.timer(50));
    }
    throw new AssertionError("no success within " + WAIT_SECONDS + " s");
  }

  private static String part(long atMillis) {
    return "audit_" + Instant.ofEpochMilli(atMillis).atOffset(ZoneOffset.UTC).toLocalDate().toString().replace("-", "");
  }

  private List<String> parts() throws SQLException {
    return ask("SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = 'audit'::regclass ORDER BY 1");
  }

  @Test
  void severalNodesMayOpenAtOnce() {
    List<Future<Catalog>> all = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      all.add(Catalog.open(config(), Path.of("unused"), null, null, vertx, clock, metrics));
    }
    for (Future<Catalog> each : all) {
      opened.add(await(each));
    }
    await(opened.getFirst().create("rule", "a", "1", "ann"));
    opened.forEach(catalog -> assertTrue(await(catalog.get("rule", "a")).isPresent()));
  }

  @Test
  void keepsTheAuditTrailInDays() throws SQLException {
    Catalog catalog = open();
    long today = clock.millis();
    assertTrue(parts().contains(part(today)) && parts().contains(part(today + 7 * DAY_MILLIS)), () -> "made ahead");
    await(catalog.create("rule", "a", "1", "ann"));
    // A day that nobody made ahead: the change makes it.
    clockAheadMillis = 30 * DAY_MILLIS;
    await(catalog.replace("rule", "a", "2", 1, "bob"));
    assertEquals(List.of("bob"), ask("SELECT actor FROM " + part(clock.millis())));
    assertEquals(List.of("replace", "create"), await(catalog.audit(10)).stream().map(AuditEntry::action).toList());
    assertEquals(List.of("bob"), ask("SELECT actor FROM audit WHERE metadata @> '{\"before\": \"1\"}'"));
    assertEquals(List.of("id, at"), ask("SELECT string_agg(attname, ', ' ORDER BY array_position(indkey, attnum)) FROM pg_index "
        + "JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY(indkey) WHERE indrelid = 'audit'::regclass AND indisprimary"));
  }

  @Test
  void dropsOldDaysOnlyWhenAskedTo() throws SQLException {
    Catalog keeping = open();
    await(keeping.create("rule", "a", "1", "ann"));
    long firstDay = clock.millis();
    clockAheadMillis = 10 * DAY_MILLIS;
    await(((PostgresCatalog) keeping).upkeep());
    assertTrue(parts().contains(part(firstDay)));
    Catalog dropping = open(config(server.port(), database, PASSWORD, 3 * DAY_MILLIS, config().guard()));
    LocalDate oldest = Instant.ofEpochMilli(clock.millis() - 3 * DAY_MILLIS).atOffset(ZoneOffset.UTC).toLocalDate();
    assertEquals("audit_" + oldest.toString().replace("-", ""), parts().getFirst());
    await(dropping.replace("rule", "a", "2", 1, "bob"));
    assertEquals(List.of("replace"), await(dropping.audit(10)).stream().map(AuditEntry::action).toList());
  }

  @Test
  void aChangeWhoseAuditEntryFailsIsNotMade() throws SQLException {
    Catalog catalog = open();
    await(catalog.create("rule", "a", "1", "ann"));
    administer(database, "ALTER TABLE audit ADD CONSTRAINT no_eve CHECK (actor <> 'eve')");
    failure(catalog.replace("rule", "a", "2", 1, "eve"));
    failure(catalog.create("rule", "b", "1", "eve"));
    failure(catalog.remove("rule", "a", 1, "eve"));
    assertEquals(List.of("1"), await(catalog.list("rule")).stream().map(Document::json).toList());
    assertEquals(1, await(catalog.audit(10)).size());
  }

  @Test
  void failsQuicklyWhilePostgresIsAwayAndWorksAgainAfterwards() {
    Catalog catalog = open();
    await(catalog.create("rule", "a", "1", "ann"));
    server.stop();
    TidemarkException away = assertThrows(TidemarkException.class, () -> await(catalog.replace("rule", "a", "2", 1, "ann")));
    assertEquals(ErrorCode.UNAVAILABLE, away.code());
    assertTrue(away.getMessage().contains(server.host() + ":" + server.port() + "/" + database), away::getMessage);
    for (int i = 0; i < 4; i++) {
      assertEquals(ErrorCode.UNAVAILABLE, failure(catalog.list("rule")));
    }
    assertTrue(counted("tidemark_guard_state{system=\"postgres\"} 2"), metrics::print);
    server.start();
    assertEquals("1", eventually(() -> catalog.get("rule", "a")).orElseThrow().json());
    assertTrue(counted("tidemark_guard_state{system=\"postgres\"} 0"), metrics::print);
    assertEquals(2, await(catalog.replace("rule", "a", "2", 1, "ann")).version());
  }

  @Test
  void aServerThatIsOnlyToBeReadAnswersReads() throws SQLException {
    Catalog catalog = open();
    await(catalog.create("rule", "a", "1", "ann"));
    administer("postgres", "ALTER DATABASE " + database + " SET default_transaction_read_only = on");
    administer("postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + database + "'");
    assertEquals(Optional.of("1"), eventually(() -> catalog.get("rule", "a")).map(Document::json));
    TidemarkException refused = assertThrows(TidemarkException.class, () -> await(catalog.remove("rule", "a", 1, "ann")));
    assertEquals(ErrorCode.UNAVAILABLE, refused.code());
    assertTrue(refused.getMessage().contains("primary"), refused::getMessage);
  }

  /// Makes a document, also when an attempt was given up that was made all the same.
  private void createSurely(Catalog catalog) {
    eventually(() -> catalog.create("rule", "a", "1", "ann").recover(_ -> catalog.get("rule", "a").map(Optional::orElseThrow)));
  }

  @Test
  void aRowThatIsHeldByOthersCostsABoundedWait() throws SQLException {
    var impatient = new GuardConfig("postgres", 700, List.of(), 100, 100);
    Catalog catalog = openImpatiently(config(server.port(), database, PASSWORD, Long.MAX_VALUE, impatient));
    createSurely(catalog);
    try (Connection holder = administrator(database); Statement statement = holder.createStatement()) {
      holder.setAutoCommit(false);
      statement.execute("SELECT 1 FROM documents WHERE id = 'a' FOR UPDATE");
      for (int i = 0; i < 6; i++) {
        ErrorCode code = failure(catalog.replace("rule", "a", "2", 1, "ann"));
        assertTrue(code == ErrorCode.UNAVAILABLE || code == ErrorCode.TIMEOUT, code::name);
      }
      assertEquals("1", eventually(() -> catalog.get("rule", "a")).orElseThrow().json(), "given up calls give their connections back");
    }
    catalog.replace("rule", "a", "2", 1, "ann");
    Document stored = eventually(() -> catalog.get("rule", "a").map(Optional::orElseThrow).compose(found -> found.version() == 2
        ? Future.succeededFuture(found) : catalog.replace("rule", "a", "2", 1, "ann")));
    assertEquals("2", stored.json());
  }

  @Test
  void connectionsThatVanishedWithoutAWordAreReplaced() {
    var frozen = new boolean[1];
    var target = vertx.createNetClient();
    var proxy = await(vertx.createNetServer().connectHandler(client -> {
      boolean fresh = frozen[0];
      client.pause();
      target.connect(server.port(), server.host()).onSuccess(backend -> {
        client.handler(data -> {
          if (fresh || !frozen[0]) {
            backend.write(data);
          }
        });
        backend.handler((Buffer data) -> client.write(data));
        client.resume();
      });
    }).listen(0, "127.0.0.1"));
    var impatient = new GuardConfig("postgres", 2_000, List.of(), 2, 100);
    Catalog catalog = openImpatiently(config(proxy.actualPort(), database, PASSWORD, Long.MAX_VALUE, impatient));
    createSurely(catalog);
    frozen[0] = true;
    failure(catalog.get("rule", "a"));
    assertEquals("1", eventually(() -> catalog.get("rule", "a")).orElseThrow().json());
    await(proxy.close());
  }

  @Test
  void speaksTlsToAServerWhoseCertificateItTrusts(@TempDir Path folder) throws Exception {
    TestCertificate certificate = TestCertificate.make(folder);
    administer("postgres", "ALTER SYSTEM SET ssl_cert_file = '" + certificate.certificate() + "'");
    administer("postgres", "ALTER SYSTEM SET ssl_key_file = '" + certificate.key() + "'");
    administer("postgres", "ALTER SYSTEM SET ssl = on");
    administer("postgres", "SELECT pg_reload_conf()");
    try {
      var verifying = encrypted("verify-full", certificate.certificate().toString());
      for (PostgresCatalogConfig config : List.of(verifying, encrypted("require", ""))) {
        Catalog catalog = eventually(() -> Catalog.open(config, Path.of("unused"), null, null, vertx, clock, metrics));
        opened.add(catalog);
        assertEquals(List.of(), await(catalog.list("rule")));
        assertEquals(List.of("t"), ask("SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE datname = '" + database
            + "' AND usename = '" + server.username() + "'"));
        await(catalog.close());
      }
      TidemarkException refused = assertThrows(TidemarkException.class, () -> open(encrypted("verify-full", "")));
      assertEquals(ErrorCode.UNAVAILABLE, refused.code(), "nobody the Java runtime knows vouches for it");
    } finally {
      administer("postgres", "ALTER SYSTEM RESET ALL");
      administer("postgres", "SELECT pg_reload_conf()");
    }
  }

  private PostgresCatalogConfig encrypted(String tls, String ca) {
    return new PostgresCatalogConfig(server.host(), server.port(), database, server.username(), PASSWORD, tls, ca, 4, 5_000,
        Long.MAX_VALUE, config().guard());
  }

  @Test
  void refusesTablesOfANewerRelease() throws SQLException {
    await(open().close());
    administer(database, "INSERT INTO tidemark_migrations SELECT installed_rank + 1, '99', 'newer', type, 'V99__newer.sql', 1, "
        + "installed_by, installed_on, 1, true FROM tidemark_migrations WHERE version = '1'");
    TidemarkException refused = assertThrows(TidemarkException.class, this::open);
    assertEquals(ErrorCode.NOT_SUPPORTED, refused.code());
    assertTrue(refused.getMessage().contains("99"), refused::getMessage);
  }

  @Test
  void saysWhyPostgresRefuses() {
    var wrong = new Secret("canary-wrong");
    assertRefused(config(server.port(), database, wrong, Long.MAX_VALUE, config().guard()), "catalog.postgres.password");
    assertRefused(config(server.port(), "nowhere", PASSWORD, Long.MAX_VALUE, config().guard()), "catalog.postgres.database");
    assertRefused(config(1, database, PASSWORD, Long.MAX_VALUE, config().guard()), "127.0.0.1:1/" + database);
    Catalog catalog = open();
    assertEquals(ErrorCode.BAD_DATA, failure(catalog.create("rule", "nul \0", "1", "ann")));
  }

  private void assertRefused(PostgresCatalogConfig config, String expected) {
    TidemarkException refused = assertThrows(TidemarkException.class, () -> open(config));
    assertEquals(ErrorCode.UNAVAILABLE, refused.code(), refused::getMessage);
    assertTrue(refused.getMessage().contains(expected), refused::getMessage);
    for (Throwable cause = refused; cause != null; cause = cause.getCause()) {
      assertFalse(cause.toString().contains("canary"), cause::toString);
    }
    assertFalse(config.toString().contains("canary"), config::toString);
  }

  @Test
  void refusesWhenTooManyCallsWait() {
    Catalog catalog = open();
    List<Future<?>> all = new ArrayList<>();
    for (int i = 0; i < 5_000; i++) {
      all.add(catalog.list("rule"));
    }
    all.forEach(this::settle);
    List<Future<?>> refused = all.stream().filter(Future::failed).<Future<?>>map(f -> f).toList();
    assertFalse(refused.isEmpty());
    refused.forEach(each -> assertEquals(ErrorCode.UNAVAILABLE, failure(each)));
    assertEquals(List.of(), eventually(() -> catalog.list("rule")));
  }
}
