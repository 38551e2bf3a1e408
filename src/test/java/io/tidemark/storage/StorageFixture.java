package io.tidemark.storage;

import io.tidemark.disk.CrashingDisk;
import io.tidemark.log.BatchLimits;
import io.tidemark.log.BatchWriter;
import io.tidemark.model.Exemplar;
import io.tidemark.model.Histogram;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.TimeRange;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Entropy;
import io.tidemark.time.VirtualTime;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// A storage on virtual time over a disk that crashes and a log that does not.
public final class StorageFixture {
  static final Path DIRECTORY = Path.of("/data/storage");
  /// When the clock starts; tests use timestamps of the days before.
  public static final long NOW = 1_704_067_200_000L + 48 * 3_600_000L;
  public final VirtualTime time;
  final CrashingDisk disk;
  final MemoryLog log;
  StorageConfig config;
  Metrics metrics = new Metrics();
  ShardSource source = ShardSource.NONE;
  ShardEvents events = ShardEvents.NONE;
  private BatchWriter writer;
  private int writers;
  public Storage storage;

  public StorageFixture(long seed, int partitions, StorageConfig config) {
    time = new VirtualTime(seed, NOW);
    disk = new CrashingDisk(seed);
    log = new MemoryLog(partitions);
    this.config = config;
    newWriter();
  }

  /// Another node that follows the same log.
  StorageFixture(long seed, StorageFixture peer) {
    time = new VirtualTime(seed, NOW);
    disk = new CrashingDisk(seed);
    log = peer.log;
    config = peer.config;
    newWriter();
  }

  void newWriter() {
    writer = new BatchWriter(log, ++writers, BatchLimits.DEFAULT, time, metrics);
  }

  /// What is added from here on is marked as brought in later, until {@link #newWriter}.
  void backfilling() {
    writer = writer.backfilling(++writers);
  }

  public StorageFixture open() {
    openEmpty();
    storage.own(IntStream.range(0, log.partitions()).boxed().collect(Collectors.toSet()));
    time.runUntil(() -> storage.applied().size() == log.partitions());
    return this;
  }

  /// Opens a storage that has no shards yet.
  StorageFixture openEmpty() {
    metrics = new Metrics();
    storage = Storage.open(config, new StorageParts(DIRECTORY, disk, log, shard -> time.loop("shard " + shard), time.executor(), time,
        Entropy.seeded(1), metrics, source, events));
    return this;
  }

  public <T> T await(Future<T> future) {
    time.runUntil(future::isComplete);
    if (future.failed()) {
      throw new AssertionError(future.cause());
    }
    return future.result();
  }

  public void add(LabelSet labels, long timestampMillis, double value) {
    writer.add(writer.define(labels), timestampMillis, value);
  }

  public void add(LabelSet labels, long timestampMillis, double value, long startMillis) {
    writer.add(writer.define(labels), timestampMillis, value, startMillis);
  }

  public void add(LabelSet labels, long timestampMillis, Histogram histogram, long startMillis) {
    writer.add(writer.define(labels), timestampMillis, histogram, startMillis);
  }

  void add(LabelSet labels, Exemplar exemplar) {
    writer.add(writer.define(labels), exemplar);
  }

  void metadata(String metric, String type, String help, String unit) {
    writer.metadata(metric, type, help, unit);
  }

  /// Deletes samples of the series that pass the matchers.
  public void delete(TimeRange range, Matcher... matchers) {
    await(new Eraser(log, time, new Metrics(), () -> 0).erase(List.of(List.of(matchers)), range));
  }

  /// Makes what was added durable in the log.
  public void flush() {
    await(writer.flush());
  }

  /// {@link #flush}, then waits until all of it can be read.
  public void settle() {
    flush();
    await(storage.caughtUp());
  }

  /// Ends the process without a power cut.
  void kill() {
    time.crash();
    log.forgetReaders();
    disk.kill();
  }

  /// Ends the process by a power cut.
  void crash(long seed) {
    time.crash();
    log.forgetReaders();
    disk.crash(seed);
  }

  /// Ends the process by a power cut and opens the storage again, by another when the start dies too.
  void restart(Random random) {
    for (boolean isOpen = false; !isOpen;) {
      crash(random.nextLong());
      isOpen = survivesOpen();
    }
  }

  private boolean survivesOpen() {
    try {
      open();
      return true;
    } catch (CrashingDisk.Died e) {
      return false;
    }
  }

  /// All samples of the series that match, by labels and time, as raw bits.
  Map<LabelSet, TreeMap<Long, Long>> read(TimeRange range, Matcher... matchers) {
    var result = new TreeMap<LabelSet, TreeMap<Long, Long>>();
    try (Selection selection = storage.now().select(List.of(matchers), range, Integer.MAX_VALUE)) {
      var buffer = new SampleBuffer();
      for (int i = 0; i < selection.count(); i++) {
        selection.read(i, buffer);
        var samples = new TreeMap<Long, Long>();
        for (int j = 0; j < buffer.count; j++) {
          if (j > 0 && buffer.timestampsMillis[j - 1] >= buffer.timestampsMillis[j]) {
            throw new AssertionError("not ascending: " + buffer.timestampsMillis[j - 1] + ", " + buffer.timestampsMillis[j]);
          }
          samples.put(buffer.timestampsMillis[j], Double.doubleToRawLongBits(buffer.values[j]));
        }
        if (!samples.isEmpty()) {
          result.put(selection.labels(i), samples);
        }
      }
    }
    return result;
  }

  /// What a read of everything says that it lacks.
  List<String> warnings() {
    try (SeriesView view = storage.now()) {
      view.select(List.of(new Matcher(LabelSet.NAME, Matcher.Op.NOT_EQUAL, "")), TimeRange.ALL, Integer.MAX_VALUE).close();
      return view.warnings();
    }
  }

  Map<LabelSet, TreeMap<Long, Long>> readAll() {
    return read(TimeRange.ALL, new Matcher(LabelSet.NAME, Matcher.Op.NOT_EQUAL, ""));
  }

  /// All samples of all series within a range, histograms and start times too, as texts that tell every bit. Checks on the way that the
  /// newest sample alone is the last of all.
  Map<LabelSet, TreeMap<Long, String>> readTexts(TimeRange range) {
    var result = new TreeMap<LabelSet, TreeMap<Long, String>>();
    try (Selection all = storage.now().select(List.of(new Matcher(LabelSet.NAME, Matcher.Op.NOT_EQUAL, "")), range, Integer.MAX_VALUE)) {
      var buffer = new SampleBuffer();
      for (int i = 0; i < all.count(); i++) {
        all.read(i, buffer);
        TreeMap<Long, String> samples = texts(buffer);
        all.readNewest(i, buffer);
        if (!texts(buffer).equals(samples.isEmpty() ? samples : new TreeMap<>(Map.ofEntries(samples.lastEntry())))) {
          throw new AssertionError(all.labels(i) + ": newest is " + texts(buffer) + ", of " + samples + " within " + range);
        }
        if (!samples.isEmpty()) {
          result.put(all.labels(i), samples);
        }
      }
    }
    return result;
  }

  private static TreeMap<Long, String> texts(SampleBuffer buffer) {
    var samples = new TreeMap<Long, String>();
    for (int j = 0; j < buffer.count; j++) {
      Histogram histogram = buffer.hasHistograms() ? buffer.histograms[j] : null;
      long start = buffer.hasStarts() ? buffer.startsMillis[j] : 0;
      samples.put(buffer.timestampsMillis[j], histogram == null ? text(buffer.values[j], start) : text(histogram, start));
    }
    return samples;
  }

  static String text(double value, long startMillis) {
    return Long.toHexString(Double.doubleToRawLongBits(value)) + " from " + startMillis;
  }

  static String text(Histogram histogram, long startMillis) {
    String text = histogram.toString();
    // The record tells an array by where it lies. What was known of the sample before goes with that sample.
    return text.substring(0, text.indexOf(", customBounds=")) + Arrays.toString(histogram.customBounds())
        + (histogram.reset() == Histogram.Reset.GAUGE ? " gauge" : "") + " from " + startMillis;
  }

  /// The value of one of the storage's own metrics, summed over its labels.
  double metric(String name) {
    return metrics.print().lines().filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1))).sum();
  }
}
