package io.tidemark.storage;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.storage.block.Block;
import io.tidemark.storage.head.Head;
import io.tidemark.storage.head.HeadLimits;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Makes one shard from what its directory holds. Methods block and run on a worker, one at a time.
final class ShardLoader {
  private static final Logger LOG = LoggerFactory.getLogger(ShardLoader.class);
  /// A local checkpoint this many log records behind that of the source is still the quicker one: a replay takes thousands of records
  /// a second, and needs no network.
  static final long RECORDS_BEHIND_MAX = 100_000;

  private final int partition;
  private final StorageConfig config;
  private final StorageParts parts;
  private final Offload offload;
  private final long logEnd;
  private final ShardMetrics metrics;
  private final Checkpoints checkpoints;
  private final Blocks blocks;
  private final long newest;

  /// @param logEnd the position after the log's last record, whoever appended it
  ShardLoader(int partition, StorageConfig config, StorageParts parts, Offload offload, Path directory, long logEnd) {
    this.partition = partition;
    this.config = config;
    this.parts = parts;
    this.offload = offload;
    this.logEnd = logEnd;
    metrics = new ShardMetrics(parts.metrics(), partition);
    checkpoints = new Checkpoints(parts.disk(), directory);
    blocks = new Blocks(parts.disk(), directory, parts.clock(), metrics);
    newest = checkpoints.open().stream().mapToLong(Long::longValue).max().orElse(-1);
  }

  /// Whether a checkpoint at `remote` is to be preferred to the local ones. One that the log does not reach is of a log that was lost.
  boolean isBehind(long remote) {
    return newest < 0 || remote > newest && remote <= logEnd
        && (parts.log().begin(partition) > newest || remote - newest > RECORDS_BEHIND_MAX);
  }

  /// Where a checkpoint at `position` belongs.
  Path checkpointFile(long position) {
    return checkpoints.path(position);
  }

  /// @param remote the newest checkpoint of the source, whether it was fetched or not
  /// @param cold   the blocks of the source
  /// @param end    where the log ended after these were told
  /// @throws TidemarkException `CORRUPT` when so many checkpoints were damaged, which are put aside now, that the source's is needed
  Shard load(OptionalLong remote, List<Block> cold, long end) {
    blocks.open();
    HeadLimits limits = config.headLimits(parts.log().partitions());
    String shard = String.valueOf(partition);
    List<Long> positions = checkpoints.open();
    for (long position : positions.reversed()) {
      if (position < newest) {
        checkReplay(position, remote);
      }
      var head = new Head(offload.loop(), limits, parts.entropy(), parts.metrics(), shard);
      try {
        return shard(head, goOn(checkpoints.read(position, head, config.windowMillis()), cold, end), cold);
      } catch (TidemarkException e) {
        if (e.code() != ErrorCode.CORRUPT) {
          throw e;
        }
        metrics.damagedCheckpoints.increment();
        LOG.atError().addKeyValue("shard", partition).addKeyValue("position", position).addKeyValue("reason", e.getMessage())
            .log("A checkpoint is damaged and put aside; an older one takes its place, or what the log still has");
        checkpoints.quarantine(position);
      }
    }
    if (!positions.isEmpty()) {
      checkReplay(-1, remote);
    }
    long begin = parts.log().begin(partition);
    if (begin > 0) {
      metrics.lostCheckpoints.increment();
      LOG.atError().addKeyValue("shard", partition).addKeyValue("position", begin)
          .log("A shard has no checkpoint, and the log no longer has its first records; what is in no block is lost");
    } else {
      LOG.atInfo().addKeyValue("shard", partition).log("A shard has no checkpoint and begins where the log does");
    }
    return shard(new Head(offload.loop(), limits, parts.entropy(), parts.metrics(), shard), goOn(begin, cold, end), cold);
  }

  /// Refuses to go on from an older position than was wanted, when the log has forgotten what comes after it and the source has not.
  private void checkReplay(long position, OptionalLong remote) {
    if (remote.isPresent() && remote.getAsLong() > position && parts.log().begin(partition) > position) {
      throw new TidemarkException(ErrorCode.CORRUPT, "shard " + partition + ": its newest checkpoint is damaged and put aside, and the log "
          + "begins at " + parts.log().begin(partition) + ", after the next one; the next try begins from that of the source at "
          + remote.getAsLong());
    }
  }

  private Shard shard(Head head, long position, List<Block> cold) {
    blocks.show(cold);
    return new Shard(partition, config, parts, offload, checkpoints, blocks, metrics, head, position, logEnd);
  }

  /// Where to go on, from `position` if the log reaches all that is known. A log that ends before was lost or replaced: its next records
  /// must not be passed over, neither now nor at a later start, nor have positions of which blocks and checkpoints tell already.
  private long goOn(long position, List<Block> cold, long end) {
    long known = Stream.concat(blocks.local().stream(), cold.stream()).mapToLong(block -> block.name().position())
        .reduce(position, Math::max);
    if (known <= end) {
      return position;
    }
    metrics.lostLogs.increment();
    LOG.atError().addKeyValue("shard", partition).addKeyValue("known", known).addKeyValue("log_end", end)
        .log("The log ends before what checkpoints and blocks tell of: it was lost or replaced. It goes on behind that");
    boolean isFree = parts.log().skip(partition, end, known);
    if (position <= end) {
      return position;
    }
    if (isFree) {
      return known;
    }
    checkpoints.moveBack(position, end);
    return end;
  }
}
