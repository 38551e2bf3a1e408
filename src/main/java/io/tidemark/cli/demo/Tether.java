package io.tidemark.cli.demo;

import io.tidemark.cli.Main;
import io.tidemark.cli.servers.KafkaServer;
import io.tidemark.cli.servers.PostgresServer;
import io.tidemark.cli.servers.RedisServer;
import io.tidemark.cli.servers.S3Server;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// The main class of every process that a demo starts: `Tether PROGRAM ARGUMENT…`.
///
/// The process ends in order when its standard input does. The demo holds the other end and never writes, so when the demo is gone, be it
/// by `kill -9`, its processes follow. They do not outlive it by more than {@link #END_SECONDS}.
final class Tether {
  private static final long END_SECONDS = 40;
  private static final int USAGE = 2;

  private Tether() {}

  public static void main(String[] arguments) throws Exception {
    Thread.ofPlatform().name("tether").daemon().start(Tether::follow);
    String[] rest = arguments.length == 0 ? arguments : Arrays.copyOfRange(arguments, 1, arguments.length);
    switch (arguments.length == 0 ? "" : arguments[0]) {
      case "tidemark" -> Main.main(rest);
      case "kafka" -> KafkaServer.main(rest);
      case "postgres" -> PostgresServer.main(rest);
      case "redis" -> RedisServer.main(rest);
      case "s3" -> S3Server.main(rest);
      default -> {
        System.err.println("usage: Tether tidemark|kafka|postgres|redis|s3 ARGUMENT...");
        System.exit(USAGE);
      }
    }
  }

  private static void follow() {
    String why = "the demo has ended";
    try {
      while (System.in.read() >= 0) {
        // Nothing is ever written; what matters is the end.
      }
    } catch (IOException e) {
      why = "the line to the demo broke: " + e.getMessage();
    }
    System.err.println(why + "; this process ends too");
    Thread.ofPlatform().name("tether-limit").daemon().start(Tether::haltInTime);
    System.exit(0);
  }

  private static void haltInTime() {
    try {
      new CountDownLatch(1).await(END_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Runtime.getRuntime().halt(1);
  }
}
