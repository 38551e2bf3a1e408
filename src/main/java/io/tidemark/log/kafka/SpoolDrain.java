package io.tidemark.log.kafka;

import io.tidemark.log.BatchOrigin;
import io.tidemark.log.Log;
import io.tidemark.log.LogRecord;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.time.Timers;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Brings what is in the spool to Kafka, a group of entries at a time: all partitions at once, each partition one record after the
/// other, the next only when Kafka has the one before. Behind a group stands a mark in the spool; a process that starts goes on there.
///
/// A group holds no two epochs of one writer in one partition. So what a crash brings to Kafka a second time belongs to epochs that
/// are not over there, and is understood.
///
/// One group is under way at a time, so no state is shared but `stopped`.
final class SpoolDrain {
  private static final Logger LOG = LoggerFactory.getLogger(SpoolDrain.class);
  private static final int READ_BYTES = 4 << 20;
  private static final long RETRY_MILLIS_MIN = 50;
  private static final long RETRY_MILLIS_MAX = 1_000;
  /// The spool's log has one partition.
  private static final int SPOOL = 0;

  private final String name;
  private final Direct kafka;
  private final Log spool;
  private final Timers timers;
  private final SpoolMetrics metrics;
  private final Consumer<Group> drained;
  private final Promise<Void> ended = Promise.promise();
  private volatile boolean stopped;

  /// Entries that are brought together, by partition.
  ///
  /// @param next the position after them
  record Group(Map<Integer, List<SpoolFormat.Entry.Waiting>> byPartition, long bytes, long next) {
    int records() {
      return byPartition.values().stream().mapToInt(List::size).sum();
    }

    Map<Integer, Integer> recordsByPartition() {
      var counts = new TreeMap<Integer, Integer>();
      byPartition.forEach((partition, waiting) -> counts.put(partition, waiting.size()));
      return counts;
    }
  }

  /// Told of each record that is found at the start.
  interface Found {
    void record(int partition, int bytes);
  }

  /// @param drained told of each group that is in Kafka, when its mark is durable
  SpoolDrain(String name, Direct kafka, Log spool, Timers timers, SpoolMetrics metrics, Consumer<Group> drained) {
    this.name = name;
    this.kafka = kafka;
    this.spool = spool;
    this.timers = timers;
    this.metrics = metrics;
    this.drained = drained;
  }

  /// Finds the newest mark, reports what stands behind it, and completes with where draining goes on.
  ///
  /// Fails with `BAD_DATA` for a record of a partition that Kafka does not have.
  Future<Long> recover(Found found) {
    return scan(spool.begin(SPOOL), spool.begin(SPOOL), SpoolDrain::newestMark)
        .compose(from -> scan(from, 0, (count, record) -> count + report(record, found)).map(count -> {
          if (count > 0) {
            LOG.atWarn().addKeyValue("log", name).addKeyValue("records", count).log("An earlier process left records in the spool");
          }
          return from;
        }));
  }

  private interface Step {
    long take(long before, LogRecord record);
  }

  /// Folds `step` over all entries from a position on.
  private Future<Long> scan(long from, long value, Step step) {
    if (from >= spool.end(SPOOL)) {
      return Future.succeededFuture(value);
    }
    return spool.read(SPOOL, from, READ_BYTES).compose(records -> {
      long result = value;
      for (LogRecord record : records) {
        result = step.take(result, record);
      }
      return scan(records.getLast().position() + 1, result, step);
    });
  }

  private static long newestMark(long before, LogRecord record) {
    return SpoolFormat.decode(record.position(), record.bytes()) instanceof SpoolFormat.Entry.Drained mark
        ? Math.max(before, mark.upTo()) : before;
  }

  private int report(LogRecord record, Found found) {
    if (!(SpoolFormat.decode(record.position(), record.bytes()) instanceof SpoolFormat.Entry.Waiting waiting)) {
      return 0;
    }
    if (waiting.partition() < 0 || waiting.partition() >= kafka.partitions()) {
      throw new TidemarkException(ErrorCode.BAD_DATA, "the spool of log " + name + " holds a record of partition " + waiting.partition()
          + ", but Kafka has " + kafka.partitions() + "; drain it with the former setting of log.kafka.partitions first");
    }
    found.record(waiting.partition(), record.bytes().length);
    return 1;
  }

  /// Takes entries from position `from` on as soon as there are some, for as long as the spool is open.
  void start(long from) {
    spool.read(SPOOL, from, READ_BYTES).onComplete(read -> {
      if (read.succeeded()) {
        take(read.result());
      } else if (stopped) {
        ended.tryComplete();
      } else {
        metrics.drainFailures.increment();
        LOG.atError().addKeyValue("log", name).addKeyValue("position", from).addKeyValue("reason", read.cause().getMessage())
            .log("The spool cannot be read; trying again");
        timers.after(RETRY_MILLIS_MAX, () -> start(from));
      }
    });
  }

  /// Nothing is brought from now on; {@link #ended} completes when nothing is under way.
  void stop() {
    stopped = true;
  }

  Future<Void> ended() {
    return ended.future();
  }

  private void take(List<LogRecord> entries) {
    Group group = group(entries);
    int taken = (int) entries.stream().filter(entry -> entry.position() < group.next).count();
    List<LogRecord> rest = entries.subList(taken, entries.size());
    if (group.byPartition.isEmpty()) {
      goOn(group, rest);
      return;
    }
    List<Future<Void>> bringing = new ArrayList<>();
    group.byPartition.values().forEach(waiting -> {
      Promise<Void> brought = Promise.promise();
      bring(new ArrayDeque<>(waiting), RETRY_MILLIS_MIN, brought);
      bringing.add(brought.future());
    });
    Future.join(bringing).onComplete(brought -> {
      if (brought.succeeded()) {
        mark(group, rest);
      } else {
        ended.tryComplete();
      }
    });
  }

  /// The first entries, up to where a writer's epoch changes.
  private static Group group(List<LogRecord> entries) {
    var byPartition = new TreeMap<Integer, List<SpoolFormat.Entry.Waiting>>();
    var epochs = new HashMap<Long, Integer>();
    long bytes = 0;
    for (LogRecord entry : entries) {
      if (SpoolFormat.decode(entry.position(), entry.bytes()) instanceof SpoolFormat.Entry.Waiting waiting) {
        BatchOrigin origin = BatchOrigin.of(waiting.record()).orElse(new BatchOrigin(0, 0));
        long writerInPartition = (long) waiting.partition() << 32 | Integer.toUnsignedLong(origin.writer());
        if (epochs.computeIfAbsent(writerInPartition, _ -> origin.epoch()) != origin.epoch()) {
          return new Group(byPartition, bytes, entry.position());
        }
        byPartition.computeIfAbsent(waiting.partition(), _ -> new ArrayList<>()).add(waiting);
        bytes += entry.bytes().length;
      }
    }
    return new Group(byPartition, bytes, entries.getLast().position() + 1);
  }

  /// Sends the records of one partition, each until Kafka has it. Fails only when the drain is stopped.
  private void bring(ArrayDeque<SpoolFormat.Entry.Waiting> waiting, long retryMillis, Promise<Void> brought) {
    SpoolFormat.Entry.Waiting first = waiting.peek();
    if (first == null) {
      brought.complete();
      return;
    }
    kafka.send(first.partition(), first.record(), first.traces()).onComplete(sent -> {
      if (sent.succeeded()) {
        waiting.poll();
        bring(waiting, RETRY_MILLIS_MIN, brought);
      } else if (stopped) {
        brought.fail(sent.cause());
      } else {
        metrics.drainFailures.increment();
        LOG.atDebug().addKeyValue("log", name).addKeyValue("partition", first.partition())
            .addKeyValue("reason", sent.cause().getMessage()).log("A spooled record did not reach Kafka; trying again");
        timers.after(retryMillis, () -> bring(waiting, Math.min(RETRY_MILLIS_MAX, retryMillis * 2), brought));
      }
    });
  }

  private void mark(Group group, List<LogRecord> rest) {
    spool.append(SPOOL, SpoolFormat.mark(group.next)).onComplete(marked -> {
      if (marked.failed() && !stopped) {
        // After a crash these records would come once more, over newer ones. To hold the newer ones back for a full disk would be worse.
        metrics.drainFailures.increment();
        LOG.atWarn().addKeyValue("log", name).addKeyValue("reason", marked.cause().getMessage())
            .log("The spool's mark could not be written");
      }
      drained.accept(group);
      metrics.drained.add(group.records());
      spool.trim(SPOOL, group.next);
      goOn(group, rest);
    });
  }

  private void goOn(Group group, List<LogRecord> rest) {
    if (rest.isEmpty()) {
      start(group.next);
    } else {
      take(rest);
    }
  }
}
