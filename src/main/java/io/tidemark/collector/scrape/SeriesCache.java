package io.tidemark.collector.scrape;

import io.tidemark.model.LabelSet;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;

/// The series of one target by the hash of their bytes: final labels, and when they were last seen. One thread.
final class SeriesCache {
  /// An entry whose series is dropped by rules or broken.
  static final LabelSet DROPPED = LabelSet.EMPTY;
  /// Entries beyond the live ones before the table is built anew.
  private static final int SLACK = 1000;

  private long[] highs = new long[64];
  private long[] lows = new long[64];
  private LabelSet[] labels = new LabelSet[64];
  /// The scrape that last had the series, and 0 when its staleness is not followed.
  private long[] seenAt = new long[64];
  private int count;
  /// Entry + 1 by open addressing; 0 is free.
  private int[] slots = new int[256];
  /// Series of the last scrape before {@link #forgetBytes}.
  private final Set<LabelSet> carried = new HashSet<>();

  int find(long high, long low) {
    int mask = slots.length - 1;
    for (int slot = (int) low & mask;; slot = slot + 1 & mask) {
      int entry = slots[slot] - 1;
      if (entry < 0 || lows[entry] == low && highs[entry] == high) {
        return entry;
      }
    }
  }

  int add(long high, long low, LabelSet set) {
    if (count == highs.length) {
      highs = Arrays.copyOf(highs, count * 2);
      lows = Arrays.copyOf(lows, count * 2);
      labels = Arrays.copyOf(labels, count * 2);
      seenAt = Arrays.copyOf(seenAt, count * 2);
    }
    highs[count] = high;
    lows[count] = low;
    labels[count] = set;
    seenAt[count] = 0;
    count++;
    if (count * 2 > slots.length) {
      slots = new int[slots.length * 2];
      for (int entry = 0; entry < count; entry++) {
        insert(entry);
      }
    } else {
      insert(count - 1);
    }
    return count - 1;
  }

  private void insert(int entry) {
    int mask = slots.length - 1;
    int slot = (int) lows[entry] & mask;
    while (slots[slot] != 0) {
      slot = slot + 1 & mask;
    }
    slots[slot] = entry + 1;
  }

  LabelSet labels(int entry) {
    return labels[entry];
  }

  long high(int entry) {
    return highs[entry];
  }

  long low(int entry) {
    return lows[entry];
  }

  /// Notes that scrape number `scrape` (above 0) has the series; true when the one before had not.
  boolean see(int entry, long scrape) {
    boolean isNew = seenAt[entry] < scrape - 1;
    seenAt[entry] = scrape;
    return isNew;
  }

  /// Tells the series that scrape `scrape - 1` had and `scrape` has not.
  void vanished(long scrape, Consumer<LabelSet> receiver) {
    var gone = new HashSet<LabelSet>(carried);
    carried.clear();
    for (int entry = 0; entry < count; entry++) {
      if (seenAt[entry] != 0 && seenAt[entry] == scrape - 1) {
        gone.add(labels[entry]);
      }
    }
    if (!gone.isEmpty()) {
      // The same series may have come under other bytes.
      gone.removeAll(live(scrape));
      gone.forEach(receiver);
    }
  }

  private Set<LabelSet> live(long scrape) {
    var live = new HashSet<LabelSet>();
    for (int entry = 0; entry < count; entry++) {
      if (seenAt[entry] == scrape) {
        live.add(labels[entry]);
      }
    }
    return live;
  }

  /// Forgets entries that scrape `scrape` did not have, when there are many of them; `inScrape` is how many it had.
  void trim(long scrape, int inScrape) {
    if (count <= 2 * inScrape + SLACK) {
      return;
    }
    var old = new SeriesCache();
    for (int entry = 0; entry < count; entry++) {
      if (seenAt[entry] == scrape) {
        int copy = old.add(highs[entry], lows[entry], labels[entry]);
        old.seenAt[copy] = scrape;
      }
    }
    highs = old.highs;
    lows = old.lows;
    labels = old.labels;
    seenAt = old.seenAt;
    count = old.count;
    slots = old.slots;
  }

  /// Makes every look-up miss, but keeps what scrape `scrape` had for the sake of staleness: rules may give other labels from now on.
  void forgetBytes(long scrape) {
    carried.addAll(live(scrape));
    Arrays.fill(slots, 0);
    Arrays.fill(labels, LabelSet.EMPTY);
    count = 0;
  }

  int count() {
    return count;
  }
}
