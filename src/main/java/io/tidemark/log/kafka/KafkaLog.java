package io.tidemark.log.kafka;

import io.tidemark.guard.Guard;
import io.tidemark.guard.GuardConfig;
import io.tidemark.guard.Guards;
import io.tidemark.log.KafkaLogConfig;
import io.tidemark.log.LogRecord;
import io.tidemark.log.Trace;
import io.tidemark.log.segment.Replies;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Timers;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TimeoutException;

/// A log that is a Kafka topic: a partition is one of its partitions, a position is an offset. Safe on any thread.
///
/// **What an acknowledgement rests on.** `acks=all` with `min.insync.replicas` of the topic: that many brokers have the record, and a
/// broker that does not have it cannot become leader.
///
/// **Deadline and retries.** REQUIREMENTS R31 gives ingestion 100 ms and retries after 10 and 50 ms. A record sent twice by different
/// calls could overtake a later one or stand there twice, so only the producer retries: it is idempotent, which keeps each record
/// single and in order. It pauses 10 to 50 ms between tries, as R31 has it, until the append's deadline (`log.kafka.timeout`, 2 s),
/// which is longer than R31's because `acks=all` waits for the slowest copy in sync: a broker's short pause would fail appends that
/// are as good as done. After the deadline the producer gives the record up for good; it cannot arrive later than one sent afterwards,
/// because the producer then goes on under a new epoch. So what fails here may be sent again.
///
/// **When Kafka is away** appends fail with `UNAVAILABLE` after the deadline, at once when the guard's circuit is open; reads wait;
/// {@link #ends} fails. {@link SpoolLog} takes appends over.
public final class KafkaLog implements Direct {
  private static final long OPEN_MILLIS = 60_000;
  private static final long READ_TIMEOUT_MILLIS = Clients.ADMIN_MILLIS;
  /// The producer keeps the deadline; the guard's is for the case that it does not.
  private static final long GUARD_SLACK_MILLIS = 1_000;
  /// A lane keeps at least so much, and at most.
  private static final long LANE_BYTES_MIN = 256 * 1024;
  private static final long LANE_BYTES_MAX = 16 << 20;
  private static final String TRACEPARENT = "traceparent";
  private static final String CORRELATION = "correlation-id";

  private final KafkaLogConfig config;
  private final Clock clock;
  private final Admin admin;
  private final KafkaProducer<byte[], byte[]> producer;
  private final Guard guard;
  private final Offsets offsets;
  private final List<PartitionReads> reads = new ArrayList<>();
  private final List<Fetcher> fetchers = new ArrayList<>();
  private final KafkaMetrics metrics;
  private final Promise<Void> closed = Promise.promise();
  // Guarded by this.
  private boolean closing;

  private KafkaLog(KafkaLogConfig config, Admin admin, KafkaProducer<byte[], byte[]> producer, Guard guard, Offsets offsets, Clock clock,
      Metrics metrics) {
    this.config = config;
    this.clock = clock;
    this.admin = admin;
    this.producer = producer;
    this.guard = guard;
    this.offsets = offsets;
    this.metrics = new KafkaMetrics(metrics, config.name());
    long laneBytes = Math.clamp(config.readBytes() / config.partitions(), LANE_BYTES_MIN, LANE_BYTES_MAX);
    for (int i = 0; i < config.partitions(); i++) {
      int partition = i;
      reads.add(new PartitionReads(i, config.topic().name(), offsets, clock, laneBytes, lane -> fetchers.get(lane).signal(partition)));
      this.metrics.watch(offsets, reads.get(i), i);
    }
    for (int i = 0; i < PartitionReads.LANES; i++) {
      fetchers.add(new Fetcher(i, config, reads, clock, this.metrics));
    }
  }

  /// Makes or checks the topic and finds where its partitions begin and end.
  ///
  /// Fails with `BAD_DATA` when the topic exists with other settings, `UNAVAILABLE` when Kafka gives no answer within a minute.
  public static Future<KafkaLog> open(KafkaLogConfig config, Timers timers, Clock clock, Metrics metrics) {
    return onVirtualThread("open", config, () -> {
      var opening = new ArrayList<AutoCloseable>();
      try {
        Admin admin = Clients.admin(config);
        opening.add(admin);
        var check = new TopicCheck(admin, config.topic(), timers, clock, clock.nanos() + OPEN_MILLIS * 1_000_000);
        check.ensure();
        KafkaProducer<byte[], byte[]> producer = Clients.producer(config);
        opening.add(producer);
        learn(producer, config, check);
        var offsets = new Offsets(config.topic().name(), config.partitions(), admin,
            new Guard(readGuard(config), timers, clock, metrics), timers);
        load(offsets, check);
        GuardConfig guard = config.producing().guard();
        var log = new KafkaLog(config, admin, producer, new Guard(new GuardConfig(guard.system(),
            guard.timeoutMillis() + GUARD_SLACK_MILLIS, List.of(), guard.failuresToOpen(), guard.openMillis()), timers, clock, metrics),
            offsets, clock, metrics);
        offsets.refresh();
        return log;
      } catch (RuntimeException e) {
        for (AutoCloseable opened : opening) {
          opened.close();
        }
        throw Failures.of("opening log " + config.name() + " at " + config.bootstrapServers(), e);
      }
    });
  }

  private static GuardConfig readGuard(KafkaLogConfig config) {
    GuardConfig guard = config.producing().guard();
    return new GuardConfig(guard.system() + "_offsets", READ_TIMEOUT_MILLIS, List.of(10L), guard.failuresToOpen(), guard.openMillis());
  }

  /// Lets the producer learn where the partitions are, so that no `send` has to.
  private static void learn(KafkaProducer<byte[], byte[]> producer, KafkaLogConfig config, TopicCheck check) {
    while (true) {
      try {
        producer.partitionsFor(config.topic().name());
        return;
      } catch (TimeoutException e) {
        check.pause(e);
      }
    }
  }

  private static void load(Offsets offsets, TopicCheck check) throws InterruptedException {
    while (true) {
      try {
        offsets.load().toCompletionStage().toCompletableFuture().get();
        return;
      } catch (ExecutionException e) {
        check.pause(e.getCause());
      }
    }
  }

  private static <T> Future<T> onVirtualThread(String what, KafkaLogConfig config, Callable<T> work) {
    Promise<T> promise = Replies.promise();
    Thread.ofVirtual().name("tidemark-" + config.name() + "-" + what).start(() -> {
      try {
        Replies.complete(promise, work.call());
      } catch (Exception e) {
        Replies.fail(promise, e);
      }
    });
    return promise.future();
  }

  @Override
  public int partitions() {
    return reads.size();
  }

  @Override
  public Future<Long> append(int partition, byte[] record) {
    return append(partition, record, List.of());
  }

  @Override
  public Future<Long> append(int partition, byte[] record, List<Trace> traces) {
    Promise<Long> promise = Replies.promise();
    send(partition, record, traces).onComplete(result -> {
      if (result.succeeded()) {
        Replies.complete(promise, result.result());
      } else {
        Replies.fail(promise, result.cause());
      }
    });
    return promise.future();
  }

  @Override
  public Future<Long> send(int partition, byte[] record, List<Trace> traces) {
    if (record.length > RECORD_BYTES_MAX) {
      return refused(partition, ErrorCode.TOO_LARGE, "record of " + record.length + " bytes, at most " + RECORD_BYTES_MAX);
    }
    synchronized (this) {
      if (closing) {
        return refused(partition, ErrorCode.UNAVAILABLE, "the log is closing");
      }
    }
    if (!reserve(record.length)) {
      return refused(partition, ErrorCode.UNAVAILABLE, "more than " + config.producing().inFlightBytesMax()
          + " bytes wait for Kafka (log.kafka.in_flight_size); send again later");
    }
    long startNanos = clock.nanos();
    return guard.once(() -> produce(partition, record, traces)).transform(result -> {
      metrics.inFlightBytes.addAndGet(-record.length);
      if (result.failed()) {
        TidemarkException failure = failure(partition, result.cause());
        metrics.failure(failure.code());
        return Future.failedFuture(failure);
      }
      metrics.appendSeconds.observeNanos(startNanos, clock.nanos());
      metrics.records.increment();
      metrics.bytes.add(record.length);
      return Future.succeededFuture(result.result());
    });
  }

  private TidemarkException failure(int partition, Throwable cause) {
    TidemarkException failure = Failures.of(place(partition), cause);
    // To a sender it is all one whether Kafka or the guard gave up.
    return failure.code() == ErrorCode.TIMEOUT ? new TidemarkException(ErrorCode.UNAVAILABLE, failure.getMessage(), failure) : failure;
  }

  private String place(int partition) {
    return "Kafka topic " + config.topic().name() + ", partition " + partition;
  }

  private <T> Future<T> refused(int partition, ErrorCode code, String reason) {
    metrics.failure(code);
    return Future.failedFuture(new TidemarkException(code, place(partition) + ": " + reason));
  }

  /// Takes room for a record; a single one always finds it when nothing else waits.
  private boolean reserve(int bytes) {
    while (true) {
      long now = metrics.inFlightBytes.get();
      if (now > 0 && now + bytes > config.producing().inFlightBytesMax()) {
        return false;
      }
      if (metrics.inFlightBytes.compareAndSet(now, now + bytes)) {
        return true;
      }
    }
  }

  private Future<Long> produce(int partition, byte[] record, List<Trace> traces) {
    var message = new ProducerRecord<byte[], byte[]>(config.topic().name(), partition, null, record);
    for (Trace trace : traces) {
      message.headers().add(CORRELATION, trace.correlationId().getBytes(StandardCharsets.UTF_8));
      if (!trace.traceparent().isEmpty()) {
        message.headers().add(TRACEPARENT, trace.traceparent().getBytes(StandardCharsets.UTF_8));
      }
    }
    Promise<Long> sent = Promise.promise();
    try {
      producer.send(message, (metadata, failure) -> {
        if (failure == null) {
          offsets.reaches(partition, metadata.offset() + 1);
          sent.tryComplete(metadata.offset());
        } else {
          sent.tryFail(Failures.of(place(partition), failure));
        }
      });
    } catch (KafkaException | IllegalStateException e) {
      sent.tryFail(Failures.of(place(partition), e));
    }
    return sent.future();
  }

  @Override
  public boolean isAvailable() {
    return guard.state() == Guard.State.CLOSED;
  }

  @Override
  public Future<List<LogRecord>> read(int partition, long from, int bytesMax) {
    Promise<List<LogRecord>> promise = Replies.promise();
    reads.get(partition).serve(new Read(from, bytesMax, promise));
    return promise.future();
  }

  @Override
  public long begin(int partition) {
    return offsets.begin(partition);
  }

  @Override
  public long end(int partition) {
    return offsets.end(partition);
  }

  @Override
  public Future<long[]> ends() {
    return offsets.ends();
  }

  /// Does nothing: a topic is shared by replica sets that may be behind, so only its retention deletes.
  @Override
  public void trim(int partition, long upTo) {}

  @Override
  public void enter(Guards guards) {
    guards.add("log", "kafka", config.bootstrapServers(), guard);
  }

  @Override
  public Future<Void> close() {
    synchronized (this) {
      if (closing) {
        return closed.future();
      }
      closing = true;
    }
    offsets.close();
    reads.forEach(PartitionReads::close);
    onVirtualThread("close", config, () -> {
      producer.close(Duration.ofMillis(config.producing().guard().timeoutMillis() + GUARD_SLACK_MILLIS));
      fetchers.forEach(Fetcher::close);
      admin.close(Duration.ofMillis(READ_TIMEOUT_MILLIS));
      return null;
    }).onComplete(result -> {
      if (result.succeeded()) {
        closed.complete();
      } else {
        closed.fail(result.cause());
      }
    });
    return closed.future();
  }
}
