package io.tidemark.log;

import io.tidemark.config.Section;

/// How much a `BatchWriter` may keep.
///
/// @param epochBytesMax     label bytes defined in one epoch; past it the next batch starts a new one
/// @param epochSeriesMax    series and hashes known in one epoch, at most half of the format's 2²⁴ refs
/// @param epochMillisMax    age of an epoch
/// @param pendingBytesMax   bytes collected or on their way to the log; past it `flush` fails with `UNAVAILABLE`
/// @param windowPartitions  partitions over which one metric name spreads; 0 for all
public record BatchLimits(long epochBytesMax, int epochSeriesMax, long epochMillisMax, long pendingBytesMax, int windowPartitions) {
  /// Shards keep samples in windows of this length, which begin at its multiples.
  public static final long WINDOW_MILLIS = 2 * 3_600_000L;
  /// The times of one record are in this many windows at most: a shard closes windows between records only, and has no more than
  /// `storage.head_windows_max` open.
  public static final int RECORD_WINDOWS_MAX = 64;
  /// The longest age of an epoch that shards reckon with when they forget silent writers.
  private static final long EPOCH_MILLIS_LIMIT = 24 * 3_600_000L;
  public static final BatchLimits DEFAULT = new BatchLimits(256L << 20, 2_000_000, 3_600_000, 128L << 20, 0);

  public BatchLimits {
    if (epochBytesMax < 1 || epochSeriesMax < 1 || epochSeriesMax > BatchFormat.REFS_MAX / 2 || epochMillisMax < 1 || pendingBytesMax < 1
        || windowPartitions < 0) {
      throw new IllegalArgumentException("batch limits must be positive, epochSeriesMax at most " + BatchFormat.REFS_MAX / 2);
    }
  }

  /// Reads `epoch_bytes`, `epoch_series`, `epoch_age`, `pending_bytes` and `window` of the section `batch`.
  ///
  /// @param log a log of this machine spreads the series of a name over all its cores; in a cluster a name lies in one partition
  ///            unless told otherwise, so that a query asks one node
  public static BatchLimits read(Section section, LogConfig log) {
    int window = switch (log) {
      case SegmentLogConfig _ -> DEFAULT.windowPartitions;
      case KafkaLogConfig _ -> 1;
    };
    var limits = new BatchLimits(
        Math.max(1, section.bytes("epoch_bytes", DEFAULT.epochBytesMax)),
        (int) section.number("epoch_series", DEFAULT.epochSeriesMax, 1, BatchFormat.REFS_MAX / 2),
        epochMillis(section),
        Math.max(1, section.bytes("pending_bytes", DEFAULT.pendingBytesMax)),
        (int) section.number("window", window, 0, 100_000));
    section.done();
    return limits;
  }

  private static long epochMillis(Section section) {
    long millis = section.durationMillis("epoch_age", DEFAULT.epochMillisMax);
    if (millis < 1 || millis > EPOCH_MILLIS_LIMIT) {
      section.problem("epoch_age",
          "batch.epoch_age: expected more than 0 and at most 24h, because a shard forgets the series of older epochs");
      return DEFAULT.epochMillisMax;
    }
    return millis;
  }
}
