package io.tidemark.catalog.embedded;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/// Brings the tables to the form that this release expects, one numbered script after the other, each in its own transaction.
final class Migrations {
  /// In order; a released script never changes.
  private static final List<String> SCRIPTS = List.of("V1__documents_and_audit.sql");

  private Migrations() {}

  /// @return whether there were no tables yet
  /// @throws TidemarkException `NOT_SUPPORTED` when a newer release changed the tables
  static boolean apply(Connection connection, Path file) throws SQLException {
    int version = version(connection);
    if (version > SCRIPTS.size()) {
      throw new TidemarkException(ErrorCode.NOT_SUPPORTED, file + ": catalog version " + version + ", this release knows version "
          + SCRIPTS.size() + "; start the release that wrote it");
    }
    for (int next = version; next < SCRIPTS.size(); next++) {
      try (Statement statement = connection.createStatement()) {
        for (String sql : script(SCRIPTS.get(next)).split(";")) {
          if (!sql.isBlank()) {
            statement.execute(sql);
          }
        }
        statement.execute("PRAGMA user_version = " + (next + 1));
        connection.commit();
      } catch (SQLException e) {
        connection.rollback();
        throw e;
      }
    }
    return version == 0;
  }

  private static int version(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery("PRAGMA user_version")) {
      return rows.getInt(1);
    }
  }

  private static String script(String name) {
    try (InputStream in = Migrations.class.getResourceAsStream("/db/migration/" + name)) {
      if (in == null) {
        throw new IllegalStateException("db/migration/" + name + " is missing from the jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).replaceAll("(?m)^--.*$", "");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
