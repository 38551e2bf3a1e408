package io.tidemark.storage.head;

import io.tidemark.storage.ReadWatch;
import java.util.Arrays;

/// Puts series of one index into the order of their labels without making any. Used once, by one thread.
///
/// Many series are sorted as numbers: each label pair gets its place among all pairs, and as many places of a series' first labels as there
/// is room for stand in one number before the place of the series itself. Those whose labels are equal so far go on with the next ones.
/// Places pay when there are no more pairs than series; fewer series are compared by the texts of the first pair that is another one.
final class LabelOrder {
  /// So many are compared one by one sooner than as numbers.
  private static final int FEW = 8;

  private final SeriesIndex index;
  private final ReadWatch watch;
  private int rounds;
  private final int[] labels = new int[SeriesIndex.LABELS_MAX];
  private final int[] otherLabels = new int[SeriesIndex.LABELS_MAX];
  /// Place + 1 by pair; 0 stands behind the last label.
  private int[] places = new int[0];
  private int placeBits;
  private long[] keys = new long[0];

  LabelOrder(SeriesIndex index, ReadWatch watch) {
    this.index = index;
    this.watch = watch;
  }

  /// @param refs ascending before
  void sort(int[] refs) {
    int pairs = index.pairCount();
    if (pairs > refs.length) {
      compareAll(refs.clone(), refs, 0, refs.length);
      return;
    }
    places = places(pairs);
    placeBits = Integer.SIZE - Integer.numberOfLeadingZeros(pairs);
    keys = new long[refs.length];
    sort(refs, refs.clone(), 0, refs.length, 0);
  }

  private void round() {
    if ((++rounds & 1_023) == 0) {
      watch.beat();
    }
  }

  private int[] places(int pairs) {
    var ordered = new Integer[pairs];
    Arrays.setAll(ordered, pair -> pair);
    Arrays.sort(ordered, (a, b) -> {
      round();
      return index.comparePairs(a, b);
    });
    int[] found = new int[pairs];
    for (int i = 0; i < pairs; i++) {
      found[ordered[i]] = i + 1;
    }
    return found;
  }

  /// Sorts `[begin, end)`, all equal in their first `depth` labels.
  ///
  /// @param from room for a copy of it
  private void sort(int[] refs, int[] from, int begin, int end, int depth) {
    System.arraycopy(refs, begin, from, begin, end - begin);
    if (end - begin <= FEW) {
      compareAll(from, refs, begin, end);
      return;
    }
    int refBits = Integer.SIZE - Integer.numberOfLeadingZeros(end - begin - 1);
    int taken = (Long.SIZE - 1 - refBits) / placeBits;
    for (int i = begin; i < end; i++) {
      keys[i] = key(from[i], depth, taken) << refBits | i - begin;
    }
    Arrays.sort(keys, begin, end);
    for (int i = begin; i < end; i++) {
      refs[i] = from[begin + (int) (keys[i] & (1L << refBits) - 1)];
      keys[i] >>>= refBits;
    }
    int first = begin;
    for (int i = begin + 1; i <= end; i++) {
      if (i == end || keys[i] != keys[first]) {
        if (i - first > 1) {
          sort(refs, from, first, i, depth + taken);
        }
        first = i;
      }
    }
  }

  /// The places of so many labels from `depth` on.
  private long key(int ref, int depth, int taken) {
    round();
    int count = index.pairs(ref, labels, depth + taken);
    long key = 0;
    for (int i = depth; i < depth + taken; i++) {
      key = key << placeBits | (i < count ? places[labels[i]] : 0);
    }
    return key;
  }

  /// Sorts `[begin, end)` of `from` into `to`, which holds the same there.
  private void compareAll(int[] from, int[] to, int begin, int end) {
    if (end - begin < 2) {
      return;
    }
    int middle = begin + end >>> 1;
    compareAll(to, from, begin, middle);
    compareAll(to, from, middle, end);
    int low = begin;
    int high = middle;
    for (int at = begin; at < end; at++) {
      to[at] = high == end || low < middle && compare(from[low], from[high]) <= 0 ? from[low++] : from[high++];
    }
  }

  private int compare(int ref, int other) {
    round();
    int count = index.pairs(ref, labels);
    int otherCount = index.pairs(other, otherLabels);
    int at = Arrays.mismatch(labels, 0, count, otherLabels, 0, otherCount);
    return at < 0 || at >= Math.min(count, otherCount) ? Integer.compare(count, otherCount)
        : index.comparePairs(labels[at], otherLabels[at]);
  }
}
