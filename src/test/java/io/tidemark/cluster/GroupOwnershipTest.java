package io.tidemark.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tidemark.cli.servers.KafkaServer;
import io.tidemark.cluster.kafka.GroupOwnership;
import io.tidemark.config.Problems;
import io.tidemark.config.Section;
import io.tidemark.config.Yaml;
import io.tidemark.log.KafkaLogConfig;
import io.tidemark.log.LogConfig;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GroupOwnershipTest extends OwnershipContract {
  private static KafkaServer kafka;
  private static int topics;
  private final List<Ownership> opened = new ArrayList<>();
  private KafkaLogConfig log;

  @BeforeAll
  static void startKafka(@TempDir Path dir) {
    kafka = KafkaServer.start(dir, 1);
  }

  @AfterAll
  static void stopKafka() {
    kafka.close();
  }

  @BeforeEach
  void makeTopic() throws Exception {
    String topic = "samples-" + ++topics;
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrap()))) {
      admin.createTopics(List.of(new NewTopic(topic, 4, (short) 1))).all().get(60, TimeUnit.SECONDS);
    }
    var problems = new Problems("test");
    Section root = Yaml.parse("{backend: kafka, kafka: {bootstrap_servers: \"" + kafka.bootstrap() + "\", topic: " + topic
        + ", partitions: 4, replication: 1, min_insync: 1}}", problems);
    log = (KafkaLogConfig) LogConfig.read(root);
    problems.throwIfAny();
  }

  @AfterEach
  void closeAll() throws Exception {
    for (Ownership ownership : opened) {
      ownership.close().toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    }
  }

  @Override
  Ownership open(String node) {
    // A replica set of its own for each topic: the group is named by it.
    var config = new ClusterConfig(node, topics, topics + 1, "127.0.0.1", 0, "", 2_000, 6_000);
    Ownership ownership = new GroupOwnership(log, config, Clock.system(), new Metrics());
    opened.add(ownership);
    return ownership;
  }

  private static Set<Integer> union(Told... all) {
    var union = new HashSet<Integer>();
    for (Told told : all) {
      union.addAll(told.shards);
    }
    return union;
  }

  @Test
  void membersShareTheShardsAndTakeOverFromOneThatIsGone() throws Exception {
    var first = new Told();
    var second = new Told();
    Ownership a = open("a");
    a.start(first);
    until("all shards", () -> first.shards.size() == 4);
    Ownership b = open("b");
    b.start(second);
    until("half of them each", () -> first.shards.size() == 2 && second.shards.size() == 2);
    assertEquals(Set.of(0, 1, 2, 3), union(first, second));
    b.close().toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    assertEquals(Set.of(), second.shards);
    until("all shards again", () -> first.shards.size() == 4);
  }

  @Test
  void aMemberThatIsBackSoonFindsItsShards() throws Exception {
    var first = new Told();
    Ownership a = open("a");
    a.start(first);
    var second = new Told();
    Ownership b = open("b");
    b.start(second);
    until("a share each", () -> second.shards.size() == 2 && first.shards.size() == 2);
    Set<Integer> before = Set.copyOf(second.shards);
    b.close().toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    var back = new Told();
    open("b").start(back);
    until("its shards again", () -> back.shards.size() == 2);
    assertEquals(before, back.shards);
    assertEquals(2, first.shards.size(), "nothing moved");
  }
}
