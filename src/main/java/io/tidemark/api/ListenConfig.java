package io.tidemark.api;

import io.tidemark.config.Section;

/// Where the HTTP port listens.
///
/// @param host an address or name of this machine
/// @param port 0 for any free port
public record ListenConfig(String host, int port) {
  /// Reads the key `listen`, `HOST:PORT`.
  public static ListenConfig read(Section root) {
    String text = root.text("listen", "127.0.0.1:9070");
    int colon = text.lastIndexOf(':');
    try {
      int port = Integer.parseInt(text.substring(colon + 1));
      if (colon > 0 && port >= 0 && port <= 65535) {
        String host = text.substring(0, colon);
        return new ListenConfig(host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host, port);
      }
      root.problem("listen", "listen: expected HOST:PORT, found \"" + text + "\"");
    } catch (NumberFormatException e) {
      root.problem("listen", "listen: expected HOST:PORT, found \"" + text + "\"");
    }
    return new ListenConfig("127.0.0.1", 9070);
  }

  public boolean isLoopback() {
    return host.equals("localhost") || host.startsWith("127.") || host.equals("::1");
  }
}
