package io.tidemark.log;

import io.tidemark.codec.HistogramBytes;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.Exemplar;
import io.tidemark.model.Histogram;
import io.tidemark.model.LabelBytes;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Entropy;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/// Collects samples and appends them to the log as batch records, a record for each touched partition and flush.
///
/// A series is written with its labels once in an *epoch* of this writer and as a small number, its ref, from then on. Two rules keep
/// that safe:
/// - *A definition counts only when it is durable.* Until the record that carries it is acknowledged, each further record that uses
///   the series carries the definition again. So no durable record ever depends on one that the log refused, whatever order flushes
///   end in, and nothing has to be undone after a failure.
/// - *Epochs end* by label bytes, by number of series and by age, always between two batches. A reader that lost a record to damage
///   misses the series defined there until the epoch's end and no longer.
///
/// Belongs to one loop (or one thread); only the futures end elsewhere. `find` and `add` allocate nothing and cost no hashing of
/// labels. Handles are valid until the next `flush`.
public final class BatchWriter {
  public static final int UNKNOWN = -1;
  /// The answer of `define` for a series that was not let in.
  public static final int REFUSED = -2;
  /// Longest metadata of one metric.
  public static final int METADATA_CHARS_MAX = 64 * 1024;
  private static final int DURABLE = -1;
  /// Metrics whose metadata is remembered, to write it only when it changes; others are written each time.
  private static final int KNOWN_METADATA_MAX = 50_000;
  /// Of canonical bytes. Its seeds keep it apart from hashes of received bytes, which may be equal without meaning the same labels; no
  /// sender knows them, for two label sets of one hash are one series from here on.
  private static final SeriesHash CANONICAL = new SeriesHash(Entropy.system());

  private final Log log;
  private final int writerId;
  private final BatchLimits limits;
  private final Clock clock;
  private final Metrics metrics;
  private final Partitioner partitioner;
  private final Counter samplesTotal;
  private final Counter recordsTotal;
  private final Counter definitionsTotal;
  private final Counter epochsTotal;
  private final Counter refusedTotal;

  private int epoch;
  private long epochStartNanos;
  private long epochStartMillis;
  private long epochBytes;
  private SeriesTable table = new SeriesTable();
  private final Map<String, KnownMetadata> knownMetadata = new HashMap<>();
  /// Those of the epoch.
  private KnownSeries series = new KnownSeries();
  /// For labels that come as texts.
  private final LabelBytes scratch = new LabelBytes();
  /// Refs given so far, by partition.
  private final int[] refs;

  private final PartitionBatch[] batches;
  private int recordNumber;
  private int pendingSamples;
  private final List<Sealed> sealed = new ArrayList<>();
  private long sealedBytes;
  private boolean overflowed;
  /// Whether no handle was given out since the last flush, so that an epoch may end.
  private boolean between = true;

  private final AtomicLong bytesInFlight = new AtomicLong();
  private final Queue<Durable> durable = new ConcurrentLinkedQueue<>();

  /// The request whose samples are being added.
  private Optional<Trace> tracing = Optional.empty();
  /// By partition: the requests with samples in the open record, and how many samples it had when the last one began or ended.
  private final List<List<Trace>> traces = new ArrayList<>();
  private final int[] tracedSamples;

  /// A finished record and what becomes durable with it.
  private record Sealed(int partition, byte[] record, List<Trace> traces, Durable carries) {}

  /// Definitions and metadata that one record carries.
  private record Durable(int epoch, int number, int[] handles, List<KnownMetadata> metadata) {}

  /// Says whether a series that this writer does not know may come in.
  public interface NewSeries {
    /// @param labelsHash of the canonical labels, the same in every process
    boolean admits(LabelBytes labels, long labelsHash);
  }

  /// @param writerId a number that no other writer uses, of this or another process; random
  public BatchWriter(Log log, int writerId, BatchLimits limits, Clock clock, Metrics metrics) {
    this(log, writerId, limits, clock, metrics, false);
  }

  private BatchWriter(Log log, int writerId, BatchLimits limits, Clock clock, Metrics metrics, boolean isBackfill) {
    this.log = log;
    this.writerId = writerId;
    this.limits = limits;
    this.clock = clock;
    partitioner = new Partitioner(log.partitions(), limits.windowPartitions());
    refs = new int[log.partitions()];
    batches = new PartitionBatch[log.partitions()];
    tracedSamples = new int[log.partitions()];
    for (int i = 0; i < batches.length; i++) {
      batches[i] = new PartitionBatch(isBackfill);
      traces.add(new ArrayList<>());
    }
    samplesTotal = metrics.counter("tidemark_batch_samples_total", "Samples handed to the ingest log.");
    recordsTotal = metrics.counter("tidemark_batch_records_total", "Batch records handed to the ingest log.");
    definitionsTotal = metrics.counter("tidemark_batch_definitions_total", "Series definitions written into batch records.");
    epochsTotal = metrics.counter("tidemark_batch_epochs_total", "Dictionary epochs begun by batch writers.");
    refusedTotal = metrics.counter("tidemark_batch_refused_samples_total", "Samples of flushes refused because too many bytes waited.");
    this.metrics = metrics;
    beginEpoch();
  }

  /// Another writer into the same log, whose records are marked as a backfill: shards take their samples as far back as they keep any.
  ///
  /// @param id as for the constructor
  public BatchWriter backfilling(int id) {
    return new BatchWriter(log, id, limits, clock, metrics, true);
  }

  /// The series known under a 128-bit hash, or {@link #UNKNOWN}.
  ///
  /// The hash may be of the label bytes in any encoding, as received. Callers with several encodings, or whose labels also depend on
  /// something outside those bytes (a scrape target), mix that into the hash.
  public int find(long hashHigh, long hashLow) {
    if (between) {
      beginBatch();
    }
    return table.find(hashHigh, hashLow);
  }

  /// The series that {@link #find} would find, if it comes where it came before, or {@link #UNKNOWN}. Half of a hash will do for that: it
  /// is compared with two others and not with all, so a foreign series is taken for one of them once in 2^63 times that neither is meant.
  ///
  /// @param hashHigh evenly distributed over all values, and by a seed that no sender knows
  public int guess(long hashHigh) {
    if (between) {
      beginBatch();
    }
    return table.guess(hashHigh);
  }

  /// Registers `labels` under a hash that {@link #find} did not know and returns the handle. Other encodings of the same labels get
  /// the same series.
  ///
  /// @throws TidemarkException `TOO_LARGE` for labels that fit no record, `UNAVAILABLE` when the epoch is full before a flush
  public int define(long hashHigh, long hashLow, LabelSet labels) {
    return define(hashHigh, hashLow, bytes(labels), (_, _) -> true);
  }

  /// As {@link #define(long, long, LabelSet)}, but a series that is not known under its canonical bytes either must be let in first;
  /// {@link #REFUSED}, and nothing is remembered, when it is not.
  public int define(long hashHigh, long hashLow, LabelBytes labels, NewSeries newSeries) {
    int handle = define(labels, newSeries);
    if (handle != REFUSED && table.find(hashHigh, hashLow) == UNKNOWN) {
      table.put(hashHigh, hashLow, handle);
    }
    return handle;
  }

  /// Finds or registers `labels` by their canonical bytes. Costs an encoding and a hash.
  ///
  /// @throws TidemarkException `TOO_LARGE` for labels that fit no record, `UNAVAILABLE` when the epoch is full before a flush
  public int define(LabelSet labels) {
    return define(bytes(labels), (_, _) -> true);
  }

  /// As {@link #define(LabelSet)}, but a series that is not known must be let in first; {@link #REFUSED} when it is not.
  public int define(LabelBytes labels, NewSeries newSeries) {
    if (between) {
      beginBatch();
    }
    int length = labels.length();
    long high = CANONICAL.high(labels.bytes(), 0, length);
    long low = CANONICAL.low(labels.bytes(), 0, length);
    int known = table.find(high, low);
    if (known != UNKNOWN) {
      return known;
    }
    if (length > PartitionBatch.RECORD_BYTES_TARGET) {
      throw new TidemarkException(ErrorCode.TOO_LARGE, "label set of " + length + " bytes: at most "
          + PartitionBatch.RECORD_BYTES_TARGET + " fit a batch record; drop or shorten labels");
    }
    if (series.count() >= BatchFormat.REFS_MAX) {
      throw new TidemarkException(ErrorCode.UNAVAILABLE, "batch of " + series.count() + " new series: at most " + BatchFormat.REFS_MAX
          + " fit one epoch; send smaller batches");
    }
    long labelsHash = Partitioner.hash(labels.bytes(), length);
    if (!newSeries.admits(labels, labelsHash)) {
      return REFUSED;
    }
    int handle = addSeries(Arrays.copyOf(labels.bytes(), length), partition(labels, labelsHash));
    table.put(high, low, handle);
    return handle;
  }

  private int partition(LabelBytes labels, long hash) {
    int name = labels.indexOfMetricName();
    return name < 0 ? partitioner.partition(labels.bytes(), 0, 0, hash)
        : partitioner.partition(labels.bytes(), labels.valueFrom(name), labels.valueTo(name), hash);
  }

  private LabelBytes bytes(LabelSet labels) {
    scratch.set(labels);
    return scratch;
  }

  private int addSeries(byte[] canonical, int partition) {
    epochBytes += canonical.length;
    return series.add(partition, refs[partition]++, canonical);
  }

  /// What is added from here to {@link #endTrace} belongs to the request `trace`: it is appended with every record that holds samples
  /// of it, as far as no more than {@link Trace#RECORD_MAX} requests share a record. Costs a look at each partition, nothing a sample.
  public void beginTrace(Trace trace) {
    tracing = Optional.of(trace);
    for (int i = 0; i < batches.length; i++) {
      tracedSamples[i] = batches[i].samples();
    }
  }

  /// Ends the request of {@link #beginTrace}.
  public void endTrace() {
    for (int i = 0; i < batches.length; i++) {
      noteTrace(i);
    }
    tracing = Optional.empty();
  }

  private void noteTrace(int partition) {
    List<Trace> ofRecord = traces.get(partition);
    if (tracing.isPresent() && batches[partition].samples() > tracedSamples[partition] && ofRecord.size() < Trace.RECORD_MAX) {
      ofRecord.add(tracing.get());
    }
  }

  /// Adds one sample of the series `handle`.
  public void add(int handle, long timestampMillis, double value) {
    long place = series.place(handle);
    add(defining(handle, place), place, timestampMillis, value);
  }

  /// Adds one sample whose counter began at `startMillis`, 0 for unknown.
  public void add(int handle, long timestampMillis, double value, long startMillis) {
    long place = series.place(handle);
    PartitionBatch batch = defining(handle, place);
    if (startMillis != 0) {
      batch.nextStarts(startMillis);
    }
    add(batch, place, timestampMillis, value);
  }

  /// Adds one histogram sample whose counter began at `startMillis`, 0 for unknown.
  ///
  /// @throws TidemarkException `TOO_LARGE` when it has more buckets than any format holds; it is not added then
  public void add(int handle, long timestampMillis, Histogram histogram, long startMillis) {
    long place = series.place(handle);
    PartitionBatch batch = defining(handle, place);
    if (!HistogramBytes.fits(histogram)) {
      throw new TidemarkException(ErrorCode.TOO_LARGE, "histogram with more than " + HistogramBytes.BUCKETS_MAX + " buckets or bounds");
    }
    batch.nextIs(histogram);
    if (startMillis != 0) {
      batch.nextStarts(startMillis);
    }
    add(batch, place, timestampMillis, 0);
  }

  /// Adds an exemplar of the series `handle`; it is no sample.
  public void add(int handle, Exemplar exemplar) {
    long place = series.place(handle);
    PartitionBatch batch = defining(handle, place);
    batch.exemplar(KnownSeries.ref(place), exemplar);
    sealIfFull(place, batch);
  }

  /// The batch of a series, with its definition if it needs one.
  private PartitionBatch defining(int handle, long place) {
    PartitionBatch batch = batches[KnownSeries.partition(place)];
    if (!KnownSeries.isDurable(place) && !series.isIn(batch.number, handle)) {
      batch.define(handle, KnownSeries.ref(place), series.define(handle, batch.number));
    }
    return batch;
  }

  private void add(PartitionBatch batch, long place, long timestampMillis, double value) {
    batch.add(KnownSeries.ref(place), timestampMillis, value);
    pendingSamples++;
    sealIfFull(place, batch);
  }

  private void sealIfFull(long place, PartitionBatch batch) {
    if (batch.isFull()) {
      seal(KnownSeries.partition(place));
    }
  }

  /// Adds what a producer says about a metric; written only when it differs from what is durable in this epoch.
  ///
  /// @throws TidemarkException `TOO_LARGE` for texts of more than {@link #METADATA_CHARS_MAX} characters together
  public void metadata(String metric, String type, String help, String unit) {
    if (between) {
      beginBatch();
    }
    int chars = metric.length() + type.length() + help.length() + unit.length();
    if (chars > METADATA_CHARS_MAX) {
      String name = metric.substring(0, Math.min(100, metric.length()));
      throw new TidemarkException(ErrorCode.TOO_LARGE, "metadata of metric \"" + name + "\": " + chars + " characters, at most "
          + METADATA_CHARS_MAX + "; shorten its help text");
    }
    var value = new MetricMetadata(metric, type, help, unit);
    KnownMetadata known = knownMetadata.get(metric);
    if (known != null && known.written == DURABLE && known.value.equals(value)) {
      return;
    }
    int partition = partitioner.first(metric);
    PartitionBatch batch = batches[partition];
    if (known != null && known.written == batch.number && known.value.equals(value)) {
      return;
    }
    // A fresh object for a changed text: an acknowledgement still under way speaks of the old one.
    var next = new KnownMetadata(value);
    next.written = batch.number;
    batch.metadata(next);
    if (known != null || knownMetadata.size() < KNOWN_METADATA_MAX) {
      knownMetadata.put(metric, next);
    }
    if (batch.isFull()) {
      seal(partition);
    }
  }

  public int pendingSamples() {
    return pendingSamples;
  }

  /// Appends all that was collected, at least one record for each touched partition, and completes when every one is durable.
  ///
  /// When it fails, some of the samples may be stored nevertheless; giving them again is harmless. Fails with `UNAVAILABLE`, and
  /// nothing is stored, when more bytes than {@link BatchLimits#pendingBytesMax} are collected or under way; else as
  /// {@link Log#append}. Several flushes may be under way.
  public Future<Void> flush() {
    for (int i = 0; i < batches.length; i++) {
      if (!batches[i].isEmpty()) {
        seal(i);
      }
    }
    between = true;
    int samples = pendingSamples;
    pendingSamples = 0;
    if (overflowed || sealedBytes + bytesInFlight.get() > limits.pendingBytesMax()) {
      refusedTotal.add(samples);
      sealed.clear();
      sealedBytes = 0;
      overflowed = false;
      return Future.failedFuture(new TidemarkException(ErrorCode.UNAVAILABLE, "batch of " + samples + " samples refused: more than "
          + limits.pendingBytesMax() + " bytes wait for the ingest log; send it again later"));
    }
    samplesTotal.add(samples);
    return append();
  }

  private Future<Void> append() {
    var appended = new ArrayList<Future<Void>>(sealed.size());
    for (Sealed next : sealed) {
      int bytes = next.record.length;
      bytesInFlight.addAndGet(bytes);
      recordsTotal.increment();
      definitionsTotal.add(next.carries.handles.length);
      appended.add(log.append(next.partition, next.record, next.traces).transform(done -> {
        bytesInFlight.addAndGet(-bytes);
        if (done.succeeded() && (next.carries.handles.length > 0 || !next.carries.metadata.isEmpty())) {
          durable.add(next.carries);
        }
        return done.succeeded() ? Future.succeededFuture() : Future.failedFuture(done.cause());
      }));
    }
    sealed.clear();
    sealedBytes = 0;
    return switch (appended.size()) {
      case 0 -> Future.succeededFuture();
      case 1 -> appended.getFirst();
      default -> Future.join(appended).mapEmpty();
    };
  }

  private void seal(int partition) {
    PartitionBatch batch = batches[partition];
    if (sealedBytes + bytesInFlight.get() > limits.pendingBytesMax()) {
      overflowed = true;
    }
    noteTrace(partition);
    List<Trace> ofRecord = List.copyOf(traces.get(partition));
    traces.get(partition).clear();
    tracedSamples[partition] = 0;
    // Past the bound the flush is going to fail as a whole; what is not kept now is never acknowledged.
    if (!overflowed) {
      byte[] record = batch.encode(writerId, epoch, epochStartMillis);
      sealed.add(new Sealed(partition, record, ofRecord,
          new Durable(epoch, batch.number, batch.definedHandles(), batch.writtenMetadata())));
      sealedBytes += record.length;
    }
    batch.clear(++recordNumber);
  }

  private void beginBatch() {
    between = false;
    noteDurable();
    if (epochBytes > limits.epochBytesMax() || table.entries() > 2 * limits.epochSeriesMax() || series.count() > limits.epochSeriesMax()
        || clock.nanos() - epochStartNanos > limits.epochMillisMax() * 1_000_000) {
      beginEpoch();
    }
  }

  private void noteDurable() {
    for (Durable next = durable.poll(); next != null; next = durable.poll()) {
      if (next.epoch != epoch) {
        continue;
      }
      for (int handle : next.handles) {
        series.endure(handle);
      }
      for (KnownMetadata known : next.metadata) {
        known.written = DURABLE;
      }
    }
  }

  private void beginEpoch() {
    epoch++;
    epochStartNanos = clock.nanos();
    epochStartMillis = clock.millis();
    epochBytes = 0;
    table = new SeriesTable();
    knownMetadata.clear();
    series = new KnownSeries();
    Arrays.fill(refs, 0);
    recordNumber = 0;
    for (PartitionBatch batch : batches) {
      batch.clear(++recordNumber);
    }
    epochsTotal.increment();
  }
}
