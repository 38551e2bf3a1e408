package io.tidemark.storage;

import io.tidemark.model.LabelSet;
import io.tidemark.model.TimeRange;
import io.tidemark.storage.head.HeadView;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.stream.IntStream;

/// Series of several parts, each once, with its places in the parts. Flat arrays that keep no part alive; immutable.
///
/// The order is that of labels, but labels, which would take most of the memory, are only kept by who asks for {@link #withLabels}.
///
/// Parts are known by their number in the list that the series were found in.
final class FoundSeries {
  /// Memory of a place with labels whose texts are shared.
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

  /// The series with these refs.
  ///
  /// @param among by number, the older first
  /// @param found of each part those that were found, ascending; put into the order of labels by this
  static FoundSeries of(List<? extends SeriesPart> among, List<int[]> found, ReadWatch watch) {
    for (int number = 0; number < among.size(); number++) {
      among.get(number).sortByLabels(found.get(number), watch);
    }
    if (among.size() == 1) {
      return apart(found);
    }
    var pace = new Pace(watch);
    var cursors = new PriorityQueue<Cursor>();
    int places = 0;
    for (int number = 0; number < among.size(); number++) {
      places += found.get(number).length;
      if (found.get(number).length > 0) {
        cursors.add(new Cursor(number, among.get(number), found.get(number)));
      }
    }
    int[] begins = new int[places + 1];
    int[] parts = new int[places];
    int[] refs = new int[places];
    int count = 0;
    LabelSet last = LabelSet.EMPTY;
    for (int place = 0; place < places; place++) {
      pace.round();
      Cursor least = cursors.remove();
      if (place == 0 || least.labels.compareTo(last) != 0) {
        begins[count++] = place;
        last = least.labels;
      }
      parts[place] = least.number;
      refs[place] = least.ref();
      if (least.advance()) {
        cursors.add(least);
      }
    }
    begins[count] = places;
    return new FoundSeries(new LabelSet[0], Arrays.copyOf(begins, count + 1), parts, refs);
  }

  /// The series with these refs as they come, part by part, of parts of which no two have one in common.
  static FoundSeries apart(List<int[]> found) {
    int places = found.stream().mapToInt(refs -> refs.length).sum();
    int[] begins = new int[places + 1];
    Arrays.setAll(begins, place -> place);
    int[] parts = new int[places];
    int[] refs = new int[places];
    int place = 0;
    for (int number = 0; number < found.size(); number++) {
      int[] some = found.get(number);
      Arrays.fill(parts, place, place + some.length, number);
      System.arraycopy(some, 0, refs, place, some.length);
      place += some.length;
    }
    return new FoundSeries(new LabelSet[0], begins, parts, refs);
  }

  /// What {@link #apart} made of heads, in the order of labels.
  FoundSeries inOrder(List<HeadView> heads, ReadWatch watch) {
    int[] sortedParts = parts.clone();
    int[] sortedRefs = refs.clone();
    HeadView.sortByLabels(heads, sortedParts, sortedRefs, watch);
    return new FoundSeries(labels, begins, sortedParts, sortedRefs);
  }

  /// Every series of the parts that may have samples within the range.
  ///
  /// @param among by number, the older first
  static FoundSeries all(List<? extends SeriesPart> among, TimeRange range) {
    return of(among, among.stream().map(part -> IntStream.range(0, part.index().refsEnd())
        .filter(ref -> part.has(ref, range.startMillis(), range.endMillis())).toArray()).toList(), ReadWatch.NONE);
  }

  /// A walk through series of one part in label order.
  private static final class Cursor implements Comparable<Cursor> {
    private final int number;
    private final SeriesPart part;
    private final int[] refs;
    private int at;
    /// Of the next series.
    private LabelSet labels;

    /// @param refs at least one
    Cursor(int number, SeriesPart part, int[] refs) {
      this.number = number;
      this.part = part;
      this.refs = refs;
      labels = part.labels(refs[0]);
    }

    int ref() {
      return refs[at];
    }

    /// Whether there is another one.
    boolean advance() {
      if (++at == refs.length) {
        return false;
      }
      labels = part.labels(ref());
      return true;
    }

    @Override
    public int compareTo(Cursor other) {
      int c = labels.compareTo(other.labels);
      return c != 0 ? c : Integer.compare(number, other.number);
    }
  }

  /// The same with labels, which share their texts.
  ///
  /// @param among the parts by number
  FoundSeries withLabels(List<? extends SeriesPart> among, Pace pace) {
    Map<String, String> texts = new HashMap<>();
    var made = new LabelSet[count()];
    for (int series = 0; series < made.length; series++) {
      pace.round();
      int first = begins[series];
      made[series] = among.get(parts[first]).labels(refs[first]).sharing(texts);
    }
    return new FoundSeries(made, begins, parts, refs);
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
    for (int series = 0; series < count(); series++) {
      int before = places;
      for (int place = begins[series]; place < begins[series + 1]; place++) {
        pace.round();
        if (among.get(parts[place]).has(refs[place], range.startMillis(), range.endMillis())) {
          kept[places++] = place;
        }
      }
      if (places > before) {
        keptBegins[count] = before;
        if (hasLabels()) {
          keptLabels[count] = labels[series];
        }
        count++;
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
    return new FoundSeries(hasLabels() ? Arrays.copyOf(keptLabels, count) : labels, Arrays.copyOf(keptBegins, count + 1), keptParts,
        keptRefs);
  }
}
