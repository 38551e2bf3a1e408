package io.tidemark.storage;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;

/// Which samples of one part tombstones erase: times of some of its series. Immutable; any thread.
public final class Erased {
  public static final Erased NONE = new Erased(List.of(), new BitSet());

  private record Entry(Postings refs, long startMillis, long endMillis) {
    boolean has(int ref) {
      return Arrays.binarySearch(refs.refs(), 0, refs.count(), ref) >= 0;
    }
  }

  /// By start.
  private final List<Entry> entries;
  private final BitSet touched;

  private Erased(List<Entry> entries, BitSet touched) {
    this.entries = entries;
    this.touched = touched;
  }

  /// What tombstones erase in the part with this index, all of whose samples came before them. Looks at every matched series.
  public static Erased of(LabelIndex index, List<Tombstone> tombstones) {
    var entries = new ArrayList<Entry>();
    var touched = new BitSet();
    for (Tombstone tombstone : tombstones) {
      Postings refs = tombstone.select(index);
      if (refs.count() > 0) {
        entries.add(new Entry(refs, tombstone.range().startMillis(), tombstone.range().endMillis()));
        for (int i = 0; i < refs.count(); i++) {
          touched.set(refs.refs()[i]);
        }
      }
    }
    if (entries.isEmpty()) {
      return NONE;
    }
    entries.sort(Comparator.comparingLong(Entry::startMillis));
    return new Erased(List.copyOf(entries), touched);
  }

  public boolean isEmpty() {
    return entries.isEmpty();
  }

  /// Whether something of the series may be erased.
  public boolean touches(int ref) {
    return touched.get(ref);
  }

  /// The series of which something may be erased, ascending.
  Postings touched() {
    return Tombstone.postings(touched);
  }

  /// What is left of `[startMillis, endMillis)` for the series: start and end of each piece in turn, ascending, none empty.
  public long[] kept(int ref, long startMillis, long endMillis) {
    return pieces(ref, startMillis, endMillis, true);
  }

  /// What is erased of `[startMillis, endMillis)` for the series, as {@link #kept} tells what is left.
  long[] gone(int ref, long startMillis, long endMillis) {
    return pieces(ref, startMillis, endMillis, false);
  }

  private long[] pieces(int ref, long startMillis, long endMillis, boolean isKept) {
    var pieces = new long[8];
    int count = 0;
    long at = startMillis;
    for (Entry entry : entries) {
      if (entry.startMillis >= endMillis) {
        break;
      }
      if (entry.endMillis <= at || !entry.has(ref)) {
        continue;
      }
      long from = Math.max(at, entry.startMillis);
      long to = Math.min(endMillis, entry.endMillis);
      if (isKept) {
        pieces = add(pieces, count, at, from);
        count += at < from ? 2 : 0;
      } else {
        pieces = add(pieces, count, from, to);
        count += from < to ? 2 : 0;
      }
      at = to;
    }
    if (isKept) {
      pieces = add(pieces, count, at, endMillis);
      count += at < endMillis ? 2 : 0;
    }
    return Arrays.copyOf(pieces, count);
  }

  private static long[] add(long[] pieces, int count, long from, long to) {
    if (from >= to) {
      return pieces;
    }
    long[] room = count == pieces.length ? Arrays.copyOf(pieces, count * 2) : pieces;
    room[count] = from;
    room[count + 1] = to;
    return room;
  }
}
