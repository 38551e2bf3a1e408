package io.tidemark.log.segment;

import io.tidemark.disk.Disk;
import io.tidemark.log.Log;
import io.tidemark.log.LogRecord;
import io.tidemark.log.SegmentLogConfig;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;

/// A log in files of one machine: a folder for each partition, a file for each segment.
public final class SegmentLog implements Log {
  private final List<Partition> partitions;

  private SegmentLog(List<Partition> partitions) {
    this.partitions = List.copyOf(partitions);
  }

  /// Opens or makes the log in `folder`. Blocks; reads the newest segment of each partition, and of the others the header.
  public static SegmentLog open(SegmentLogConfig config, Path folder, Disk disk, Executor io, Clock clock, Metrics metrics) {
    var layout = new LogFolder(disk, folder);
    layout.prepare(config.partitions());
    layout.checkPlaces(config.partitions());
    var logMetrics = new LogMetrics(metrics, config.name());
    var partitions = new ArrayList<Partition>();
    for (int i = 0; i < config.partitions(); i++) {
      partitions.add(Partition.open(i, layout.partition(i), config, disk, io, clock, logMetrics));
    }
    return new SegmentLog(partitions);
  }

  @Override
  public int partitions() {
    return partitions.size();
  }

  @Override
  public Future<Long> append(int partition, byte[] record) {
    return partitions.get(partition).append(record);
  }

  @Override
  public Future<List<LogRecord>> read(int partition, long from, int bytesMax) {
    return partitions.get(partition).read(from, bytesMax);
  }

  @Override
  public long begin(int partition) {
    return partitions.get(partition).begin();
  }

  @Override
  public long end(int partition) {
    return partitions.get(partition).end();
  }

  @Override
  public boolean skip(int partition, long from, long to) {
    return partitions.get(partition).skip(from, to);
  }

  @Override
  public void trim(int partition, long upTo) {
    partitions.get(partition).trim(upTo);
  }

  @Override
  public Future<Void> close() {
    return Future.join(partitions.stream().map(Partition::close).toList()).mapEmpty();
  }
}
