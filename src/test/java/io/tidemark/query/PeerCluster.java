package io.tidemark.query;

import io.tidemark.cluster.NodeInfo;
import io.tidemark.cluster.Topology;
import io.tidemark.guard.Guards;
import io.tidemark.storage.ShardReader;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.WallTimers;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.stream.Stream;

/// Nodes of one process that read each other over real connections.
final class PeerCluster implements AutoCloseable {
  private static final int SECONDS_MAX = 60;

  /// A node: its shards, and the server that shows them.
  final class Node {
    final String id;
    final Metrics metrics = new Metrics();
    final ShardReader shards;
    String address = "";
    private HttpServer server;

    Node(String id, ShardReader shards) {
      this.id = id;
      this.shards = shards;
    }

    void listen(PeerConfig config) {
      var peer = new PeerServer(vertx, config, QueryConfig.DEFAULT, shards, workers, timers, Clock.system(), metrics);
      server = PeerCluster.await(vertx.createHttpServer().requestHandler(peer::handle).listen(0, "127.0.0.1"));
      address = "127.0.0.1:" + server.actualPort();
    }

    /// Ends the server and its connections.
    void kill() {
      PeerCluster.await(server.close());
    }
  }

  final Vertx vertx = Vertx.vertx();
  final WallTimers timers = new WallTimers();
  final ExecutorService workers = Executors.newFixedThreadPool(4);
  /// Apart from those, which answer what these wait for.
  final ExecutorService queries = Executors.newFixedThreadPool(4);
  final Metrics metrics = new Metrics();
  final Guards guards = new Guards();
  final NameShards names;
  /// What other nodes hear of this one, by id; shows the node's own positions when it is not told otherwise.
  private final Map<String, Supplier<NodeInfo>> words = new TreeMap<>();
  private final List<Node> nodes = new ArrayList<>();
  private final List<ClusterReader> readers = new ArrayList<>();
  volatile Supplier<Future<long[]>> ends;

  /// @param window as in {@link NameShards}
  PeerCluster(int shards, int window) {
    names = new NameShards(shards, window, name -> Math.floorMod(name.hashCode(), shards));
    ends = () -> Future.succeededFuture(new long[shards]);
  }

  static <T> T await(Future<T> future) {
    try {
      return future.await(SECONDS_MAX, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new AssertionError("nothing within " + SECONDS_MAX + " s", e);
    }
  }

  /// Waits until something holds that other threads bring about.
  static void until(BooleanSupplier condition) {
    long deadline = Clock.system().nanos() + TimeUnit.SECONDS.toNanos(SECONDS_MAX);
    while (!condition.getAsBoolean()) {
      if (Clock.system().nanos() - deadline > 0) {
        throw new AssertionError("not within " + SECONDS_MAX + " s");
      }
      LockSupport.parkNanos(1_000_000);
    }
  }

  /// Where a node really listens.
  String address(String id) {
    return nodes.stream().filter(node -> node.id.equals(id)).findFirst().orElseThrow().address;
  }

  Node node(String id, ShardReader shards) {
    var node = new Node(id, shards);
    node.listen(PeerConfig.DEFAULT);
    nodes.add(node);
    say(id, node.address, shards::applied);
    return node;
  }

  /// What nodes say from here on to hold back.
  final AtomicLong heldBack = new AtomicLong();

  /// Lets a node say this of itself from here on.
  void say(String id, String address, Supplier<Map<Integer, Long>> shards) {
    words.put(id, () -> new NodeInfo(id, "home-" + id, address, Set.of("storage"), 0, 0, "test", heldBack.get(), shards.get()));
  }

  void forget(String id) {
    words.remove(id);
  }

  private Topology topology() {
    return new Topology(words.values().stream().map(Supplier::get).toList(), 0);
  }

  /// A reader of a node without shards.
  ClusterReader reader(PeerConfig config) {
    return reader(config, "reader", ShardReader.NONE);
  }

  ClusterReader reader(PeerConfig config, String node, ShardReader local) {
    var reader = new ClusterReader(config, new ClusterReadParts(vertx, this::topology, node, local, () -> ends.get(), names, timers,
        Clock.system(), metrics, guards));
    readers.add(reader);
    return reader;
  }

  /// The value of a metric, summed over its labels.
  static double metric(Metrics metrics, String name) {
    return metrics.print().lines().filter(line -> Stream.of(name + "{", name + " ").anyMatch(line::startsWith))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1))).sum();
  }

  @Override
  public void close() {
    readers.forEach(reader -> await(reader.close()));
    await(vertx.close());
    workers.shutdownNow();
    queries.shutdownNow();
    timers.close();
  }
}
