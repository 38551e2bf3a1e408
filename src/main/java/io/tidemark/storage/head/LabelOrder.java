package io.tidemark.storage.head;

import io.tidemark.storage.ReadWatch;
import java.util.Arrays;
import java.util.List;

/// Puts series of one or several indexes into the order of their labels without making any. Used once, by one thread.
///
/// Many series are sorted as numbers: each label pair gets its place among all pairs, and as many places of a series' first labels as there
/// is room for stand in one number before the row of the series. Those whose labels are equal so far go on with the next ones. Places pay
/// when there are no more pairs than series; fewer series are compared by the texts of the first pair that is another one.
final class LabelOrder {
  private final List<SeriesIndex> indexes;
  /// The index of each row, by number, and the ref in it.
  private final int[] owners;
  private final int[] refs;
  private final ReadWatch watch;
  private int rounds;
  private final int[] labels = new int[SeriesIndex.LABELS_MAX];
  private final int[] otherLabels = new int[SeriesIndex.LABELS_MAX];
  /// By index and pair, from 1 on; 0 stands behind the last label.
  private int[][] places = new int[0][];
  private int placeBits;
  private long[] keys = new long[0];

  /// @param owners the index of each series, by number
  /// @param refs   the refs in these
  LabelOrder(List<SeriesIndex> indexes, int[] owners, int[] refs, ReadWatch watch) {
    this.indexes = indexes;
    this.owners = owners;
    this.refs = refs;
    this.watch = watch;
  }

  /// Sorts both arrays.
  void sort() {
    int[] rows = new int[refs.length];
    Arrays.setAll(rows, row -> row);
    if (indexes.stream().mapToInt(SeriesIndex::pairCount).sum() > rows.length) {
      compareAll(rows.clone(), rows, 0, rows.length);
    } else {
      findPlaces();
      keys = new long[rows.length];
      sort(rows, rows.clone(), 0, rows.length, 0);
    }
    int[] sortedOwners = new int[rows.length];
    int[] sortedRefs = new int[rows.length];
    for (int i = 0; i < rows.length; i++) {
      sortedOwners[i] = owners[rows[i]];
      sortedRefs[i] = refs[rows[i]];
    }
    System.arraycopy(sortedOwners, 0, owners, 0, rows.length);
    System.arraycopy(sortedRefs, 0, refs, 0, rows.length);
  }

  private void round() {
    if ((++rounds & 1_023) == 0) {
      watch.beat();
    }
  }

  /// A label pair of one index.
  private record Pair(int owner, int number) {}

  /// Pairs that come later than this belong to no series that is sorted here.
  private void findPlaces() {
    places = indexes.stream().map(index -> new int[index.pairCount()]).toArray(int[][]::new);
    var ordered = new Pair[Arrays.stream(places).mapToInt(some -> some.length).sum()];
    int count = 0;
    for (int owner = 0; owner < places.length; owner++) {
      for (int number = 0; number < places[owner].length; number++) {
        ordered[count++] = new Pair(owner, number);
      }
    }
    Arrays.sort(ordered, this::compare);
    int place = 0;
    for (int i = 0; i < count; i++) {
      if (i == 0 || compare(ordered[i - 1], ordered[i]) != 0) {
        place++;
      }
      places[ordered[i].owner][ordered[i].number] = place;
    }
    placeBits = Integer.SIZE - Integer.numberOfLeadingZeros(place);
  }

  private int compare(Pair a, Pair b) {
    round();
    return indexes.get(a.owner).comparePairs(a.number, indexes.get(b.owner), b.number);
  }

  /// Sorts `[begin, end)`, all equal in their first `depth` labels.
  ///
  /// @param from room for a copy of it
  private void sort(int[] rows, int[] from, int begin, int end, int depth) {
    // No two series are equal in all labels.
    if (end - begin < 2 || depth >= SeriesIndex.LABELS_MAX) {
      return;
    }
    System.arraycopy(rows, begin, from, begin, end - begin);
    int rowBits = Integer.SIZE - Integer.numberOfLeadingZeros(end - begin - 1);
    int taken = (Long.SIZE - 1 - rowBits) / placeBits;
    for (int i = begin; i < end; i++) {
      keys[i] = key(from[i], depth, taken) << rowBits | i - begin;
    }
    Arrays.sort(keys, begin, end);
    for (int i = begin; i < end; i++) {
      rows[i] = from[begin + (int) (keys[i] & (1L << rowBits) - 1)];
      keys[i] >>>= rowBits;
    }
    int first = begin;
    for (int i = begin + 1; i <= end; i++) {
      if (i == end || keys[i] != keys[first]) {
        sort(rows, from, first, i, depth + taken);
        first = i;
      }
    }
  }

  /// The places of so many labels from `depth` on.
  private long key(int row, int depth, int taken) {
    round();
    int[] known = places[owners[row]];
    int count = indexes.get(owners[row]).pairs(refs[row], labels, depth + taken);
    long key = 0;
    for (int i = depth; i < depth + taken; i++) {
      key = key << placeBits | (i < count ? known[labels[i]] : 0);
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

  private int compare(int row, int other) {
    round();
    SeriesIndex index = indexes.get(owners[row]);
    SeriesIndex otherIndex = indexes.get(owners[other]);
    int count = index.pairs(refs[row], labels);
    int otherCount = otherIndex.pairs(refs[other], otherLabels);
    for (int i = 0; i < Math.min(count, otherCount); i++) {
      int c = index.comparePairs(labels[i], otherIndex, otherLabels[i]);
      if (c != 0) {
        return c;
      }
    }
    return Integer.compare(count, otherCount);
  }
}
