package io.tidemark.cli.demo;

import io.tidemark.cli.servers.S3Server;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Which processes make up the cluster of the demo, on which ports: the four systems, and two nodes of each role.
///
/// @param backends Kafka, PostgreSQL, Redis and the S3 server
/// @param nodes    Tidemark's, the storage nodes first
/// @param urls     of each node, by its name
record ClusterPlan(List<Program> backends, List<Program> nodes, Map<String, String> urls) {
  /// How many ports in a row the demo needs, besides the one that the user names.
  static final int PORTS = 40;
  static final String BUCKET = "tidemark";
  static final String READY = "Tidemark is ready at ";
  private static final String HOST = "127.0.0.1:";
  private static final int NODES_PER_ROLE = 2;

  /// Where the parts begin in the row of ports. Kafka takes two, for the broker and its controller.
  private static final int KAFKA = 0;
  private static final int POSTGRES = 2;
  private static final int REDIS = 3;
  private static final int S3 = 4;
  private static final int HTTP = 10;
  private static final int PEER = 25;

  /// What a node does.
  ///
  /// @param heapMb so that all processes together stay below 6 GB
  private record Part(String name, String roles, int heapMb) {}

  private static final List<Part> PARTS = List.of(new Part("storage", "storage", 320), new Part("collector", "collector", 192),
      new Part("query", "query,api", 320), new Part("rules", "rules", 256), new Part("notifier", "notifier", 160));

  ClusterPlan {
    backends = List.copyOf(backends);
    nodes = List.copyOf(nodes);
    urls = Map.copyOf(urls);
  }

  /// @param listen    address of the first query node
  /// @param firstPort of {@link #PORTS} free ones in a row
  static ClusterPlan of(Path dataDir, Path config, String listen, int firstPort) {
    var backends = List.of(
        new Program("kafka", 0, 512, List.of("kafka", dir(dataDir, "kafka"), port(firstPort, KAFKA), "1"), "kafka ready at "),
        new Program("postgres", 0, 64, List.of("postgres", dir(dataDir, "postgres"), port(firstPort, POSTGRES)), "ready postgres "),
        new Program("redis", 0, 48, List.of("redis", dir(dataDir, "redis"), port(firstPort, REDIS)), "ready redis "),
        new Program("s3", 0, 160, List.of("s3", port(firstPort, S3), dir(dataDir, "s3"), BUCKET), "ready: S3 at "));
    List<String> shared = List.of("--set", "log.kafka.bootstrap_servers=" + HOST + port(firstPort, KAFKA),
        "--set", "catalog.postgres.port=" + port(firstPort, POSTGRES), "--set", "state.redis.port=" + port(firstPort, REDIS),
        "--set", "objects.s3.endpoint=http://" + HOST + port(firstPort, S3), "--set", "objects.s3.bucket=" + BUCKET,
        "--set", "objects.s3.access_key=" + S3Server.ACCESS_KEY, "--set", "objects.s3.secret_key=" + S3Server.SECRET_KEY,
        "--set", "diagnostics.console=false", "--set", "query.warm_up=0");
    var nodes = new ArrayList<Program>();
    var urls = new HashMap<String, String>();
    for (Part part : PARTS) {
      for (int i = 0; i < NODES_PER_ROLE; i++) {
        String name = part.name + "-" + (i + 1);
        String address = name.equals("query-1") ? listen : HOST + port(firstPort, HTTP + nodes.size());
        var arguments = new ArrayList<>(List.of("tidemark", "serve", "--config", config.toString(), "--data-dir", dir(dataDir, name),
            "--listen", address, "--roles", part.roles, "--set", "cluster.node=" + name,
            "--set", "cluster.listen=" + HOST + port(firstPort, PEER + nodes.size()), "--set", "cluster.replica_set="
                + (part.name.equals("storage") ? i : 0)));
        arguments.addAll(shared);
        urls.put(name, "http://" + address);
        nodes.add(new Program(name, 1, part.heapMb, arguments, READY));
      }
    }
    return new ClusterPlan(backends, nodes, urls);
  }

  private static String dir(Path dataDir, String name) {
    return dataDir.resolve(name).toString();
  }

  private static String port(int first, int offset) {
    return String.valueOf(first + offset);
  }

  /// All of them.
  List<Program> programs() {
    var all = new ArrayList<>(backends);
    all.addAll(nodes);
    return all;
  }

  List<Program> storage() {
    return nodes.subList(0, NODES_PER_ROLE);
  }

  List<Program> others() {
    return nodes.subList(NODES_PER_ROLE, nodes.size());
  }
}
