package io.tidemark.log.kafka;

import io.tidemark.disk.Disk;
import io.tidemark.guard.Guards;
import io.tidemark.log.BatchOrigin;
import io.tidemark.log.KafkaLogConfig;
import io.tidemark.log.Log;
import io.tidemark.log.LogRecord;
import io.tidemark.log.SegmentLogConfig;
import io.tidemark.log.Trace;
import io.tidemark.log.segment.Replies;
import io.tidemark.log.segment.SegmentLog;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Timers;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/// A log on Kafka whose appends go on while Kafka is away: they are made durable on the local disk, acknowledged, and brought to Kafka
/// afterwards. Safe on any thread; reads are Kafka's.
///
/// **Order.** A batch record leans on earlier records of its writer: series defined there, and a later epoch ends an earlier one. So
/// records of one partition must reach Kafka in the order of their appends, as far as they were acknowledged. Three rules keep it:
/// - *Nothing overtakes the spool.* An append goes to Kafka directly only if nothing of its partition is in the spool or on its way
///   there; else it goes behind.
/// - *Nothing is spooled before what was sent earlier is decided.* When a direct append fails, those sent after it may still succeed.
///   It waits until all of them are decided, and further appends wait behind it. If a later one did reach Kafka, the failed one is
///   refused, because its place is gone; else all are spooled in their order. That takes no longer than an append's deadline.
/// - *A partition is drained one record after the other*, see {@link SpoolDrain}.
///
/// **Twice.** A record that Kafka got but did not confirm comes again from the spool, and after a crash so do those since the last
/// mark. What stands between the two copies is either not acknowledged, or comes again as well, in its order. Last write wins, so
/// that is harmless as long as no epoch ends in between, because then the second copy of a record that leans on earlier ones is not
/// understood: of several failed appends only those of the newest epoch are spooled, and no mark spans two epochs.
///
/// **Position.** A spooled append completes with {@link Log#UNPLACED}. A query that waits for {@link #ends} does not wait for the
/// spool: what is in it is not in the log yet. That is announced before the first of them is acknowledged.
public final class SpoolLog implements Log {
  private static final int SEGMENT_BYTES = 32 << 20;
  private static final int GROUP_BYTES = 4 << 20;

  private final KafkaLogConfig config;
  private final Direct kafka;
  private final SegmentLog spool;
  private final SpoolMetrics metrics;
  private final SpoolDrain drain;
  private final Promise<Void> closed = Promise.promise();

  // Guarded by this.
  private final Line[] lines;
  /// Bytes that wait in memory for earlier appends of their partition.
  private long heldBytes;
  private long spooledRecords;
  private long spooledBytes;
  private long undecided;
  private boolean closing;
  private Supplier<Future<Void>> announce = Future::succeededFuture;
  /// That records are held back was announced; anew each time that the spool was empty.
  private Future<Void> announced = Future.succeededFuture();
  private final Promise<Void> decided = Promise.promise();

  private enum State { SENT, FAILED, HELD }

  /// An append that is not decided yet.
  private static final class Append {
    final int partition;
    final byte[] record;
    final List<Trace> traces;
    final Promise<Long> promise = Replies.promise();
    State state;
    TidemarkException failure;

    Append(int partition, byte[] record, List<Trace> traces) {
      this.partition = partition;
      this.record = record;
      this.traces = traces;
    }
  }

  /// The appends of one partition.
  private static final class Line {
    /// In their order; those that wait stand behind those that were sent.
    final ArrayDeque<Append> open = new ArrayDeque<>();
    /// How many of `open` are failed or held.
    int waiting;
    /// Records of this partition in the spool that are not in Kafka.
    long spooled;
  }

  private SpoolLog(KafkaLogConfig config, Direct kafka, SegmentLog spool, Timers timers, Metrics metrics) {
    this.config = config;
    this.kafka = kafka;
    this.spool = spool;
    lines = new Line[kafka.partitions()];
    for (int i = 0; i < lines.length; i++) {
      lines[i] = new Line();
    }
    this.metrics = new SpoolMetrics(metrics, config.name(), this::spooledBytes, this::heldBack, config.spoolBytesMax());
    drain = new SpoolDrain(config.name(), kafka, spool, timers, this.metrics, this::drained);
  }

  /// Opens the log on Kafka and the spool in `folder`, and begins to drain what an earlier process left there.
  ///
  /// Fails as {@link KafkaLog#open}, and with `CORRUPT` or `NOT_SUPPORTED` for a spool that cannot be read.
  public static Future<SpoolLog> open(KafkaLogConfig config, Path folder, Disk disk, Executor io, Timers timers, Clock clock,
      Metrics metrics) {
    return KafkaLog.open(config, timers, clock, metrics).compose(kafka -> open(config, kafka, folder, disk, io, timers, clock, metrics)
        .recover(e -> kafka.close().transform(_ -> Future.failedFuture(e))));
  }

  static Future<SpoolLog> open(KafkaLogConfig config, Direct kafka, Path folder, Disk disk, Executor io, Timers timers, Clock clock,
      Metrics metrics) {
    Promise<SegmentLog> opened = Promise.promise();
    var files = new SegmentLogConfig(config.name() + "-spool", 1, SEGMENT_BYTES, config.producing().inFlightBytesMax(), GROUP_BYTES,
        GROUP_BYTES);
    io.execute(() -> {
      try {
        opened.complete(SegmentLog.open(files, folder, disk, io, clock, metrics));
      } catch (RuntimeException e) {
        opened.fail(e);
      }
    });
    return opened.future().compose(spool -> {
      var log = new SpoolLog(config, kafka, spool, timers, metrics);
      return log.drain.recover(log::found).map(from -> {
        log.drain.start(from);
        return log;
      }).recover(e -> spool.close().transform(_ -> Future.failedFuture(e)));
    });
  }

  // ---- append

  @Override
  public Future<Long> append(int partition, byte[] record) {
    return append(partition, record, List.of());
  }

  @Override
  public Future<Long> append(int partition, byte[] record, List<Trace> traces) {
    var append = new Append(partition, record, traces);
    Runnable then;
    synchronized (this) {
      if (closing) {
        return Future.failedFuture(unavailable(partition, "the log is closing"));
      }
      Line line = lines[partition];
      if (!line.open.isEmpty() && (line.waiting > 0 || !kafka.isAvailable())) {
        if (heldBytes + record.length > config.producing().inFlightBytesMax()) {
          return Future.failedFuture(unavailable(partition, "more than " + config.producing().inFlightBytesMax()
              + " bytes wait to be spooled; send again later"));
        }
        append.state = State.HELD;
        heldBytes += record.length;
        line.waiting++;
        line.open.add(append);
        undecided++;
        return append.promise.future();
      }
      // With an empty spool nobody else would try whether Kafka is back.
      undecided++;
      if (line.spooled > 0 || !kafka.isAvailable() && spooledRecords > 0) {
        then = spool(append);
      } else {
        append.state = State.SENT;
        line.open.add(append);
        then = () -> send(append);
      }
    }
    then.run();
    return append.promise.future();
  }

  private void send(Append append) {
    kafka.send(append.partition, append.record, append.traces).onComplete(result -> {
      if (result.succeeded()) {
        sent(append, result.result());
      } else {
        failed(append, (TidemarkException) result.cause());
      }
    });
  }

  private TidemarkException unavailable(int partition, String reason) {
    return new TidemarkException(ErrorCode.UNAVAILABLE,
        "Kafka topic " + config.topic().name() + ", partition " + partition + ": " + reason);
  }

  private void sent(Append append, long position) {
    var overtaken = new ArrayList<Append>();
    List<Runnable> then;
    synchronized (this) {
      Line line = lines[append.partition];
      for (Iterator<Append> all = line.open.iterator(); all.hasNext();) {
        Append earlier = all.next();
        if (earlier == append) {
          all.remove();
          break;
        }
        if (earlier.state == State.FAILED) {
          all.remove();
          line.waiting--;
          heldBytes -= earlier.record.length;
          overtaken.add(earlier);
        }
      }
      then = settle(line);
    }
    end(append, position);
    then.forEach(Runnable::run);
    for (Append earlier : overtaken) {
      metrics.overtaken.increment();
      end(earlier, earlier.failure);
    }
  }

  private void failed(Append append, TidemarkException failure) {
    boolean isAnswer = failure.code() != ErrorCode.UNAVAILABLE;
    List<Runnable> then;
    synchronized (this) {
      Line line = lines[append.partition];
      if (isAnswer) {
        line.open.remove(append);
      } else {
        append.state = State.FAILED;
        append.failure = failure;
        line.waiting++;
        heldBytes += append.record.length;
      }
      then = settle(line);
    }
    if (isAnswer) {
      end(append, failure);
    }
    then.forEach(Runnable::run);
  }

  /// Spools what waits, once nothing that was sent is undecided. What it returns is to be run without the lock.
  private List<Runnable> settle(Line line) {
    if (line.waiting == 0 || line.waiting < line.open.size()) {
      return List.of();
    }
    Set<Append> ended = ofEndedEpochs(line);
    var then = new ArrayList<Runnable>();
    for (Append append : line.open) {
      heldBytes -= append.record.length;
      if (ended.contains(append)) {
        metrics.overtaken.increment();
        then.add(() -> end(append, append.failure));
      } else {
        then.add(spool(append));
      }
    }
    line.open.clear();
    line.waiting = 0;
    return then;
  }

  /// Failed appends whose writer began another epoch with one that failed later: if that one is in Kafka nevertheless, they would not be
  /// understood behind it.
  private static Set<Append> ofEndedEpochs(Line line) {
    var ended = new HashSet<Append>();
    var newest = new HashMap<Integer, Integer>();
    for (Iterator<Append> all = line.open.descendingIterator(); all.hasNext();) {
      Append append = all.next();
      if (append.state == State.FAILED) {
        BatchOrigin.of(append.record).ifPresent(origin -> {
          if (newest.computeIfAbsent(origin.writer(), _ -> origin.epoch()) != origin.epoch()) {
            ended.add(append);
          }
        });
      }
    }
    return ended;
  }

  /// Queues an append for the disk; under the lock, because that settles its order. What it returns is to be run without.
  private Runnable spool(Append append) {
    byte[] entry = SpoolFormat.encode(append.partition, append.traces, append.record);
    if (spooledBytes + entry.length > config.spoolBytesMax()) {
      metrics.refused.increment();
      TidemarkException full = unavailable(append.partition, "Kafka is away and the spool is full, it holds " + spooledBytes + " of "
          + config.spoolBytesMax() + " bytes (log.spool.size); send again when Kafka is back");
      return () -> end(append, full);
    }
    if (spooledRecords == 0) {
      announced = announce.get();
    }
    Line line = lines[append.partition];
    line.spooled++;
    spooledRecords++;
    spooledBytes += entry.length;
    Future<Void> told = announced;
    Future<Long> durable = spool.append(0, entry).compose(position -> told.map(position));
    return () -> durable.onComplete(result -> {
      if (result.succeeded()) {
        metrics.spooled.increment();
        end(append, UNPLACED);
        return;
      }
      synchronized (this) {
        line.spooled--;
        spooledRecords--;
        spooledBytes -= entry.length;
      }
      end(append, Failures.of("spool of log " + config.name(), result.cause()));
    });
  }

  private void end(Append append, long position) {
    Replies.complete(append.promise, position);
    noteDecided();
  }

  private void end(Append append, TidemarkException failure) {
    Replies.fail(append.promise, failure);
    noteDecided();
  }

  private void noteDecided() {
    boolean last;
    synchronized (this) {
      undecided--;
      last = closing && undecided == 0;
    }
    if (last) {
      decided.tryComplete();
    }
  }

  /// Counts a record that an earlier process left in the spool.
  private synchronized void found(int partition, int bytes) {
    lines[partition].spooled++;
    spooledRecords++;
    spooledBytes += bytes;
  }

  private synchronized void drained(SpoolDrain.Group group) {
    group.recordsByPartition().forEach((partition, records) -> lines[partition].spooled -= records);
    spooledRecords -= group.records();
    spooledBytes -= group.bytes();
  }

  @Override
  public synchronized long heldBack() {
    return spooledRecords;
  }

  @Override
  public synchronized void beforeHolding(Supplier<Future<Void>> announce) {
    this.announce = announce;
  }

  private synchronized long spooledBytes() {
    return spooledBytes;
  }

  // ---- the rest is Kafka's

  @Override
  public int partitions() {
    return kafka.partitions();
  }

  @Override
  public Future<List<LogRecord>> read(int partition, long from, int bytesMax) {
    return kafka.read(partition, from, bytesMax);
  }

  @Override
  public long begin(int partition) {
    return kafka.begin(partition);
  }

  @Override
  public long end(int partition) {
    return kafka.end(partition);
  }

  @Override
  public Future<long[]> ends() {
    return kafka.ends();
  }

  @Override
  public void trim(int partition, long upTo) {
    kafka.trim(partition, upTo);
  }

  @Override
  public void enter(Guards guards) {
    kafka.enter(guards);
  }

  /// Decides all appends, and closes both logs. What is in the spool stays there for the next start.
  @Override
  public Future<Void> close() {
    boolean first;
    synchronized (this) {
      first = !closing;
      closing = true;
      drain.stop();
      if (undecided == 0) {
        decided.tryComplete();
      }
    }
    if (first) {
      Future.join(kafka.close(), decided.future()).transform(kafkaClosed -> spool.close().transform(spoolClosed ->
          Future.join(drain.ended(), kafkaClosed.succeeded() ? spoolClosed(spoolClosed.cause()) : spoolClosed(kafkaClosed.cause()))))
          .<Void>mapEmpty().onComplete(closed);
    }
    return closed.future();
  }

  private static Future<Void> spoolClosed(Throwable failure) {
    return failure == null ? Future.succeededFuture() : Future.failedFuture(failure);
  }
}
