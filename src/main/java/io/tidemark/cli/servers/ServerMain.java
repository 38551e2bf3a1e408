package io.tidemark.cli.servers;

import io.tidemark.config.Secret;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import org.slf4j.LoggerFactory;

/// What the servers of this package share when each is a process of its own.
final class ServerMain {
  private ServerMain() {}

  /// Starts a server and says where it is.
  interface Starter {
    String start(Path dir, int port, Secret password);
  }

  /// Starts the server that `DIR PORT` and the environment ask for, prints one line when it is ready, and never returns: the server's
  /// own shutdown hook ends it with the process.
  static void serve(String name, String[] arguments, Starter starter) throws InterruptedException {
    if (arguments.length != 2) {
      System.err.println("usage: DIR PORT (0 for a free one); TIDEMARK_SERVER_PASSWORD in the environment for a password");
      System.exit(2);
    }
    String password = System.getenv("TIDEMARK_SERVER_PASSWORD");
    String place = starter.start(Path.of(arguments[0]), Integer.parseInt(arguments[1]), new Secret(password == null ? "" : password));
    System.out.println("ready " + name + " " + place);
    System.out.flush();
    new CountDownLatch(1).await();
  }

  static int freePort() {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException("no free port on loopback", e);
    }
  }

  /// Takes back a shutdown hook whose server is closed.
  static void forget(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      LoggerFactory.getLogger(ServerMain.class).debug("The process ends already; the hook finds its server stopped.", e);
    }
  }
}
