package io.tidemark.cli.demo;

import io.tidemark.model.TidemarkException;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Histogram;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.RetriableCommitFailedException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.slf4j.Logger;
import org.slf4j.spi.LoggingEventBuilder;

/// Reads the topic, books each payment and commits what it booked: at least once by Kafka, once by the {@link Ledger}.
///
/// One thread owns the Kafka consumer and the ledger; the figures that others read are counters or volatile.
final class ConsumerLoop implements Runnable {
  private static final Duration POLL = Duration.ofMillis(200);
  /// Around the 2 s that the latency rule asks for, so that the quantile is exact there.
  private static final double[] PROCESSING_SECONDS = {0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 2.5, 5, 10};
  private static final double[] END_TO_END_SECONDS = {0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300};

  private final PaymentTopic topic;
  private final Clock clock;
  private final Logger log;
  private final Ledger ledger = new Ledger();
  private final Map<Ledger.Outcome, Counter> failures = new ConcurrentHashMap<>();
  private final Map<String, Counter> processed = new ConcurrentHashMap<>();
  private final Map<TopicPartition, Double> lags = new ConcurrentHashMap<>();
  private final Counter consumed;
  private final Counter rebalances;
  private final Counter errors;
  private final Histogram processingSeconds;
  private final Histogram endToEndSeconds;
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private volatile boolean stopping;
  private volatile long polledNanos;

  ConsumerLoop(PaymentTopic topic, Clock clock, Logger log, Metrics metrics) {
    this.topic = topic;
    this.clock = clock;
    this.log = log;
    polledNanos = clock.nanos();
    consumed = metrics.counter("kafka_messages_consumed_total", "Messages read from the topic.", "topic", topic.name());
    rebalances = metrics.counter("kafka_consumer_rebalances_total", "Times the partitions were shared out anew, this consumer's count.",
        "group", topic.group());
    errors = metrics.counter("kafka_consumer_errors_total", "Reads and commits that failed.");
    processingSeconds = metrics.histogram("payment_processing_seconds", "Time to book a payment.", PROCESSING_SECONDS);
    endToEndSeconds = metrics.histogram("payment_end_to_end_seconds", "From a payment's acceptance to its booking.", END_TO_END_SECONDS);
    for (Ledger.Outcome outcome : Ledger.Outcome.values()) {
      processed.put(outcome.status(), metrics.counter("payments_processed_total", "Payments by what became of them.",
          "status", outcome.status()));
      if (outcome.status().equals("failed")) {
        failures.put(outcome, metrics.counter("payments_failed_total", "Payments that were not booked, by reason.",
            "reason", outcome.reason()));
      }
    }
    for (TopicPartition partition : topic.partitions()) {
      metrics.gauge("kafka_consumer_lag", "Messages behind the end of the partition when last read; NaN for partitions of others.",
          () -> lags.getOrDefault(partition, Double.NaN), "topic", partition.topic(), "partition", String.valueOf(partition.partition()));
    }
    for (String currency : Ledger.currencies()) {
      metrics.counterFrom("payment_amount_processed_total", "Sum of the booked payments.", () -> ledger.booked(currency).doubleValue(),
          "currency", currency);
    }
  }

  /// Quick to share out again when a consumer goes: it counts as gone after 6 s of silence.
  private Map<String, Object> settings() {
    return Map.of("bootstrap.servers", topic.bootstrap(), "group.id", topic.group(), "client.id", "payment-consumer",
        "enable.auto.commit", "false", "auto.offset.reset", "earliest", "session.timeout.ms", "6000", "heartbeat.interval.ms", "1500",
        "fetch.min.bytes", "1024", "fetch.max.wait.ms", "500", "max.poll.records", "500");
  }

  @Override
  public void run() {
    try (var consumer = new KafkaConsumer<>(settings(), new StringDeserializer(), new StringDeserializer())) {
      consumer.subscribe(List.of(topic.name()), new Rebalances());
      while (!stopping) {
        ConsumerRecords<String, String> records = consumer.poll(POLL);
        polledNanos = clock.nanos();
        records.forEach(this::process);
        if (!records.isEmpty()) {
          commit(consumer);
        }
        consumer.assignment().forEach(partition -> consumer.currentLag(partition).ifPresent(lag -> lags.put(partition, (double) lag)));
      }
      ended.complete(null);
    } catch (KafkaException e) {
      errors.increment();
      log.atError().setCause(e).log("The consumer gives up");
      ended.completeExceptionally(e);
    }
  }

  private void process(ConsumerRecord<String, String> message) {
    long begun = clock.nanos();
    consumed.increment();
    Optional<Payment> payment = Optional.empty();
    long createdAtMillis = message.timestamp();
    try {
      var json = PaymentTopic.read(message.value());
      payment = Optional.of(Payment.read(json));
      createdAtMillis = PaymentTopic.createdAtMillis(json).orElse(createdAtMillis);
    } catch (DecodeException | TidemarkException e) {
      line(message, log.atWarn()).addKeyValue("error", e.getMessage()).log("Message is not a payment");
    }
    Ledger.Outcome outcome = payment.map(ledger::book).orElse(Ledger.Outcome.UNREADABLE);
    long endToEndMillis = Math.max(0, clock.millis() - createdAtMillis);
    processed.get(outcome.status()).increment();
    processingSeconds.observeNanos(begun, clock.nanos());
    endToEndSeconds.observe(endToEndMillis / 1e3);
    if (outcome.status().equals("failed")) {
      failures.get(outcome).increment();
    }
    payment.ifPresent(known -> line(message, outcome.status().equals("failed") ? log.atWarn() : log.atInfo())
        .addKeyValue("payment_id", known.paymentId()).addKeyValue("amount", known.amount())
        .addKeyValue("status", outcome.status()).addKeyValue("reason", outcome.reason())
        .addKeyValue("duration_ms", (clock.nanos() - begun) / 1e6).addKeyValue("end_to_end_ms", endToEndMillis)
        .log(outcome.status().equals("failed") ? "Payment failed" : "Payment processed"));
  }

  private static LoggingEventBuilder line(ConsumerRecord<String, String> message, LoggingEventBuilder builder) {
    String correlation = PaymentTopic.correlation(message.headers()).orElse("none-" + message.partition() + "-" + message.offset());
    return builder.addKeyValue(ServiceLog.CORRELATION, correlation).addKeyValue("partition", message.partition())
        .addKeyValue("offset", message.offset());
  }

  /// A commit that a rebalance overtook is no loss: whoever has the partitions now reads these messages again.
  private void commit(KafkaConsumer<String, String> consumer) {
    try {
      consumer.commitSync();
    } catch (CommitFailedException | RetriableCommitFailedException e) {
      errors.increment();
      log.atWarn().setCause(e).log("Commit failed; the messages will be read again");
    }
  }

  private final class Rebalances implements ConsumerRebalanceListener {
    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      rebalances.increment();
      log.atInfo().addKeyValue("partitions", partitions.size()).log("Partitions assigned");
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
      lags.keySet().removeAll(partitions);
      log.atInfo().addKeyValue("partitions", partitions.size()).log("Partitions revoked");
    }
  }

  /// Asks the loop to end after the messages at hand; completes when it has, or with what ended it earlier.
  CompletableFuture<Void> stop() {
    stopping = true;
    return ended;
  }

  boolean isRunning() {
    return !ended.isDone();
  }

  /// Nanoseconds since the brokers were last asked.
  long silentNanos() {
    return clock.nanos() - polledNanos;
  }

  /// The figures for people.
  JsonObject stats() {
    var stats = new JsonObject().put("messages_consumed", consumed.value()).put("rebalances", rebalances.value())
        .put("errors", errors.value());
    processed.forEach((status, count) -> stats.put("payments_" + status, count.value()));
    var amounts = new JsonObject();
    Ledger.currencies().stream().sorted().forEach(currency -> amounts.put(currency, ledger.booked(currency)));
    return stats.put("booked", amounts);
  }
}
