package io.tidemark.cli.servers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KafkaServerTest {
  private static final int SECONDS = 60;

  @TempDir
  private Path dir;

  private static long produce(String bootstrap, String topic) throws Exception {
    Map<String, Object> settings = Map.of("bootstrap.servers", bootstrap, "acks", "all", "delivery.timeout.ms", SECONDS * 1000);
    try (var producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
      return producer.send(new ProducerRecord<>(topic, new byte[] {1})).get(SECONDS, TimeUnit.SECONDS).offset();
    }
  }

  private static void create(String bootstrap, String topic, int copies) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      admin.createTopics(List.of(new NewTopic(topic, 1, (short) copies))).all().get(SECONDS, TimeUnit.SECONDS);
    }
  }

  @Test
  void keepsItsRecordsWhenStartedAgain() throws Exception {
    String bootstrap;
    try (var server = KafkaServer.start(dir, 1)) {
      bootstrap = server.bootstrap();
      create(bootstrap, "kept", 1);
      assertEquals(0, produce(bootstrap, "kept"));
      server.stopBroker(0);
      server.startBroker(0);
      assertEquals(bootstrap, server.bootstrap());
      assertEquals(1, produce(bootstrap, "kept"));
    }
    try (var server = KafkaServer.start(dir, 1)) {
      assertEquals(2, produce(server.bootstrap(), "kept"));
    }
  }

  @Test
  void twoOfThreeBrokersGoOn() throws Exception {
    try (var server = KafkaServer.start(dir, 3)) {
      assertEquals(3, server.bootstrap().split(",").length);
      create(server.bootstrap(), "copied", 3);
      assertEquals(0, produce(server.bootstrap(), "copied"));
      server.stopBroker(0);
      assertEquals(1, produce(server.bootstrap(), "copied"));
      server.startBroker(0);
      assertTrue(produce(server.bootstrap(), "copied") > 1);
    }
  }
}
