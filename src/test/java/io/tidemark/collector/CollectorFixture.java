package io.tidemark.collector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import com.sun.management.ThreadMXBean;
import io.tidemark.collector.admit.BatcherLimits;
import io.tidemark.log.BatchExtras;
import io.tidemark.log.BatchLimits;
import io.tidemark.log.BatchReader;
import io.tidemark.log.BatchWriter;
import io.tidemark.log.HeldLog;
import io.tidemark.log.LogRecord;
import io.tidemark.log.MetricMetadata;
import io.tidemark.log.Trace;
import io.tidemark.model.Exemplar;
import io.tidemark.model.Histogram;
import io.tidemark.model.LabelSet;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Loop;
import io.tidemark.time.VirtualTime;
import io.vertx.core.Future;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/// One loop's collector over a log in memory, under virtual time.
public final class CollectorFixture {
  /// A sample as it lies in the log.
  public record Stored(LabelSet labels, long timestampMillis, long bits) {
    public double value() {
      return Double.longBitsToDouble(bits);
    }
  }

  /// What the pushes of tests come with.
  public static final Trace TRACE = Trace.of("", "test");

  public final VirtualTime time = new VirtualTime(7);
  public final Loop loop = time.loop("ingest");
  public final HeldLog log = new HeldLog(3);
  public final Metrics metrics = new Metrics();
  public final Gate gate;
  public final SeriesBudgets budgets;
  public final Ingest ingest;

  public CollectorFixture() {
    this(IngestLimits.DEFAULT);
  }

  public CollectorFixture(IngestLimits limits) {
    this(limits, CardinalityConfig.of(1L << 30));
  }

  public CollectorFixture(IngestLimits limits, CardinalityConfig cardinality) {
    this(limits, cardinality, BatchLimits.DEFAULT);
  }

  public CollectorFixture(BatchLimits batches) {
    this(IngestLimits.DEFAULT, CardinalityConfig.of(1L << 30), batches);
  }

  private CollectorFixture(IngestLimits limits, CardinalityConfig cardinality, BatchLimits batches) {
    gate = new Gate(limits, time, metrics);
    budgets = new SeriesBudgets(cardinality, time, time.entropy(), metrics);
    ingest = new Ingest(limits, gate, budgets, loop, new BatchWriter(log, 1, batches, time, metrics), time, time.entropy(),
        metrics);
  }

  /// Starts `call` on the loop; its future may wait for the log.
  public <T> Future<T> start(Supplier<Future<T>> call) {
    var started = new ArrayList<Future<T>>();
    loop.execute(() -> started.add(call.get()));
    time.run();
    return started.getFirst();
  }

  /// Runs `call` on the loop with a log that accepts everything, and gives its result.
  public <T> T result(Supplier<Future<T>> call) {
    Future<T> future = start(call);
    settle();
    if (!future.isComplete()) {
      // The batch waits until the pause since the last one is over.
      time.advance(BatcherLimits.DEFAULT.pauseMillis());
      settle();
    }
    if (future.failed()) {
      throw new AssertionError(future.cause());
    }
    return future.result();
  }

  /// Makes all waiting records durable and runs what follows from it.
  public void settle() {
    while (!log.held.isEmpty() || time.waiting() > 0) {
      log.acceptAll();
      time.run();
    }
  }

  /// Bytes that a push allocates on this thread for each of its items, in the cheapest of six.
  ///
  /// @param items of a push
  /// @param told  how many they are by its answer
  public double bytesEach(int items, Supplier<Future<IngestResult>> push, ToLongFunction<IngestResult.Stored> told) {
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 6; i++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      Future<IngestResult> future = start(push);
      least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
      settle();
      assertEquals(items, told.applyAsLong(assertInstanceOf(IngestResult.Stored.class, future.result())));
      time.advance(1000);
    }
    return (double) least / items;
  }

  public IngestResult remoteWrite(byte[] body) {
    return result(() -> ingest.remoteWrite(body, "test", TRACE));
  }

  public IngestResult remoteWrite2(byte[] body) {
    return result(() -> ingest.remoteWrite2(body, "test", TRACE));
  }

  public IngestResult text(String body) {
    return result(() -> ingest.text(body.getBytes(StandardCharsets.UTF_8), BodyEncoding.IDENTITY, "text/plain", "test", TRACE));
  }

  public IngestResult json(String body) {
    return json(body.getBytes(StandardCharsets.UTF_8));
  }

  public IngestResult json(byte[] body) {
    return result(() -> ingest.json(body, BodyEncoding.IDENTITY, "test", TRACE));
  }

  /// All that is durable, in the order of the log's partitions.
  public List<Stored> stored() {
    var stored = new ArrayList<Stored>();
    var reader = new BatchReader();
    for (int partition = 0; partition < log.partitions(); partition++) {
      Map<Integer, LabelSet> dictionary = new HashMap<>();
      for (LogRecord record : log.records(partition)) {
        reader.read(record.bytes());
        for (int i = 0; i < reader.definitions(); i++) {
          dictionary.put(reader.definitionRef(i), reader.definitionLabels(i));
        }
        for (int i = 0; i < reader.samples(); i++) {
          stored.add(new Stored(dictionary.get(reader.refs()[i]), reader.timestampsMillis()[i], reader.valueBits()[i]));
        }
      }
    }
    return stored;
  }

  private List<BatchExtras> extras() {
    var extras = new ArrayList<BatchExtras>();
    var reader = new BatchReader();
    for (int partition = 0; partition < log.partitions(); partition++) {
      for (LogRecord record : log.records(partition)) {
        reader.read(record.bytes());
        extras.add(reader.extras());
      }
    }
    return extras;
  }

  /// All histograms that are durable, in the order of the log's partitions.
  public List<Histogram> histograms() {
    return extras().stream().flatMap(some -> some.histograms().stream()).toList();
  }

  public List<Exemplar> exemplars() {
    return extras().stream().flatMap(some -> some.exemplars().stream()).map(BatchExtras.OfSeries::exemplar).toList();
  }

  /// Start times of all samples of records that tell any.
  public List<Long> starts() {
    return extras().stream().flatMapToLong(some -> Arrays.stream(some.startsMillis())).boxed().toList();
  }

  /// The last value of each series, by its printed labels.
  public Map<String, Double> values() {
    var values = new TreeMap<String, Double>();
    var times = new HashMap<String, Long>();
    for (Stored sample : stored()) {
      String series = sample.labels().toString();
      if (times.getOrDefault(series, Long.MIN_VALUE) <= sample.timestampMillis()) {
        times.put(series, sample.timestampMillis());
        values.put(series, sample.value());
      }
    }
    return values;
  }

  public List<MetricMetadata> metadata() {
    var metadata = new ArrayList<MetricMetadata>();
    var reader = new BatchReader();
    for (int partition = 0; partition < log.partitions(); partition++) {
      for (LogRecord record : log.records(partition)) {
        reader.read(record.bytes());
        metadata.addAll(reader.metadata());
      }
    }
    return metadata;
  }
}
