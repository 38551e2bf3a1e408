package io.tidemark.server;

import io.tidemark.cli.servers.KafkaServer;
import io.tidemark.cli.servers.PostgresServer;
import io.tidemark.cli.servers.RedisServer;
import io.tidemark.cli.servers.S3Server;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// Everything a cluster stands on, and its nodes, as processes on this machine that can be killed and started again.
final class ClusterBed implements AutoCloseable {
  static final String BUCKET = "tidemark";
  /// Short lives: what the optimising compiler would gain is less than what it costs.
  private static final List<String> SMALL = List.of("-Xmx320m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");
  private static final List<String> SMALL_BROKER = List.of("-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");

  /// What the bed is made of.
  ///
  /// @param settings further `KEY=VALUE` of every node
  /// @param rules    the text of a rule file, and `route` and `receivers` as YAML
  record Plan(int brokers, int partitions, int replicaSets, String rules, String routing, List<String> settings) {}

  private final Path dir;
  private final Plan plan;
  private final Map<String, ChildProcess> nodes = new LinkedHashMap<>();
  private final Map<String, String> urls = new LinkedHashMap<>();
  private final Map<String, List<String>> arguments = new LinkedHashMap<>();
  private final List<ChildProcess> brokers = new ArrayList<>();
  private final int kafkaPort;
  private final PostgresServer postgres;
  private final RedisServer redis;
  private final S3Server s3;
  private final Path config;

  ClusterBed(Path dir, Plan plan) throws IOException {
    this.dir = dir;
    this.plan = plan;
    kafkaPort = KafkaServer.freePorts(2 * plan.brokers);
    KafkaServer.prepare(dir.resolve("kafka"), plan.brokers, kafkaPort);
    for (int i = 0; i < plan.brokers; i++) {
      brokers.add(null);
    }
    List<Thread> starting = new ArrayList<>();
    for (int i = 0; i < plan.brokers; i++) {
      int broker = i;
      starting.add(Thread.ofPlatform().start(() -> startBroker(broker)));
    }
    postgres = PostgresServer.start(dir.resolve("postgres"), 0);
    redis = RedisServer.start(dir.resolve("redis"), 0);
    s3 = S3Server.inDirectory(0, dir.resolve("s3"));
    s3.createBucket(BUCKET);
    for (Thread thread : starting) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    }
    config = dir.resolve("tidemark.yml");
    Files.writeString(dir.resolve("rules.yml"), plan.rules);
    Files.writeString(config, """
        log:
          backend: kafka
          kafka: {bootstrap_servers: "%s", partitions: %d, replication: %d, min_insync: %d}
        state:
          backend: redis
          redis: {host: 127.0.0.1, port: %d}
        catalog:
          backend: postgres
          postgres: {host: 127.0.0.1, port: %d, database: %s, username: %s, password: "%s"}
        objects:
          backend: s3
          s3: {endpoint: "%s", region: %s, bucket: %s, access_key: %s, secret_key: %s}
        cluster:
          replica_sets: %d
        rule_files: [rules.yml]
        global: {evaluation_interval: 1s}
        %s
        """.formatted(bootstrap(), plan.partitions, plan.brokers, Math.max(1, plan.brokers - 1), redis.port(), postgres.port(),
        postgres.database(), postgres.username(), postgres.password().reveal(), s3.endpoint(), S3Server.REGION, BUCKET,
        S3Server.ACCESS_KEY, S3Server.SECRET_KEY, plan.replicaSets, plan.routing));
  }

  String bootstrap() {
    var addresses = new ArrayList<String>();
    for (int i = 0; i < plan.brokers; i++) {
      addresses.add("127.0.0.1:" + (kafkaPort + i));
    }
    return String.join(",", addresses);
  }

  Path config() {
    return config;
  }

  Path dir() {
    return dir;
  }

  RedisServer redis() {
    return redis;
  }

  PostgresServer postgres() {
    return postgres;
  }

  S3Server s3() {
    return s3;
  }

  // ---- brokers

  final void startBroker(int broker) {
    brokers.set(broker, ChildProcess.start(dir.resolve("out/broker-" + broker + ".log"), Map.of(), SMALL_BROKER,
        KafkaServer.class.getName(), List.of(dir.resolve("kafka").toString(), String.valueOf(kafkaPort), String.valueOf(plan.brokers),
            String.valueOf(broker)), "kafka ready"));
  }

  void killBroker(int broker) {
    brokers.get(broker).kill();
  }

  // ---- nodes

  /// Starts a node; its name is also its id.
  void start(String name, String roles, String... settings) {
    var line = new ArrayList<>(List.of("serve", "--config", config.toString(), "--data-dir", dir.resolve("data/" + name).toString(),
        "--listen", "127.0.0.1:" + freePort(), "--roles", roles, "--set", "cluster.node=" + name, "--set", "diagnostics.console=false",
        "--set", "query.warm_up=0", "--set", "cluster.listen=127.0.0.1:" + freePort()));
    plan.settings.forEach(setting -> line.addAll(List.of("--set", setting)));
    for (String setting : settings) {
      line.addAll(List.of("--set", setting));
    }
    synchronized (this) {
      arguments.put(name, line);
    }
    restart(name);
  }

  /// Starts a node again as it was.
  void restart(String name) {
    List<String> line;
    synchronized (this) {
      line = arguments.get(name);
    }
    ChildProcess child = ChildProcess.start(dir.resolve("out/" + name + "-" + System.nanoTime() + ".log"), Map.of(), SMALL,
        "io.tidemark.cli.Main", line, "Tidemark is ready at ");
    synchronized (this) {
      nodes.put(name, child);
      urls.put(name, child.readyLine().substring("Tidemark is ready at ".length()).trim());
    }
  }

  /// Starts several at once, two at a time.
  void startAll(List<Runnable> starts) {
    try (var pool = Executors.newFixedThreadPool(3)) {
      List<Future<?>> all = starts.stream().<Future<?>>map(pool::submit).toList();
      for (Future<?> one : all) {
        one.get();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  synchronized String url(String name) {
    return urls.get(name);
  }

  synchronized ChildProcess node(String name) {
    return nodes.get(name);
  }

  /// `kill -9`.
  void kill(String name) {
    node(name).kill();
  }

  private static int freePort() {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    nodes.values().forEach(ChildProcess::close);
    s3.close();
    redis.close();
    postgres.close();
    brokers.stream().filter(Objects::nonNull).forEach(ChildProcess::close);
  }
}
