package io.tidemark.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.config.Problems;
import io.tidemark.config.Secret;
import io.tidemark.config.Section;
import io.tidemark.config.Yaml;
import io.tidemark.guard.GuardConfig;
import io.tidemark.log.KafkaLogConfig.Compression;
import io.tidemark.log.KafkaLogConfig.Producing;
import io.tidemark.log.KafkaLogConfig.Security;
import io.tidemark.log.KafkaLogConfig.Topic;
import java.util.List;
import org.junit.jupiter.api.Test;

class LogConfigTest {
  private static LogConfig read(String yaml, Problems problems) {
    return LogConfig.read(Yaml.parse(yaml, problems));
  }

  @Test
  void anEmptySectionMeansFiles() {
    var problems = new Problems("f");
    assertEquals(SegmentLogConfig.DEFAULT, read("", problems));
    assertEquals(KafkaLogConfig.DEFAULT, read("backend: kafka", problems));
    assertTrue(problems.isEmpty(), problems.texts().toString());
  }

  @Test
  void readsEveryKeyOfKafka() {
    var problems = new Problems("f");
    assertEquals(new KafkaLogConfig("ingest", "a:1,b:2", new Topic("t", 12, 2, 1, 3_600_000), "al",
        new Producing(Compression.LZ4, 5, 1 << 20, new GuardConfig("kafka", 700, List.of(), 9, 400)), 2 << 20, 3 << 20,
        new Security(true, "u", new Secret("p"), "PLAIN")), read("""
        backend: kafka
        partitions: 4
        kafka:
          bootstrap_servers: "a:1,b:2"
          topic: t
          alerts_topic: al
          partitions: 12
          replication: 2
          min_insync: 1
          retention: 1h
          compression: lz4
          linger: 5ms
          in_flight_size: 1MiB
          read_size: 2MiB
          timeout: 700ms
          circuit_failures: 9
          circuit_pause: 400ms
          tls: true
          username: u
          password: p
          mechanism: PLAIN
        spool:
          size: 3MiB
        """, problems));
    assertTrue(problems.isEmpty(), problems.texts().toString());
  }

  @Test
  void namesWhatIsWrong() {
    var problems = new Problems("f");
    read("backend: kafka\nkafka:\n  replication: 1\n  min_insync: 2\n  topik: x\n", problems);
    assertEquals(List.of("f:4:3: log.kafka.min_insync: 2 is more than replication, which is 1",
        "f:5:3: unknown key \"topik\" in kafka; nearest is \"topic\""), problems.texts());
  }

  @Test
  void neverShowsThePassword() {
    var problems = new Problems("f");
    Section root = Yaml.parse("backend: kafka\nkafka: {username: u, password: hunter2}\n", problems);
    LogConfig config = LogConfig.read(root);
    assertFalse(config.toString().contains("hunter2"), config.toString());
    assertFalse(Yaml.print(root).contains("hunter2"));
  }

  @Test
  void alertsHaveATopicOfTheirOwnAndNoSpool() {
    KafkaLogConfig alerts = assertInstanceOf(KafkaLogConfig.class, read("backend: kafka", new Problems("f")).alerts());
    assertEquals("tidemark.alerts", alerts.topic().name());
    assertEquals(1, alerts.partitions());
    assertEquals(0, alerts.spoolBytesMax());
    assertEquals("alerts", alerts.name());
  }
}
