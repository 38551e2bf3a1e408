package io.tidemark.storage;

import io.tidemark.model.LabelSet;
import io.tidemark.model.TimeRange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Series of several parts in label order, each once, with its places in the parts. Flat arrays that keep no part alive; immutable.
///
/// Of all series of a part, whose labels would take most of the memory, no labels are kept: {@link #all}.
///
/// Parts are known by their number in the list that the series were found in.
final class FoundSeries {
  /// Memory of a place: labels whose texts are shared, and its share of the arrays.
  static final long PLACE_BYTES = 130;

  /// Empty when labels are not kept.
  private final LabelSet[] labels;
  /// Where the places of each series begin; one more at the end.
  private final int[] begins;
  /// The part of each place and the ref in it; of one series the older part first.
  private final int[] parts;
  private final int[] refs;

  private FoundSeries(LabelSet[] labels, int[] begins, int[] parts, int[] refs) {
    this.labels = labels;
    this.begins = begins;
    this.parts = parts;
    this.refs = refs;
  }

  /// Gathers places, part by part. One thread.
  static final class Builder {
    private record Place(LabelSet labels, int part, int ref) {}

    private final List<Place> found = new ArrayList<>();

    void add(LabelSet labels, int part, int ref) {
      found.add(new Place(labels, part, ref));
    }

    int places() {
      return found.size();
    }

    FoundSeries build(Pace pace) {
      // Stable, and quick on what is sorted already: a block's series are.
      found.sort((a, b) -> {
        pace.round();
        return a.labels.compareTo(b.labels);
      });
      int places = found.size();
      var labels = new LabelSet[places];
      int[] begins = new int[places + 1];
      int[] parts = new int[places];
      int[] refs = new int[places];
      int count = 0;
      for (int i = 0; i < places; i++) {
        Place place = found.get(i);
        if (count == 0 || !place.labels.equals(labels[count - 1])) {
          begins[count] = i;
          labels[count++] = place.labels;
        }
        parts[i] = place.part;
        refs[i] = place.ref;
      }
      begins[count] = places;
      return new FoundSeries(Arrays.copyOf(labels, count), Arrays.copyOf(begins, count + 1), parts, refs);
    }
  }

  /// Every series of the parts that may have samples within the range, 12 bytes each.
  ///
  /// @param among by number, the older first
  static FoundSeries all(List<? extends SeriesPart> among, TimeRange range) {
    var cursors = new ArrayList<Cursor>();
    int places = 0;
    for (int number = 0; number < among.size(); number++) {
      var cursor = new Cursor(number, among.get(number), range);
      places += cursor.refs.length;
      cursors.add(cursor);
    }
    int[] begins = new int[places + 1];
    int[] parts = new int[places];
    int[] refs = new int[places];
    int count = 0;
    int place = 0;
    for (Cursor least = least(cursors); least.hasMore(); least = least(cursors)) {
      begins[count++] = place;
      parts[place] = least.number;
      refs[place++] = least.ref();
      // None before it has the same labels.
      for (Cursor later : cursors.subList(least.number + 1, cursors.size())) {
        if (later.hasMore() && later.labels().equals(least.labels())) {
          parts[place] = later.number;
          refs[place++] = later.ref();
          later.advance();
        }
      }
      least.advance();
    }
    begins[count] = place;
    return new FoundSeries(new LabelSet[0], Arrays.copyOf(begins, count + 1), parts, refs);
  }

  /// The first cursor of the least labels; one without more when all are at their end. A single one needs no labels for that.
  private static Cursor least(List<Cursor> cursors) {
    Cursor least = cursors.getFirst();
    for (Cursor cursor : cursors.subList(1, cursors.size())) {
      if (cursor.hasMore() && (!least.hasMore() || cursor.labels().compareTo(least.labels()) < 0)) {
        least = cursor;
      }
    }
    return least;
  }

  /// A walk through the series of one part in label order.
  private static final class Cursor {
    private final int number;
    private final SeriesPart part;
    private final int[] refs;
    private int at;
    /// Of the next series, once somebody asked for them.
    private @Nullable LabelSet labels;

    Cursor(int number, SeriesPart part, TimeRange range) {
      this.number = number;
      this.part = part;
      int[] with = new int[part.index().refsEnd()];
      int count = 0;
      for (int ref = 0; ref < with.length; ref++) {
        if (part.has(ref, range.startMillis(), range.endMillis())) {
          with[count++] = ref;
        }
      }
      refs = Arrays.copyOf(with, count);
      part.sortByLabels(refs);
    }

    boolean hasMore() {
      return at < refs.length;
    }

    int ref() {
      return refs[at];
    }

    LabelSet labels() {
      LabelSet known = labels == null ? part.labels(ref()) : labels;
      labels = known;
      return known;
    }

    void advance() {
      at++;
      labels = null;
    }
  }

  int count() {
    return begins.length - 1;
  }

  boolean hasLabels() {
    return labels.length > 0;
  }

  /// If labels are kept.
  LabelSet labels(int series) {
    return labels[series];
  }

  /// The first place of a series; its last is before the first of the next one.
  int begin(int series) {
    return begins[series];
  }

  int part(int place) {
    return parts[place];
  }

  int ref(int place) {
    return refs[place];
  }

  /// Those with places that may have samples within `range`, and these places only.
  ///
  /// @param among the parts by number
  FoundSeries within(TimeRange range, List<SeriesPart> among, Pace pace) {
    var kept = new int[refs.length];
    var keptBegins = new int[begins.length];
    var keptLabels = new LabelSet[labels.length];
    int places = 0;
    int count = 0;
    for (int series = 0; series < labels.length; series++) {
      int before = places;
      for (int place = begins[series]; place < begins[series + 1]; place++) {
        pace.round();
        if (among.get(parts[place]).has(refs[place], range.startMillis(), range.endMillis())) {
          kept[places++] = place;
        }
      }
      if (places > before) {
        keptBegins[count] = before;
        keptLabels[count++] = labels[series];
      }
    }
    if (places == refs.length) {
      return this;
    }
    keptBegins[count] = places;
    var keptParts = new int[places];
    var keptRefs = new int[places];
    for (int i = 0; i < places; i++) {
      keptParts[i] = parts[kept[i]];
      keptRefs[i] = refs[kept[i]];
    }
    return new FoundSeries(Arrays.copyOf(keptLabels, count), Arrays.copyOf(keptBegins, count + 1), keptParts, keptRefs);
  }
}
