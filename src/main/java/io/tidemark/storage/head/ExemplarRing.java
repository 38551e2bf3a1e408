package io.tidemark.storage.head;

import io.tidemark.model.Exemplar;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TimeRange;
import io.tidemark.storage.Postings;
import io.tidemark.storage.SeriesExemplars;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.IntFunction;

/// The newest exemplars of a shard's series, so many at most: when it is full, the one taken longest ago goes, whatever its series.
///
/// The loop adds, any thread reads: places are read and written whole, a reader sees what each of them held at some time of its read.
/// Exemplars of a series ascend in time: an older one than its newest is refused, one that repeats the newest is passed over.
final class ExemplarRing {
  /// One exemplar of one series.
  record Entry(int ref, Exemplar exemplar) {}

  enum Outcome { KEPT, REPEATED, OUT_OF_ORDER, NO_ROOM }

  private static final int FIRST_PLACES = 64;

  private final int capacity;
  private volatile AtomicReferenceArray<Entry> places = new AtomicReferenceArray<>(0);
  private final Map<Integer, Exemplar> newest = new HashMap<>();
  private volatile long taken;

  /// @param capacity 0 to keep none
  ExemplarRing(int capacity) {
    this.capacity = capacity;
  }

  /// The loop's alone.
  Outcome add(int ref, Exemplar exemplar) {
    if (capacity == 0) {
      return Outcome.NO_ROOM;
    }
    Exemplar before = newest.get(ref);
    if (before != null && exemplar.timestampMillis() <= before.timestampMillis()) {
      return exemplar.equals(before) ? Outcome.REPEATED : Outcome.OUT_OF_ORDER;
    }
    int at = (int) (taken % capacity);
    if (at >= places.length()) {
      grow();
    }
    Entry old = places.get(at);
    if (old != null) {
      newest.remove(old.ref, old.exemplar);
    }
    newest.put(ref, exemplar);
    places.set(at, new Entry(ref, exemplar));
    taken = taken + 1;
    return Outcome.KEPT;
  }

  private void grow() {
    AtomicReferenceArray<Entry> from = places;
    var to = new AtomicReferenceArray<Entry>(Math.min(capacity, Math.max(FIRST_PLACES, from.length() * 2)));
    for (int i = 0; i < from.length(); i++) {
      to.set(i, from.get(i));
    }
    places = to;
  }

  /// How many places are taken, those of erased ones included. Any thread.
  int count() {
    return (int) Math.min(taken, capacity);
  }

  /// Those with times in `range` of the series `refs`, by series and time. Any thread.
  List<SeriesExemplars> find(Postings refs, TimeRange range, IntFunction<LabelSet> labels) {
    var wanted = new BitSet();
    for (int i = 0; i < refs.count(); i++) {
      wanted.set(refs.refs()[i]);
    }
    AtomicReferenceArray<Entry> now = places;
    var found = new TreeMap<Integer, List<Exemplar>>();
    for (int i = 0; i < now.length(); i++) {
      Entry entry = now.get(i);
      if (entry != null && wanted.get(entry.ref) && range.contains(entry.exemplar.timestampMillis())) {
        found.computeIfAbsent(entry.ref, _ -> new ArrayList<>()).add(entry.exemplar);
      }
    }
    var all = new ArrayList<SeriesExemplars>(found.size());
    found.forEach((ref, exemplars) -> {
      exemplars.sort(Comparator.comparingLong(Exemplar::timestampMillis));
      all.add(new SeriesExemplars(labels.apply(ref), exemplars));
    });
    return all;
  }

  /// Lets go of those with times in `range` of the series `refs`. Their places stay empty until their turn comes. The loop's alone.
  void erase(Postings refs, TimeRange range) {
    AtomicReferenceArray<Entry> now = places;
    for (int i = 0; i < now.length(); i++) {
      Entry entry = now.get(i);
      if (entry != null && range.contains(entry.exemplar.timestampMillis())
          && Arrays.binarySearch(refs.refs(), 0, refs.count(), entry.ref) >= 0) {
        now.set(i, null);
        newest.remove(entry.ref, entry.exemplar);
      }
    }
  }

  /// All, in the order in which they were taken. The loop's alone.
  List<Entry> all() {
    var all = new ArrayList<Entry>();
    AtomicReferenceArray<Entry> now = places;
    long count = Math.min(taken, capacity);
    for (long i = taken - count; i < taken; i++) {
      Entry entry = now.get((int) (i % capacity));
      if (entry != null) {
        all.add(entry);
      }
    }
    return all;
  }
}
