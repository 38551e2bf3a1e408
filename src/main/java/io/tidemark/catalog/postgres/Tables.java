package io.tidemark.catalog.postgres;

import io.tidemark.catalog.PostgresCatalogConfig;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import java.util.concurrent.TimeUnit;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.postgresql.ds.PGSimpleDataSource;

/// Brings the tables to the form that this release expects. Nodes that start at the same time wait for each other at Flyway's lock; a
/// migration is one transaction, so one that was cut off starts over.
final class Tables {
  /// Longest silence of the server while a migration runs.
  private static final int SOCKET_SECONDS = 300;
  /// Seconds to wait for another node that migrates.
  private static final int LOCK_TRIES = 120;

  private Tables() {}

  /// Blocks.
  ///
  /// @throws TidemarkException `NOT_SUPPORTED` when a newer release changed the tables, otherwise as {@link Failures}
  static void migrate(PostgresCatalogConfig config) {
    try {
      Flyway flyway = Flyway.configure(Tables.class.getClassLoader()).dataSource(source(config)).locations("classpath:db/postgres")
          .table("tidemark_migrations").loggers("slf4j").lockRetryCount(LOCK_TRIES).load();
      MigrationInfo current = flyway.info().current();
      if (current != null && !current.getState().isResolved()) {
        throw new TidemarkException(ErrorCode.NOT_SUPPORTED, "postgres at " + config.address() + ": its tables have version "
            + current.getVersion() + ", which this release does not know; start the release that made them");
      }
      flyway.migrate();
    } catch (FlywayException e) {
      throw Failures.of(config, e);
    }
  }

  private static PGSimpleDataSource source(PostgresCatalogConfig config) {
    var source = new PGSimpleDataSource();
    source.setServerNames(new String[] {config.host()});
    source.setPortNumbers(new int[] {config.port()});
    source.setDatabaseName(config.database());
    source.setUser(config.username());
    source.setPassword(config.password().reveal());
    source.setApplicationName("tidemark");
    source.setConnectTimeout((int) Math.max(1, TimeUnit.MILLISECONDS.toSeconds(config.connectMillis())));
    source.setLoginTimeout((int) Math.max(1, 2 * TimeUnit.MILLISECONDS.toSeconds(config.connectMillis())));
    source.setSocketTimeout(SOCKET_SECONDS);
    source.setSslMode(config.tls());
    if (config.tls().equals("verify-full")) {
      if (config.tlsCa().isEmpty()) {
        source.setSslfactory("org.postgresql.ssl.DefaultJavaSSLFactory");
      } else {
        source.setSslRootCert(config.tlsCa());
      }
    }
    return source;
  }
}
