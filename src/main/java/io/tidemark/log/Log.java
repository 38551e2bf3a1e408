package io.tidemark.log;

import io.tidemark.disk.Disk;
import io.tidemark.log.segment.SegmentLog;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.stream.IntStream;

/// Durable, ordered records in a fixed number of partitions. Safe on any thread; futures complete on a thread of the log's own or on
/// the caller's Vert.x context.
///
/// A position is the 0-based number of a record within its partition. Numbers of damaged records that were quarantined are skipped
/// by readers, never given again.
public interface Log {
  int partitions();

  /// Appends one record and completes with its position once it is durable. The log owns `record` from here on.
  ///
  /// Fails with `UNAVAILABLE` when more bytes wait than the log's bound, `DISK_FULL` or `DISK_FAILED` when the disk refuses (nothing
  /// of the record is readable then), `TOO_LARGE` for a record above the format's limit.
  Future<Long> append(int partition, byte[] record);

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

  /// Allows the log to drop records before `upTo` (exclusive). It may keep them longer.
  void trim(int partition, long upTo);

  /// Ends waiting reads, makes pending appends durable and releases the files.
  Future<Void> close();

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
