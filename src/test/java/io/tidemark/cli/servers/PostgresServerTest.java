package io.tidemark.cli.servers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.config.Secret;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PostgresServerTest {
  @TempDir
  Path folder;

  private static Connection connect(PostgresServer server, String password) throws SQLException {
    return DriverManager.getConnection("jdbc:postgresql://" + server.host() + ":" + server.port() + "/" + server.database(),
        server.username(), password);
  }

  @Test
  void asksForItsPasswordAndComesBackOnItsPortWithItsData() throws SQLException {
    try (PostgresServer server = PostgresServer.start(folder, 0, new Secret("it's secret"))) {
      assertEquals("28P01", assertThrows(SQLException.class, () -> connect(server, "wrong")).getSQLState());
      try (Connection connection = connect(server, server.password().reveal()); Statement statement = connection.createStatement()) {
        statement.execute("CREATE TABLE kept AS SELECT 42 AS answer");
      }
      server.stop();
      assertEquals("08001", assertThrows(SQLException.class, () -> connect(server, "")).getSQLState());
      server.start();
      try (Connection connection = connect(server, server.password().reveal()); Statement statement = connection.createStatement()) {
        var rows = statement.executeQuery("SELECT answer FROM kept");
        assertTrue(rows.next());
        assertEquals(42, rows.getInt(1));
      }
    }
  }
}
