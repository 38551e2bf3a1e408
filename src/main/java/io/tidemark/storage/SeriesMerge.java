package io.tidemark.storage;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import java.util.ArrayList;
import java.util.List;

/// The series of several parts as one sorted selection; a series that several parts hold is one, its samples merged.
final class SeriesMerge implements Selection {
  /// A series in one part. Parts are numbered older first.
  private record Entry(LabelSet labels, SeriesPart part, int ref) {}

  /// Memory of an entry: its labels (their texts are shared), its places in lists while they are sorted.
  private static final long ENTRY_BYTES = 160;

  private final TimeRange range;
  /// By labels, of equal ones the older part first.
  private final Entry[] entries;
  /// Where each series begins in `entries`; one more at the end.
  private final int[] begins;
  private final int count;

  private SeriesMerge(TimeRange range, Entry[] entries, int[] begins, int count) {
    this.range = range;
    this.entries = entries;
    this.begins = begins;
    this.count = count;
  }

  /// @param parts the older first: of two samples with one timestamp that of the later part counts
  static SeriesMerge of(List<SeriesPart> parts, Matching matching, TimeRange range, int seriesMax, ReadWatch watch) {
    var found = new ArrayList<Entry>();
    var pace = new Pace(watch);
    for (SeriesPart part : parts) {
      int before = found.size();
      Postings refs = matching.select(part.index());
      for (int i = 0; i < refs.count(); i++) {
        int ref = refs.refs()[i];
        pace.round();
        if (part.has(ref, range.startMillis(), range.endMillis())) {
          found.add(new Entry(part.labels(ref), part, ref));
          if (found.size() % Pace.ROUNDS == 0) {
            watch.hold(Pace.ROUNDS * ENTRY_BYTES);
          }
          if (found.size() - before > seriesMax) {
            throw tooMany(seriesMax);
          }
        }
      }
    }
    watch.hold(found.size() % Pace.ROUNDS * ENTRY_BYTES);
    return group(found, range, seriesMax, pace);
  }

  /// Every series of the parts that may have samples within the range.
  static SeriesMerge all(List<? extends SeriesPart> parts, TimeRange range) {
    var found = new ArrayList<Entry>();
    for (SeriesPart part : parts) {
      int end = part.index().refsEnd();
      for (int ref = 0; ref < end; ref++) {
        if (part.has(ref, range.startMillis(), range.endMillis())) {
          found.add(new Entry(part.labels(ref), part, ref));
        }
      }
    }
    return group(found, range, Integer.MAX_VALUE, new Pace(ReadWatch.NONE));
  }

  /// Whether `whole` has every sample of `part` within the range, bit for bit.
  static boolean contains(SeriesPart whole, SeriesPart part, TimeRange range) {
    SeriesMerge wanted = all(List.of(part), range);
    SeriesMerge there = all(List.of(whole), range);
    var samples = new SampleBuffer();
    var found = new SampleBuffer();
    int at = 0;
    for (int i = 0; i < wanted.count; i++) {
      while (at < there.count && there.labels(at).compareTo(wanted.labels(i)) < 0) {
        at++;
      }
      if (at == there.count || !there.labels(at).equals(wanted.labels(i))) {
        return false;
      }
      wanted.read(i, samples);
      there.read(at, found);
      if (!contains(found, samples)) {
        return false;
      }
    }
    return true;
  }

  private static boolean contains(SampleBuffer whole, SampleBuffer part) {
    int at = 0;
    for (int i = 0; i < part.count; i++) {
      while (at < whole.count && whole.timestampsMillis[at] < part.timestampsMillis[i]) {
        at++;
      }
      if (at == whole.count || !whole.sameAs(at, part, i)) {
        return false;
      }
    }
    return true;
  }

  private static SeriesMerge group(List<Entry> found, TimeRange range, int seriesMax, Pace pace) {
    // Stable, and quick on what is sorted already: a block's series are.
    found.sort((a, b) -> {
      pace.round();
      return a.labels.compareTo(b.labels);
    });
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
      throw tooMany(seriesMax);
    }
    return new SeriesMerge(range, entries, begins, count);
  }

  private static TidemarkException tooMany(int seriesMax) {
    return new TidemarkException(ErrorCode.TOO_EXPENSIVE,
        "the selector matches more than " + seriesMax + " series; add matchers, or raise the limit of series a query");
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
    into.clear();
    for (int i = begins[index]; i < begins[index + 1]; i++) {
      Entry entry = entries[i];
      if (into.count == 0) {
        entry.part.read(entry.ref, range.startMillis(), range.endMillis(), into);
      } else {
        var newer = new SampleBuffer();
        entry.part.read(entry.ref, range.startMillis(), range.endMillis(), newer);
        Samples.mergeNewer(into, 0, newer);
      }
    }
  }

  /// Nothing is held that the collector does not free: files stay mapped as long as a part is reachable.
  @Override
  public void close() {}
}
