package io.tidemark.storage;

import io.tidemark.model.LabelSet;
import io.tidemark.model.TimeRange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Series of several parts in label order, each once, with its places in the parts. Flat arrays that keep no part alive; immutable.
///
/// Parts are known by their number in the list that the series were found in.
final class FoundSeries {
  /// Memory of a place: labels whose texts are shared, and its share of the arrays.
  static final long PLACE_BYTES = 130;

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

  int count() {
    return labels.length;
  }

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
