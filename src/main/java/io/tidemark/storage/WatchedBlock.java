package io.tidemark.storage;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.storage.block.Block;

/// A block as queries see it: the first that meets damage fails and has the block put aside, so that the next ones read the rest.
record WatchedBlock(Block block, Shard shard) implements SeriesPart {
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
    try {
      block.read(ref, fromMillis, toMillis, into);
    } catch (TidemarkException e) {
      throw failed(e);
    }
  }

  @Override
  public void readNewest(int ref, long fromMillis, long toMillis, SampleBuffer into) {
    try {
      block.readNewest(ref, fromMillis, toMillis, into);
    } catch (TidemarkException e) {
      throw failed(e);
    }
  }

  private TidemarkException failed(TidemarkException e) {
    if (e.code() == ErrorCode.CORRUPT) {
      shard.quarantine(block, e);
    }
    return e;
  }
}
