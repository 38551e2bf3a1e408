package io.tidemark.log;

import com.dynatrace.hash4j.hashing.HashValue128;
import com.dynatrace.hash4j.hashing.Hashing;
import io.tidemark.model.LabelSet;
import java.nio.charset.StandardCharsets;

/// Says which partition a series belongs to: the metric name picks a window of partitions, the series picks within it.
///
/// A window of 1 is sharding by metric name alone, so that a query on one name touches one shard; a wider window spreads one busy
/// name over cores. The answer is the same in every process and release: XXH3 of the UTF-8 name and of the canonical label bytes.
/// Source: https://github.com/Cyan4973/xxHash (XXH3, 64 and 128 bits, seed 0). Safe on any thread.
public final class Partitioner {
  private final int partitions;
  private final int window;

  /// @param partitions how many there are
  /// @param window     how many of them one name uses; 0 or more than there are: all
  public Partitioner(int partitions, int window) {
    if (partitions < 1 || window < 0) {
      throw new IllegalArgumentException("partitions " + partitions + ", window " + window);
    }
    this.partitions = partitions;
    this.window = window == 0 ? partitions : Math.min(window, partitions);
  }

  /// The partition of one series.
  public int partition(LabelSet labels) {
    return partition(labels.metricName(), hash(labels.toCanonicalBytes()).getAsLong());
  }

  int partition(String metricName, long seriesHash) {
    return (first(metricName) + (int) Long.remainderUnsigned(seriesHash, window)) % partitions;
  }

  /// How many partitions one name uses, at least 1.
  public int window() {
    return window;
  }

  /// The first partition of a name's window; metadata goes there.
  public int first(String metricName) {
    long hash = Hashing.xxh3_64().hashBytesToLong(metricName.getBytes(StandardCharsets.UTF_8));
    return (int) Long.remainderUnsigned(hash, partitions);
  }

  static HashValue128 hash(byte[] canonicalBytes) {
    return Hashing.xxh3_128().hashBytesTo128Bits(canonicalBytes);
  }
}
