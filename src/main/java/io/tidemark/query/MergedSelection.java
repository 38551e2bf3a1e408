package io.tidemark.query;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.storage.Aspect;
import io.tidemark.storage.Resolution;
import io.tidemark.storage.SampleBuffer;
import io.tidemark.storage.Samples;
import io.tidemark.storage.Selection;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// Several selections of one range as one: sorted, equal label sets one series.
final class MergedSelection implements Selection {
  /// One series of one selection.
  private record Entry(LabelSet labels, Selection selection, int index) {}

  private final List<Selection> selections;
  /// By labels, of equal ones in the order of the selections.
  private final Entry[] entries;
  /// Where each series begins in `entries`; one more at the end.
  private final int[] begins;
  private final int count;

  private MergedSelection(List<Selection> selections, Entry[] entries, int[] begins, int count) {
    this.selections = selections;
    this.entries = entries;
    this.begins = begins;
    this.count = count;
  }

  /// @param seriesMax fails with `TOO_EXPENSIVE` when there are more series
  static Selection of(List<Selection> selections, int seriesMax) {
    if (selections.size() == 1 && selections.getFirst().count() <= seriesMax) {
      return selections.getFirst();
    }
    var found = new ArrayList<Entry>();
    for (Selection selection : selections) {
      for (int i = 0; i < selection.count(); i++) {
        found.add(new Entry(selection.labels(i), selection, i));
      }
    }
    // Stable, and quick on what is sorted already: each selection is.
    found.sort(Comparator.comparing(Entry::labels));
    Entry[] entries = found.toArray(Entry[]::new);
    int[] begins = new int[entries.length + 1];
    int count = 0;
    for (int i = 0; i < entries.length; i++) {
      if (i == 0 || !entries[i].labels.equals(entries[i - 1].labels)) {
        begins[count++] = i;
      }
    }
    begins[count] = entries.length;
    if (count > seriesMax) {
      selections.forEach(Selection::close);
      throw new TidemarkException(ErrorCode.TOO_EXPENSIVE,
          "the selector matches more than " + seriesMax + " series; add matchers, or raise the limit of series a query");
    }
    return new MergedSelection(List.copyOf(selections), entries, begins, count);
  }

  @Override
  public int count() {
    return count;
  }

  @Override
  public LabelSet labels(int index) {
    return entries[begins[index]].labels;
  }

  @Override
  public void read(int index, SampleBuffer into) {
    Entry first = entries[begins[index]];
    first.selection.read(first.index, into);
    for (int i = begins[index] + 1; i < begins[index + 1]; i++) {
      var more = new SampleBuffer();
      entries[i].selection.read(entries[i].index, more);
      Samples.mergeNewer(into, 0, more);
    }
  }

  @Override
  public boolean isDownsampled(Resolution resolution, Aspect aspect) {
    return selections.stream().anyMatch(selection -> selection.isDownsampled(resolution, aspect));
  }

  /// What several selections have of a series is put together as it came: companions of one know nothing of the other's samples.
  @Override
  public int read(int index, Resolution resolution, Aspect aspect, SampleBuffer into) {
    if (begins[index + 1] == begins[index] + 1) {
      Entry only = entries[begins[index]];
      return only.selection.read(only.index, resolution, aspect, into);
    }
    return Selection.super.read(index, resolution, aspect, into);
  }

  @Override
  public int readCounted(int index, Resolution resolution, Aspect edges, SampleBuffer into, SampleBuffer counts) {
    if (begins[index + 1] == begins[index] + 1) {
      Entry only = entries[begins[index]];
      return only.selection.readCounted(only.index, resolution, edges, into, counts);
    }
    return Selection.super.readCounted(index, resolution, edges, into, counts);
  }

  @Override
  public void readNewest(int index, SampleBuffer into) {
    if (begins[index + 1] == begins[index] + 1) {
      Entry only = entries[begins[index]];
      only.selection.readNewest(only.index, into);
    } else {
      read(index, into);
      into.keepNewest();
    }
  }

  @Override
  public void close() {
    selections.forEach(Selection::close);
  }
}
