package io.tidemark.log;

import io.tidemark.disk.Disk;
import io.tidemark.guard.Guards;
import io.tidemark.log.kafka.KafkaLog;
import io.tidemark.log.kafka.SpoolLog;
import io.tidemark.log.segment.SegmentLog;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Timers;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/// Durable, ordered records in a fixed number of partitions. Safe on any thread; futures complete on the caller's Vert.x context, and for a
/// caller without one on a thread of the log's own, which must not be held up: what is appended meanwhile waits for it.
///
/// A position is the 0-based number of a record within its partition. Numbers of damaged records that were quarantined are skipped
/// by readers, never given again. On Kafka a position is an offset.
public interface Log {
  /// The largest record, in bytes.
  int RECORD_BYTES_MAX = 32 * 1024 * 1024;
  /// The answer of {@link #append} for a record that is durable, but whose place among others is found later.
  long UNPLACED = -1;

  int partitions();

  /// Appends one record and completes with its position once it is durable, or with {@link #UNPLACED}. The log owns `record` from
  /// here on.
  ///
  /// Fails with `UNAVAILABLE` when more bytes wait than the log's bound, `DISK_FULL` or `DISK_FAILED` when the disk refuses (nothing
  /// of the record is readable then), `TOO_LARGE` for a record above the format's limit.
  Future<Long> append(int partition, byte[] record);

  /// As {@link #append(int, byte[])}, for a record that is caused by the requests `traces`, at most {@link Trace#RECORD_MAX} of them. A
  /// log that other programs read keeps them beside the record; others, as this default does, leave them away.
  default Future<Long> append(int partition, byte[] record, List<Trace> traces) {
    return append(partition, record);
  }

  /// Reads records from position `from` (inclusive) on, in order, at least one and at most about `bytesMax` bytes of them. When
  /// there is none yet the future waits for the next. Only durable records are given.
  ///
  /// Fails with `NOT_FOUND` when `from` lies before {@link #begin}, `UNAVAILABLE` when the log closes.
  Future<List<LogRecord>> read(int partition, long from, int bytesMax);

  /// The first position still kept.
  long begin(int partition);

  /// The position after the last durable record, as far as this process knows; other processes may have appended more.
  long end(int partition);

  /// The position after the last record of each partition that was durable when this was called, whoever appended it. As it stands
  /// here for a log that only this process appends to.
  default Future<long[]> ends() {
    return Future.succeededFuture(IntStream.range(0, partitions()).mapToLong(this::end).toArray());
  }

  /// Acknowledged records that no reader can have yet, because the system that the log lies in takes none; 0 otherwise.
  default long heldBack() {
    return 0;
  }

  /// Has `announce` run each time that records begin to be held back. Their acknowledgements wait for it, so that those who read can
  /// know before anybody misses something; it must end within seconds and never fail.
  default void beforeHolding(Supplier<Future<Void>> announce) {}

  /// Gives the next record the position `to`, or a higher one, when the positions from `from` on were given before, by a log that was lost:
  /// no position is to mean two records to those who keep them. Not on Kafka, where brokers give positions.
  ///
  /// @return whether nothing was appended at `from` or after it, nor is under way; else, and on Kafka, false
  default boolean skip(int partition, long from, long to) {
    return false;
  }

  /// Allows the log to drop records before `upTo` (exclusive). It may keep them longer; on Kafka the topic's retention alone decides.
  void trim(int partition, long upTo);

  /// Enters the guards of the outside systems that it talks to, for those who show them; an embedded one has none.
  default void enter(Guards guards) {}

  /// Ends waiting reads, makes pending appends durable and releases the files.
  Future<Void> close();

  /// Opens, or makes, the log that `config` asks for. Files, or the spool of a log on Kafka, lie in `folder`.
  ///
  /// Fails as the other form does; on Kafka with `BAD_DATA` when the topic exists with other settings, and with `UNAVAILABLE` when
  /// Kafka gives no answer in time.
  static Future<Log> open(LogConfig config, Path folder, Disk disk, Executor io, Timers timers, Clock clock, Metrics metrics) {
    return switch (config) {
      case SegmentLogConfig files -> open(files, folder, disk, io, clock, metrics);
      case KafkaLogConfig kafka when kafka.spoolBytesMax() == 0 -> KafkaLog.open(kafka, timers, clock, metrics).map(log -> log);
      case KafkaLogConfig kafka -> SpoolLog.open(kafka, folder.resolve("spool"), disk, io, timers, clock, metrics).map(log -> log);
    };
  }

  /// Opens, or makes, a log of segmented files in `folder`; all its file work runs on `io`.
  ///
  /// Fails with `BAD_DATA` when the folder was made for another number of partitions, `NOT_SUPPORTED` when a newer release wrote it,
  /// `CORRUPT` when what says so is damaged.
  static Future<Log> open(SegmentLogConfig config, Path folder, Disk disk, Executor io, Clock clock, Metrics metrics) {
    Promise<Log> opened = Promise.promise();
    io.execute(() -> {
      try {
        opened.complete(SegmentLog.open(config, folder, disk, io, clock, metrics));
      } catch (RuntimeException e) {
        opened.fail(e);
      }
    });
    return opened.future();
  }
}
