package io.tidemark.collector.scrape;

import io.tidemark.collector.admit.HashIndex;
import io.tidemark.model.LabelSet;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;

/// The series of one target by the hash of their bytes: final labels, and when they were last seen. One thread.
final class SeriesCache {
  /// An entry whose series is dropped by rules.
  static final LabelSet DROPPED = LabelSet.EMPTY;
  /// Entries beyond the live ones before the table is built anew.
  private static final int SLACK = 1000;

  private HashIndex index = new HashIndex();
  private LabelSet[] labels = new LabelSet[64];
  /// The scrape that last had the series, and 0 when its staleness is not followed.
  private long[] seenAt = new long[64];
  /// Series of the last scrape before {@link #forgetBytes}.
  private final Set<LabelSet> carried = new HashSet<>();

  int find(long high, long low) {
    return index.find(high, low);
  }

  int add(long high, long low, LabelSet set) {
    int entry = index.add(high, low);
    if (entry == labels.length) {
      labels = Arrays.copyOf(labels, entry * 2);
      seenAt = Arrays.copyOf(seenAt, entry * 2);
    }
    labels[entry] = set;
    seenAt[entry] = 0;
    return entry;
  }

  LabelSet labels(int entry) {
    return labels[entry];
  }

  long high(int entry) {
    return index.high(entry);
  }

  long low(int entry) {
    return index.low(entry);
  }

  /// Notes that scrape number `scrape` (above 1) has the series; true when the one before had not.
  boolean see(int entry, long scrape) {
    boolean isNew = seenAt[entry] < scrape - 1;
    seenAt[entry] = scrape;
    return isNew;
  }

  /// Tells the series that scrape `scrape - 1` had and `scrape` has not.
  void vanished(long scrape, Consumer<LabelSet> receiver) {
    var gone = new HashSet<LabelSet>(carried);
    carried.clear();
    for (int entry = 0; entry < index.count(); entry++) {
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
    for (int entry = 0; entry < index.count(); entry++) {
      if (seenAt[entry] == scrape) {
        live.add(labels[entry]);
      }
    }
    return live;
  }

  /// Forgets entries that scrape `scrape` did not have, when there are many of them; `inScrape` is how many it had.
  void trim(long scrape, int inScrape) {
    if (index.count() <= 2 * inScrape + SLACK) {
      return;
    }
    var kept = new HashIndex();
    for (int entry = 0; entry < index.count(); entry++) {
      if (seenAt[entry] == scrape) {
        int to = kept.add(index.high(entry), index.low(entry));
        labels[to] = labels[entry];
        seenAt[to] = scrape;
      }
    }
    Arrays.fill(labels, kept.count(), labels.length, LabelSet.EMPTY);
    index = kept;
  }

  /// Makes every look-up miss, but keeps what scrape `scrape` had for the sake of staleness: rules may give other labels from now on.
  void forgetBytes(long scrape) {
    carried.addAll(live(scrape));
    Arrays.fill(labels, LabelSet.EMPTY);
    index = new HashIndex();
  }
}
