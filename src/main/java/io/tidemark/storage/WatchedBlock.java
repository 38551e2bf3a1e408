package io.tidemark.storage;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.storage.block.Block;
import org.jspecify.annotations.Nullable;

/// A block that is put aside when a reader meets damage in it.
///
/// @param companion tells the block at lower resolutions; where it cannot be read, the block is
/// @param onDamage  what becomes of the read
record WatchedBlock(Block block, @Nullable Companion companion, Shard shard, OnDamage onDamage) implements SeriesPart {
  /// What a read does that meets damage.
  enum OnDamage {
    /// Fails with `CORRUPT`.
    FAIL,
    /// Goes on without the block's samples; the shard tells that they are missing, see {@link Shard#missing}.
    LEAVE_OUT
  }

  @Override
  public LabelIndex index() {
    return block;
  }

  @Override
  public void sortByLabels(int[] refs, ReadWatch watch) {
    block.sortByLabels(refs, watch);
  }

  @Override
  public LabelSet labels(int ref) {
    return block.labels(ref);
  }

  @Override
  public boolean isFar() {
    return block.isCold() || companion != null && companion.block().isCold();
  }

  @Override
  public TimeRange time() {
    return block.time();
  }

  @Override
  public boolean overlaps(long fromMillis, long toMillis) {
    return block.overlaps(fromMillis, toMillis);
  }

  @Override
  public boolean has(int ref, long fromMillis, long toMillis) {
    return block.has(ref, fromMillis, toMillis);
  }

  @Override
  public long samples() {
    return block.samples();
  }

  @Override
  public long samples(int ref, long fromMillis, long toMillis) {
    return block.samples(ref, fromMillis, toMillis);
  }

  @Override
  public void read(int ref, long fromMillis, long toMillis, SampleBuffer into) {
    int before = into.count;
    try {
      block.read(ref, fromMillis, toMillis, into);
    } catch (TidemarkException e) {
      failed(e, into, before);
    }
  }

  @Override
  public void readNewest(int ref, long fromMillis, long toMillis, SampleBuffer into) {
    int before = into.count;
    try {
      block.readNewest(ref, fromMillis, toMillis, into);
    } catch (TidemarkException e) {
      failed(e, into, before);
    }
  }

  @Override
  public boolean isDownsampled(int ref, Resolution resolution, Aspect aspect) {
    return companion != null && companion.tells(ref, resolution, aspect);
  }

  @Override
  public boolean readDownsampled(int ref, Resolution resolution, Aspect aspect, long fromMillis, long toMillis, SampleBuffer into) {
    if (companion == null) {
      return false;
    }
    int before = into.count;
    try {
      return companion.read(ref, resolution, aspect, fromMillis, toMillis, into);
    } catch (TidemarkException e) {
      companionFailed(companion, e);
      into.truncate(before);
      return false;
    }
  }

  @Override
  public boolean readCounted(int ref, Resolution resolution, Aspect edges, long fromMillis, long toMillis, SampleBuffer into,
      SampleBuffer counts) {
    if (companion == null) {
      return false;
    }
    int before = into.count;
    int countsBefore = counts.count;
    try {
      return companion.readCounted(ref, resolution, edges, fromMillis, toMillis, into, counts);
    } catch (TidemarkException e) {
      companionFailed(companion, e);
      into.truncate(before);
      counts.truncate(countsBefore);
      return false;
    }
  }

  /// Goes on without it, if the failure is its own.
  private void companionFailed(Companion which, TidemarkException e) {
    if (e.code() != ErrorCode.CORRUPT && e.code() != ErrorCode.UNAVAILABLE) {
      throw e;
    }
    shard.companionFailed(block, which, e);
  }

  @Override
  public long samples(int ref, Resolution resolution, Aspect aspect, long fromMillis, long toMillis) {
    return companion != null ? companion.samples(ref, resolution, aspect, fromMillis, toMillis)
        : block.samples(ref, fromMillis, toMillis);
  }

  private void failed(TidemarkException e, SampleBuffer into, int before) {
    if (e.code() == ErrorCode.CORRUPT) {
      shard.quarantine(block, e);
      if (onDamage == OnDamage.LEAVE_OUT) {
        into.truncate(before);
        return;
      }
    }
    throw e;
  }
}
