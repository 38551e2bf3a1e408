package io.tidemark.query.cache;

import io.tidemark.model.Histogram;
import io.tidemark.model.LabelSet;
import io.tidemark.query.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The answer of a query at the steps from `firstMillis` to `lastMillis`, both inclusive. Immutable.
///
/// @param series in label order, none empty
public record Extent(long firstMillis, long lastMillis, List<Value.Series> series) {
  private static final long SERIES_BYTES = 200;
  private static final long SAMPLE_BYTES = 16;
  private static final long HISTOGRAM_BYTES = 512;

  public Extent {
    series = List.copyOf(series);
  }

  /// The steps of `[fromMillis, toMillis]` alone, which must lie within and be steps.
  public Extent slice(long fromMillis, long toMillis) {
    if (fromMillis == firstMillis && toMillis == lastMillis) {
      return this;
    }
    var cut = new ArrayList<Value.Series>(series.size());
    for (Value.Series one : series) {
      int from = place(one, fromMillis);
      int to = place(one, toMillis + 1);
      if (from < to) {
        cut.add(part(one, from, to));
      }
    }
    return new Extent(fromMillis, toMillis, cut);
  }

  private static Value.Series part(Value.Series one, int from, int to) {
    return new Value.Series(one.labels(), Arrays.copyOfRange(one.timestampsMillis(), from, to), Arrays.copyOfRange(one.values(), from, to),
        one.histograms().length == 0 ? one.histograms() : Arrays.copyOfRange(one.histograms(), from, to), to - from);
  }

  /// The first sample that is not before `millis`.
  private static int place(Value.Series series, long millis) {
    int found = Arrays.binarySearch(series.timestampsMillis(), 0, series.count(), millis);
    return found < 0 ? -found - 1 : found;
  }

  /// Extents that follow one another without a gap, as one.
  public static Extent join(List<Extent> parts) {
    if (parts.size() == 1) {
      return parts.getFirst();
    }
    var pieces = new TreeMap<LabelSet, List<Value.Series>>(Comparator.naturalOrder());
    for (Extent part : parts) {
      part.series.forEach(one -> pieces.computeIfAbsent(one.labels(), _ -> new ArrayList<>(parts.size())).add(one));
    }
    return new Extent(parts.getFirst().firstMillis, parts.getLast().lastMillis, pieces.values().stream().map(Extent::joined).toList());
  }

  private static Value.Series joined(List<Value.Series> pieces) {
    if (pieces.size() == 1) {
      return pieces.getFirst();
    }
    int count = pieces.stream().mapToInt(Value.Series::count).sum();
    var timestamps = new long[count];
    var values = new double[count];
    boolean hasHistograms = pieces.stream().anyMatch(piece -> piece.histograms().length > 0);
    var histograms = new @Nullable Histogram[hasHistograms ? count : 0];
    int at = 0;
    for (Value.Series piece : pieces) {
      if (piece.histograms().length > 0) {
        System.arraycopy(piece.histograms(), 0, histograms, at, piece.count());
      }
      System.arraycopy(piece.timestampsMillis(), 0, timestamps, at, piece.count());
      System.arraycopy(piece.values(), 0, values, at, piece.count());
      at += piece.count();
    }
    return new Value.Series(pieces.getFirst().labels(), timestamps, values, histograms, count);
  }

  /// Memory that it takes, arrays longer than their count included.
  public long bytes() {
    return series.stream().mapToLong(one -> SERIES_BYTES + SAMPLE_BYTES * one.timestampsMillis().length
        + HISTOGRAM_BYTES * one.histograms().length).sum();
  }

  /// The same in arrays of the right length, for keeping.
  Extent compact() {
    return new Extent(firstMillis, lastMillis, series.stream().map(one -> one.count() == one.timestampsMillis().length ? one
        : part(one, 0, one.count())).toList());
  }
}
