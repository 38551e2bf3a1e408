package io.tidemark.storage;

import io.tidemark.config.Section;
import io.tidemark.log.BatchLimits;
import io.tidemark.storage.head.HeadLimits;

/// The section `storage`.
///
/// @param retentionMillis          age, measured from the newest sample, after which a block goes; `Long.MAX_VALUE` for never
/// @param sizeMaxBytes             bytes of the blocks of all shards of a process above which the oldest go; `Long.MAX_VALUE` for any
/// @param outOfOrderMillis         how much older than its series' newest sample one may be; `Long.MAX_VALUE` for any
/// @param windowMillis             length of the windows that become blocks; fixed at 2 h, shorter in tests only
/// @param blockMillisMax           longest time that compaction puts into one block
/// @param checkpointMillis         time between checkpoints of a head that changes
/// @param headWindowsMax           windows a shard holds in memory at once
/// @param exemplarsMax             exemplars that a log's shards keep in memory together, as many each; 0 for none
/// @param scrub                    how blocks are read to find damage
public record StorageConfig(long retentionMillis, long sizeMaxBytes, long outOfOrderMillis, long windowMillis, long blockMillisMax,
    long checkpointMillis, int headWindowsMax, int exemplarsMax, ScrubConfig scrub) {
  private static final long HOUR = 3_600_000;
  private static final int EXEMPLARS_MAX = 100_000;
  /// A quarter may stay open from record to record, and one record opens as many as it may touch.
  private static final int HEAD_WINDOWS_MIN = 2 * BatchLimits.RECORD_WINDOWS_MAX;
  /// Less is a slip, such as a number without a unit, or 0 for no bound as elsewhere: it would delete nearly everything.
  private static final long SIZE_BYTES_MIN = 1 << 20;
  public static final StorageConfig DEFAULT =
      new StorageConfig(15 * 24 * HOUR, Long.MAX_VALUE, HOUR, BatchLimits.WINDOW_MILLIS, 24 * HOUR, 300_000, 512);

  /// With the default bound of exemplars.
  public StorageConfig(long retentionMillis, long sizeMaxBytes, long outOfOrderMillis, long windowMillis, long blockMillisMax,
      long checkpointMillis, int headWindowsMax) {
    this(retentionMillis, sizeMaxBytes, outOfOrderMillis, windowMillis, blockMillisMax, checkpointMillis, headWindowsMax, EXEMPLARS_MAX);
  }

  /// With the default scrub.
  public StorageConfig(long retentionMillis, long sizeMaxBytes, long outOfOrderMillis, long windowMillis, long blockMillisMax,
      long checkpointMillis, int headWindowsMax, int exemplarsMax) {
    this(retentionMillis, sizeMaxBytes, outOfOrderMillis, windowMillis, blockMillisMax, checkpointMillis, headWindowsMax, exemplarsMax,
        ScrubConfig.DEFAULT);
  }

  public StorageConfig {
    if (retentionMillis < 1 || sizeMaxBytes < 0 || outOfOrderMillis < 0 || windowMillis < 60_000 || windowMillis > 24 * HOUR
        || blockMillisMax < windowMillis || checkpointMillis < 1 || headWindowsMax < 2 || exemplarsMax < 0) {
      throw new IllegalArgumentException("storage limits out of bounds: retention " + retentionMillis + ", window " + windowMillis
          + ", block " + blockMillisMax + ", checkpoint " + checkpointMillis);
    }
  }

  /// Reads the section; what is wrong goes to its problems, with the default in its place.
  public static StorageConfig read(Section section) {
    long retention = section.durationMillisOrUnlimited("retention", DEFAULT.retentionMillis);
    long size = section.bytes("size_max", DEFAULT.sizeMaxBytes);
    long outOfOrder = section.durationMillisOrUnlimited("out_of_order_window", DEFAULT.outOfOrderMillis);
    long block = section.durationMillis("block_duration_max", DEFAULT.blockMillisMax);
    long checkpoint = section.durationMillis("checkpoint_interval", DEFAULT.checkpointMillis);
    long exemplars = section.number("exemplars_max", EXEMPLARS_MAX, 0, 100_000_000);
    long windows = section.number("head_windows_max", DEFAULT.headWindowsMax, HEAD_WINDOWS_MIN, 100_000);
    if (retention < HOUR) {
      section.problem("retention", "storage.retention: expected at least 1h");
      retention = DEFAULT.retentionMillis;
    }
    if (size < SIZE_BYTES_MIN) {
      section.problem("size_max", "storage.size_max: expected at least 1MiB, or unlimited for no bound");
      size = DEFAULT.sizeMaxBytes;
    }
    if (block < DEFAULT.windowMillis) {
      section.problem("block_duration_max", "storage.block_duration_max: expected at least 2h");
      block = DEFAULT.blockMillisMax;
    }
    if (checkpoint < 1_000) {
      section.problem("checkpoint_interval", "storage.checkpoint_interval: expected at least 1s");
      checkpoint = DEFAULT.checkpointMillis;
    }
    ScrubConfig scrub = ScrubConfig.read(section);
    section.done();
    return new StorageConfig(retention, size, outOfOrder, DEFAULT.windowMillis, block, checkpoint, (int) windows, (int) exemplars, scrub);
  }

  /// The same, with the age and size of blocks left to a {@link Tier}.
  public StorageConfig withTier() {
    return new StorageConfig(Long.MAX_VALUE, Long.MAX_VALUE, outOfOrderMillis, windowMillis, blockMillisMax, checkpointMillis,
        headWindowsMax, exemplarsMax, scrub);
  }

  /// How far behind its series' newest sample one may be: nothing is taken that retention would delete at once.
  long acceptedMillis() {
    return Math.min(outOfOrderMillis, retentionMillis);
  }

  /// What the head of one of a log's `partitions` keeps to.
  HeadLimits headLimits(int partitions) {
    int exemplars = (exemplarsMax + partitions - 1) / partitions;
    return new HeadLimits(windowMillis, acceptedMillis(), retentionMillis, headWindowsMax, exemplars);
  }
}
