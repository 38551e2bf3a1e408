package io.tidemark.cli.servers;

import io.tidemark.time.Entropy;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.Reader;
import java.io.Writer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.tools.StorageTool;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;

/// One to three Kafka brokers in this process, each broker and controller at once (KRaft), on loopback.
///
/// The directory holds everything, so that a server started on it again has its topics and records; its cluster id lies in
/// `cluster.properties`. Ports are asked for, or picked: broker `i` listens on `port + i`, its controller on `port + brokers + i`.
/// Times of elections and sessions are short, so that a broker that goes away is noticed within about three seconds.
///
/// Not safe for use by several threads at once.
public final class KafkaServer implements AutoCloseable {
  public static final int BROKERS_MAX = 3;
  private static final String HOST = "127.0.0.1";
  /// Picked ports lie below those that the system gives to outgoing connections, so that a stopped broker finds its port again.
  private static final int PORT_MIN = 20_000;
  private static final int PORT_MAX = 32_000;
  private static final int PORT_TRIES = 200;

  private final Path dir;
  private final int port;
  private final List<Path> files;
  private final List<KafkaRaftServer> running = new ArrayList<>();

  private KafkaServer(Path dir, int port, List<Path> files) {
    this.dir = dir;
    this.port = port;
    this.files = files;
    files.forEach(_ -> running.add(null));
  }

  /// Starts the brokers on ports that are free now; ready for clients when it returns.
  public static KafkaServer start(Path dir, int brokers) {
    return start(dir, brokers, freePorts(2 * brokers));
  }

  /// Starts the brokers, the first on `port`, the others and the controllers on those after it.
  public static KafkaServer start(Path dir, int brokers, int port) {
    var server = new KafkaServer(dir, port, prepare(dir, brokers, port));
    server.startAll();
    return server;
  }

  /// Makes the directories of the brokers, so that each can be started as a process of its own; gives their settings' files.
  public static List<Path> prepare(Path dir, int brokers, int port) {
    if (brokers < 1 || brokers > BROKERS_MAX) {
      throw new IllegalArgumentException(brokers + " brokers: from 1 to " + BROKERS_MAX + " run on one machine");
    }
    try {
      Files.createDirectories(dir);
      String cluster = clusterId(dir);
      var files = new ArrayList<Path>();
      for (int i = 0; i < brokers; i++) {
        files.add(format(dir.resolve("broker-" + i), cluster, settings(dir, i, brokers, port)));
      }
      return files;
    } catch (IOException e) {
      throw new IllegalStateException("Kafka in " + dir + ": " + e.getMessage(), e);
    }
  }

  /// The first of so many ports in a row that are free now.
  public static int freePorts(int count) {
    Entropy entropy = Entropy.system();
    for (int i = 0; i < PORT_TRIES; i++) {
      int first = PORT_MIN + entropy.nextInt(PORT_MAX - PORT_MIN - count);
      if (IntStream.range(first, first + count).allMatch(KafkaServer::isFree)) {
        return first;
      }
    }
    throw new IllegalStateException("found no " + count + " free ports in a row from " + PORT_MIN + " to " + PORT_MAX);
  }

  private static boolean isFree(int port) {
    try (var socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(InetAddress.getByName(HOST), port));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static String clusterId(Path dir) throws IOException {
    Path file = dir.resolve("cluster.properties");
    var properties = new Properties();
    if (Files.exists(file)) {
      try (Reader in = Files.newBufferedReader(file)) {
        properties.load(in);
      }
    } else {
      properties.setProperty("cluster.id", Uuid.randomUuid().toString());
      write(properties, file);
    }
    return properties.getProperty("cluster.id");
  }

  private static void write(Properties properties, Path file) throws IOException {
    try (Writer out = Files.newBufferedWriter(file)) {
      properties.store(out, null);
    }
  }

  private static Properties settings(Path dir, int broker, int brokers, int port) {
    String copies = String.valueOf(brokers);
    var settings = new Properties();
    settings.setProperty("process.roles", "broker,controller");
    settings.setProperty("node.id", String.valueOf(broker));
    settings.setProperty("listeners",
        "PLAINTEXT://" + HOST + ":" + (port + broker) + ",CONTROLLER://" + HOST + ":" + (port + brokers + broker));
    settings.setProperty("controller.listener.names", "CONTROLLER");
    settings.setProperty("controller.quorum.voters", IntStream.range(0, brokers).mapToObj(i -> i + "@" + HOST + ":" + (port + brokers + i))
        .collect(Collectors.joining(",")));
    settings.setProperty("log.dirs", dir.resolve("broker-" + broker).resolve("data").toAbsolutePath().toString());
    settings.setProperty("auto.create.topics.enable", "false");
    settings.setProperty("offsets.topic.replication.factor", copies);
    settings.setProperty("offsets.topic.num.partitions", "3");
    settings.setProperty("transaction.state.log.replication.factor", copies);
    settings.setProperty("transaction.state.log.min.isr", "1");
    settings.setProperty("transaction.state.log.num.partitions", "3");
    settings.setProperty("share.coordinator.state.topic.replication.factor", copies);
    settings.setProperty("share.coordinator.state.topic.min.isr", "1");
    settings.setProperty("share.coordinator.state.topic.num.partitions", "3");
    settings.setProperty("group.initial.rebalance.delay.ms", "0");
    settings.setProperty("controller.quorum.election.timeout.ms", "200");
    settings.setProperty("controller.quorum.fetch.timeout.ms", "1000");
    settings.setProperty("broker.heartbeat.interval.ms", "200");
    settings.setProperty("broker.session.timeout.ms", "3000");
    settings.setProperty("num.network.threads", "2");
    settings.setProperty("num.io.threads", "4");
    settings.setProperty("log.cleaner.dedupe.buffer.size", String.valueOf(4 << 20));
    return settings;
  }

  /// Writes the settings, formats the directory unless it is, and returns the settings' file.
  private static Path format(Path dir, String cluster, Properties settings) throws IOException {
    Files.createDirectories(dir.resolve("data"));
    Path file = dir.resolve("server.properties");
    write(settings, file);
    var output = new ByteArrayOutputStream();
    int code = StorageTool.execute(new String[] {"format", "--ignore-formatted", "-t", cluster, "-c", file.toString()},
        new PrintStream(output, true, StandardCharsets.UTF_8));
    if (code != 0) {
      throw new IOException("formatting failed with " + code + ": " + output.toString(StandardCharsets.UTF_8).strip());
    }
    return file;
  }

  private void startAll() {
    List<CompletableFuture<KafkaRaftServer>> starting = files.stream().map(file -> CompletableFuture.supplyAsync(() -> launch(file),
        work -> Thread.ofPlatform().name("kafka-start").start(work))).toList();
    RuntimeException failure = null;
    for (int i = 0; i < starting.size(); i++) {
      try {
        running.set(i, starting.get(i).join());
      } catch (RuntimeException e) {
        failure = e;
      }
    }
    if (failure != null) {
      close();
      throw new IllegalStateException("Kafka in " + dir + " on ports from " + port + " on did not start: " + failure.getMessage(), failure);
    }
  }

  private static KafkaRaftServer launch(Path file) {
    var settings = new Properties();
    try (Reader in = Files.newBufferedReader(file)) {
      settings.load(in);
    } catch (IOException e) {
      throw new IllegalStateException("settings of a broker: " + e.getMessage(), e);
    }
    var server = new KafkaRaftServer(KafkaConfig.fromProps(settings), Time.SYSTEM);
    server.startup();
    return server;
  }

  /// The brokers' addresses, as clients want them.
  public String bootstrap() {
    return IntStream.range(port, port + files.size()).mapToObj(p -> HOST + ":" + p).collect(Collectors.joining(","));
  }

  /// Stops one broker in good order; nothing happens when it is stopped.
  public void stopBroker(int broker) {
    KafkaRaftServer server = running.set(broker, null);
    if (server != null) {
      server.shutdown();
      server.awaitShutdown();
    }
  }

  /// Starts a stopped broker on its data and port; nothing happens when it runs.
  public void startBroker(int broker) {
    if (running.get(broker) == null) {
      running.set(broker, launch(files.get(broker)));
    }
  }

  /// Stops all brokers; the data stays.
  @Override
  public void close() {
    List<CompletableFuture<Void>> stopping = IntStream.range(0, running.size()).mapToObj(i -> CompletableFuture.runAsync(
        () -> stopBroker(i), work -> Thread.ofPlatform().name("kafka-stop").start(work))).toList();
    stopping.forEach(CompletableFuture::join);
  }

  /// Runs brokers until the process is told to end: `DIR PORT BROKERS`, or one of those that {@link #prepare} made ready:
  /// `DIR PORT BROKERS NUMBER`. Prints one line when they are ready.
  public static void main(String[] arguments) throws InterruptedException {
    if (arguments.length != 3 && arguments.length != 4) {
      System.err.println("usage: KafkaServer DIR PORT BROKERS [NUMBER]");
      System.exit(2);
    }
    Path dir = Path.of(arguments[0]);
    int port = Integer.parseInt(arguments[1]);
    if (arguments.length == 4) {
      KafkaRaftServer broker = launch(dir.resolve("broker-" + arguments[3]).resolve("server.properties"));
      Runtime.getRuntime().addShutdownHook(new Thread(broker::shutdown, "kafka-close"));
    } else {
      KafkaServer server = start(dir, Integer.parseInt(arguments[2]), port);
      Runtime.getRuntime().addShutdownHook(new Thread(server::close, "kafka-close"));
    }
    System.out.println("kafka ready at " + HOST + ":" + port);
    Thread.currentThread().join();
  }
}
