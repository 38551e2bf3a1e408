package io.tidemark.catalog;

import io.tidemark.config.Secret;
import io.tidemark.config.Section;
import io.tidemark.guard.GuardConfig;
import java.util.List;

/// How the catalog is kept in a PostgreSQL database.
///
/// @param password        empty when none is asked for
/// @param tls             as libpq's `sslmode`: `disable`, `require` (encrypted, whoever answers) or `verify-full`
/// @param tlsCa           PEM file of the authorities to trust with `verify-full`; empty for those of the Java runtime
/// @param connections     most connections at once
/// @param connectMillis   longest wait for a new connection, and for one of the pool
/// @param auditKeepMillis age from which on whole days of the audit trail are dropped; `Long.MAX_VALUE` to keep all
/// @param guard           deadline, retries of reads and circuit of each call
public record PostgresCatalogConfig(String host, int port, String database, String username, Secret password, String tls, String tlsCa,
    int connections, long connectMillis, long auditKeepMillis, GuardConfig guard) implements CatalogConfig {
  public static final PostgresCatalogConfig DEFAULT = new PostgresCatalogConfig("127.0.0.1", 5432, "tidemark", "tidemark", Secret.NONE,
      "disable", "", 10, 5_000, Long.MAX_VALUE, new GuardConfig("postgres", 5_000, List.of(50L), 5, 2_000));

  public PostgresCatalogConfig {
    if (host.isEmpty() || port < 1 || port > 65_535 || database.isEmpty() || username.isEmpty()) {
      throw new IllegalArgumentException("postgres: host, port, database and username must be there");
    }
    if (!List.of("disable", "require", "verify-full").contains(tls)) {
      throw new IllegalArgumentException("postgres: unknown TLS mode " + tls);
    }
    if (connections < 1 || connectMillis < 1 || auditKeepMillis < 1) {
      throw new IllegalArgumentException("postgres: connections, timeout and age must be positive");
    }
  }

  /// Reads the section `catalog.postgres`.
  static PostgresCatalogConfig read(Section section) {
    var config = new PostgresCatalogConfig(named(section, "host", DEFAULT.host), (int) section.number("port", DEFAULT.port, 1, 65_535),
        named(section, "database", DEFAULT.database), named(section, "username", DEFAULT.username), section.secret("password"),
        section.oneOf("tls", DEFAULT.tls, "disable", "require", "verify-full"), section.text("tls_ca", DEFAULT.tlsCa),
        (int) section.number("connections", DEFAULT.connections, 1, 1_000),
        Math.max(1, section.durationMillis("connect_timeout", DEFAULT.connectMillis)),
        Math.max(1, section.durationMillisOrUnlimited("audit_keep", DEFAULT.auditKeepMillis)), DEFAULT.guard.read(section));
    section.done();
    return config;
  }

  private static String named(Section section, String key, String byDefault) {
    String text = section.text(key, byDefault);
    if (text.isEmpty()) {
      section.problem(key, "catalog.postgres." + key + ": required, but empty");
      return byDefault;
    }
    return text;
  }

  /// For messages and logs.
  public String address() {
    return host + ":" + port + "/" + database;
  }
}
