package io.tidemark.cli.demo;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;

/// Where the payments go: what producer and consumer must agree on.
///
/// @param bootstrap the brokers, as Kafka's clients take them
/// @param name      of the topic; messages are JSON, their key is the merchant
/// @param group     of the consumers
record PaymentTopic(String bootstrap, String name, String group) {
  static final int PARTITIONS = 3;
  /// The header that carries a request's correlation id.
  static final String CORRELATION = "correlation-id";
  /// The field of a message that says when its payment was accepted, in milliseconds since 1970.
  static final String CREATED = "created_at_ms";

  /// The topic and group of the example on these brokers.
  static PaymentTopic on(String bootstrap) {
    return new PaymentTopic(bootstrap, "payments", "payment-processors");
  }

  Admin admin() {
    return Admin.create(Map.of("bootstrap.servers", bootstrap, "client.id", "payments-admin", "request.timeout.ms", "5000",
        "default.api.timeout.ms", "10000"));
  }

  List<TopicPartition> partitions() {
    return IntStream.range(0, PARTITIONS).mapToObj(i -> new TopicPartition(name, i)).toList();
  }

  /// Makes the topic unless it is there. One copy: the example has one broker.
  Future<Void> ensure(Vertx vertx, Admin admin) {
    return Future.fromCompletionStage(admin.createTopics(List.of(new NewTopic(name, PARTITIONS, (short) 1))).all().toCompletionStage(),
        vertx.getOrCreateContext()).recover(e -> {
          Throwable cause = e instanceof CompletionException && e.getCause() != null ? e.getCause() : e;
          return cause instanceof TopicExistsException ? Future.succeededFuture() : Future.failedFuture(cause);
        });
  }

  static String message(Payment payment, long createdAtMillis) {
    return payment.toJson().put(CREATED, createdAtMillis).encode();
  }

  /// @throws DecodeException when it is no JSON object
  static JsonObject read(String message) {
    if (message != null && Json.decodeValue(message) instanceof JsonObject json) {
      return json;
    }
    throw new DecodeException("expected a JSON object");
  }

  static OptionalLong createdAtMillis(JsonObject message) {
    return message.getValue(CREATED) instanceof Number millis ? OptionalLong.of(millis.longValue()) : OptionalLong.empty();
  }

  static Optional<String> correlation(Headers headers) {
    Header header = headers.lastHeader(CORRELATION);
    return header == null || header.value() == null ? Optional.empty() : Optional.of(new String(header.value(), StandardCharsets.UTF_8));
  }
}
