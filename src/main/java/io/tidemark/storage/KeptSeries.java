package io.tidemark.storage;

import io.tidemark.model.Matcher;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Metrics;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The series of selectors that come again and again, as those of dashboards and rules do: their labels are read and put in order once.
///
/// What is kept holds for the same matchers over the same parts, whatever the time asked for. Blocks never change. A head gains series:
/// when it has some that it had not, its matches are looked up again, and the kept series go if those are others. A selector is kept
/// when it is asked for the second time, so that one that never comes again costs nothing but its name. The selector used longest ago
/// goes first. Any thread.
final class KeptSeries {
  /// Selectors, the ones seen once among them.
  private static final int SELECTORS_MAX = 1_024;
  /// One selector may have a quarter of the memory.
  private static final int SHARE = 4;
  /// Of a selector: its matchers, weak references, places in the map.
  private static final long SELECTOR_BYTES = 1_024;

  private final long bytesMax;
  private final Counter hits;
  private final Counter misses;
  // By use, the one used longest ago first. Guarded by this, as is `bytes`.
  private final LinkedHashMap<Key, Kept> kept = new LinkedHashMap<>(64, 0.75f, true);
  private long bytes;

  KeptSeries(long bytesMax, Metrics metrics) {
    this.bytesMax = bytesMax;
    String help = "Selectors answered, by whether their series were kept from before or looked up in the index.";
    hits = metrics.counter("tidemark_storage_selectors_total", help, "from", "kept");
    misses = metrics.counter("tidemark_storage_selectors_total", help, "from", "index");
    metrics.gauge("tidemark_storage_kept_series_bytes", "Memory of the series of selectors that came more than once.", this::bytes);
    metrics.gauge("tidemark_storage_kept_series_max_bytes", "The most memory that they may take.", () -> bytesMax);
  }

  /// A part, by its index, which a key must not keep alive: a deleted block's file stays mapped as long as somebody has it.
  private static final class PartKey extends WeakReference<LabelIndex> {
    private final int hash;

    PartKey(LabelIndex index) {
      super(index);
      hash = System.identityHashCode(index);
    }

    @Override
    public boolean equals(Object other) {
      return this == other || other instanceof PartKey that && get() != null && get() == that.get();
    }

    @Override
    public int hashCode() {
      return hash;
    }
  }

  private record Key(List<Matcher> matchers, List<PartKey> parts) {
    boolean isGone() {
      return parts.stream().anyMatch(part -> part.get() == null);
    }
  }

  /// @param series  nothing for a selector seen once
  /// @param matches what the matchers found in each part
  /// @param ends    the parts' `refsEnd` before that
  private record Kept(@Nullable FoundSeries series, Postings[] matches, int[] ends, long bytes) {
    static final Kept SEEN = new Kept(null, new Postings[0], new int[0], SELECTOR_BYTES);
  }

  private synchronized long bytes() {
    return bytes;
  }

  /// All series that match, whatever their time, or nothing when the caller should look for those that it needs itself.
  ///
  /// @param matching the matchers, compiled
  Optional<FoundSeries> of(List<SeriesPart> parts, List<Matcher> matchers, Matching matching, ReadWatch watch) {
    var key = new Key(matchers, parts.stream().map(part -> new PartKey(part.index())).toList());
    Kept known = get(key);
    if (known == null) {
      put(key, Kept.SEEN);
      misses.increment();
      return Optional.empty();
    }
    if (known.series != null && (isCurrent(known, parts) || isStillTrue(key, known, parts, matching))) {
      hits.increment();
      return Optional.of(known.series);
    }
    misses.increment();
    return find(key, parts, matching, watch);
  }

  private synchronized @Nullable Kept get(Key key) {
    return kept.get(key);
  }

  private static boolean isCurrent(Kept known, List<SeriesPart> parts) {
    for (int i = 0; i < known.ends.length; i++) {
      if (parts.get(i).index().refsEnd() != known.ends[i]) {
        return false;
      }
    }
    return true;
  }

  /// Whether the parts that grew still have the same matches.
  private boolean isStillTrue(Key key, Kept known, List<SeriesPart> parts, Matching matching) {
    int[] ends = known.ends.clone();
    for (int i = 0; i < ends.length; i++) {
      LabelIndex index = parts.get(i).index();
      ends[i] = index.refsEnd();
      if (ends[i] != known.ends[i] && !isSame(known.matches[i], matching.select(index))) {
        return false;
      }
    }
    put(key, new Kept(known.series, known.matches, ends, known.bytes));
    return true;
  }

  private static boolean isSame(Postings a, Postings b) {
    return Arrays.equals(a.refs(), 0, a.count(), b.refs(), 0, b.count());
  }

  private Optional<FoundSeries> find(Key key, List<SeriesPart> parts, Matching matching, ReadWatch watch) {
    var matches = new Postings[parts.size()];
    int[] ends = new int[parts.size()];
    long places = 0;
    for (int i = 0; i < matches.length; i++) {
      LabelIndex index = parts.get(i).index();
      ends[i] = index.refsEnd();
      matches[i] = matching.select(index);
      places += matches[i].count();
    }
    long size = SELECTOR_BYTES + places * (FoundSeries.PLACE_BYTES + Integer.BYTES);
    if (size > bytesMax / SHARE) {
      return Optional.empty();
    }
    var refs = new ArrayList<int[]>();
    for (int i = 0; i < matches.length; i++) {
      int[] found = Arrays.copyOf(matches[i].refs(), matches[i].count());
      refs.add(found);
      // Postings are a view of a longer array that the index goes on using.
      matches[i] = new Postings(found.clone(), found.length);
    }
    FoundSeries series = FoundSeries.of(parts, refs, watch).withLabels(parts, new Pace(watch));
    put(key, new Kept(series, matches, ends, size));
    return Optional.of(series);
  }

  private synchronized void put(Key key, Kept value) {
    Kept before = kept.put(key, value);
    bytes += value.bytes - (before == null ? 0 : before.bytes);
    if (bytes > bytesMax || kept.size() > SELECTORS_MAX) {
      forgetGone();
    }
    Iterator<Map.Entry<Key, Kept>> oldest = kept.entrySet().iterator();
    while (oldest.hasNext() && (bytes > bytesMax || kept.size() > SELECTORS_MAX)) {
      bytes -= oldest.next().getValue().bytes;
      oldest.remove();
    }
  }

  /// Selectors over parts that are no more.
  private void forgetGone() {
    kept.entrySet().removeIf(entry -> {
      boolean gone = entry.getKey().isGone();
      bytes -= gone ? entry.getValue().bytes : 0;
      return gone;
    });
  }
}
