package io.tidemark.log;

import com.dynatrace.hash4j.hashing.Hashing;
import io.tidemark.model.LabelSet;
import java.nio.charset.StandardCharsets;

/// Says which partition a series belongs to: the metric name picks a window of partitions, the series picks within it.
///
/// A window of 1 is sharding by metric name alone, so that a query on one name touches one shard; a wider window spreads one busy
/// name over cores. The answer is the same in every process and release: XXH3 of the UTF-8 name and of the canonical label bytes.
/// Source: https://github.com/Cyan4973/xxHash (XXH3, 64 and lower half of 128 bits, seed 0). Safe on any thread.
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
    byte[] canonical = labels.toCanonicalBytes();
    return partition(labels.metricName(), hash(canonical, canonical.length));
  }

  private int partition(String metricName, long seriesHash) {
    byte[] name = metricName.getBytes(StandardCharsets.UTF_8);
    return partition(name, 0, name.length, seriesHash);
  }

  /// The partition of the series with this hash, whose metric name lies from `from` to `to`.
  int partition(byte[] bytes, int from, int to, long seriesHash) {
    return (first(bytes, from, to) + (int) Long.remainderUnsigned(seriesHash, window)) % partitions;
  }

  /// How many partitions one name uses, at least 1.
  public int window() {
    return window;
  }

  /// The first partition of a name's window; metadata goes there.
  public int first(String metricName) {
    byte[] name = metricName.getBytes(StandardCharsets.UTF_8);
    return first(name, 0, name.length);
  }

  private int first(byte[] bytes, int from, int to) {
    return (int) Long.remainderUnsigned(Hashing.xxh3_64().hashBytesToLong(bytes, from, to - from), partitions);
  }

  /// Of canonical label bytes, which lie from 0 to `length`.
  static long hash(byte[] bytes, int length) {
    return Hashing.xxh3_128().hashBytesTo128Bits(bytes, 0, length).getLeastSignificantBits();
  }
}
