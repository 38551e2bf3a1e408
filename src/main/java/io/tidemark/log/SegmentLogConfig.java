package io.tidemark.log;

import io.tidemark.config.Section;

/// How a log of segmented files is kept.
///
/// @param name         what its metrics and messages call it
/// @param partitions   fixed when the folder is made
/// @param segmentBytes a segment past this size is closed and the next begun
/// @param queueBytes   bytes that may wait for the disk, over all partitions; past it appends fail with `UNAVAILABLE`
/// @param groupBytes   most bytes written and synced at once
/// @param recentBytes  bytes of the newest records kept in memory for readers, for each partition
public record SegmentLogConfig(String name, int partitions, long segmentBytes, long queueBytes, int groupBytes, long recentBytes)
    implements LogConfig {
  public static final SegmentLogConfig DEFAULT = new SegmentLogConfig("ingest", 2, 64L << 20, 128L << 20, 4 << 20, 4L << 20);
  /// Waiting readers of one partition.
  public static final int WAITING_READS_MAX = 1024;

  /// The most zeros that are written ahead in a segment.
  private static final long ROOM_BYTES_MAX = 1 << 20;

  public SegmentLogConfig {
    if (partitions < 1 || segmentBytes < 1 || queueBytes < 1 || groupBytes < 1 || recentBytes < 0) {
      throw new IllegalArgumentException("log " + name + ": partitions and sizes must be positive");
    }
  }

  /// Reads `partitions`, `segment_size`, `queue_size`, `group_size` and `recent_size` of the section `log`.
  public static SegmentLogConfig read(Section section) {
    SegmentLogConfig config = readKeys(section);
    section.done();
    return config;
  }

  static SegmentLogConfig readKeys(Section section) {
    return new SegmentLogConfig(DEFAULT.name,
        (int) section.number("partitions", DEFAULT.partitions, 1, 10_000),
        Math.max(1, section.bytes("segment_size", DEFAULT.segmentBytes)),
        Math.max(1, section.bytes("queue_size", DEFAULT.queueBytes)),
        Math.clamp(section.bytes("group_size", DEFAULT.groupBytes), 1, 64 << 20),
        section.bytes("recent_size", DEFAULT.recentBytes));
  }

  /// How many zeros are written ahead when a segment must grow.
  public int roomBytes() {
    return (int) Math.min(ROOM_BYTES_MAX, segmentBytes / 64);
  }

  @Override
  public SegmentLogConfig alerts() {
    return named("alerts", 1);
  }

  /// The same, for a log of another name and number of partitions.
  public SegmentLogConfig named(String name, int partitions) {
    return new SegmentLogConfig(name, partitions, segmentBytes, queueBytes, groupBytes, recentBytes);
  }
}
