package io.tidemark.cli.servers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.config.Secret;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RedisServerTest {
  @TempDir
  Path folder;

  /// The first line of the answer to an inline command.
  private static String ask(RedisServer server, String... commands) throws IOException {
    try (var socket = new Socket(server.host(), server.port());
        var answers = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))) {
      String answer = "";
      for (String command : commands) {
        socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.UTF_8));
        answer = answers.readLine();
      }
      return answer;
    }
  }

  @Test
  void comesBackOnItsPortWithItsData() throws IOException {
    try (RedisServer server = RedisServer.start(folder, 0)) {
      assertEquals("+OK", ask(server, "SET a 1"));
      server.stop();
      assertThrows(ConnectException.class, () -> ask(server, "PING"));
      server.start();
      assertEquals("$1", ask(server, "GET a"));
    }
  }

  @Test
  void asksForItsPassword() throws IOException {
    try (RedisServer server = RedisServer.start(folder, 0, new Secret("s3cret \"quoted\""))) {
      assertTrue(ask(server, "GET a").startsWith("-NOAUTH"));
      assertEquals("$-1", ask(server, "AUTH \"s3cret \\\"quoted\\\"\"", "GET a"));
    }
  }
}
