package io.tidemark.storage;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.storage.block.Block;

/// A block that is put aside when a reader meets damage in it.
///
/// @param onDamage what becomes of the read
record WatchedBlock(Block block, Shard shard, OnDamage onDamage) implements SeriesPart {
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
  public void sortByLabels(int[] refs) {
    block.sortByLabels(refs);
  }

  @Override
  public LabelSet labels(int ref) {
    return block.labels(ref);
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
