package io.tidemark.storage;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.storage.head.HeadView;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// The series of several parts as one sorted selection; a series that several parts hold is one, its samples merged. Series of heads,
/// which have none in common, are only put in order when somebody asks for one of them.
final class SeriesMerge implements Selection {
  /// Memory of a place: its ref alone, then its place among others.
  private static final long PLACE_BYTES = 24;
  /// Memory of the labels of a series, whose texts are shared: who asks for some may keep them all.
  private static final long LABELS_BYTES = 136;
  /// Of more, every so many-th stands for its neighbours.
  private static final int PLACES_LOOKED_AT = 1_024;

  private final TimeRange range;
  /// By number, the older first.
  private final SeriesPart[] parts;
  /// Guarded by this while they are put in order.
  private FoundSeries found;
  private volatile boolean isOrdered;
  private volatile boolean holdsLabels;
  private final ReadWatch watch;
  /// See {@link #over}; found on demand, a race finds it twice.
  private final int[] @Nullable [] over;

  private SeriesMerge(TimeRange range, List<? extends SeriesPart> parts, FoundSeries found, boolean isOrdered, ReadWatch watch) {
    this.range = range;
    this.parts = parts.toArray(SeriesPart[]::new);
    this.found = found;
    this.isOrdered = isOrdered;
    this.watch = watch;
    over = new int[this.parts.length][];
  }

  /// @param parts the older first: of two samples with one timestamp that of the later part counts
  static SeriesMerge of(List<SeriesPart> parts, List<Matcher> matchers, TimeRange range, int seriesMax, ReadWatch watch,
      KeptSeries kept) {
    Matching matching = Matching.compile(matchers, watch);
    var pace = new Pace(watch);
    Optional<FoundSeries> known = kept.of(parts, matchers, matching, watch);
    // Each head is that of another shard, and a series belongs to one.
    boolean apart = parts.stream().allMatch(HeadView.class::isInstance);
    boolean isOrdered = known.isPresent() || !apart;
    FoundSeries found;
    if (known.isPresent()) {
      watch.hold(known.get().begin(known.get().count()) * PLACE_BYTES);
      found = known.get().within(range, parts, pace);
    } else {
      List<int[]> refs = find(parts, matching, range, seriesMax, pace, watch);
      found = apart ? FoundSeries.apart(refs) : FoundSeries.of(parts, refs, watch);
    }
    if (found.count() > seriesMax) {
      throw tooMany(seriesMax);
    }
    return new SeriesMerge(range, parts, found, isOrdered, watch);
  }

  /// The series of each part, ascending.
  private static List<int[]> find(List<SeriesPart> parts, Matching matching, TimeRange range, int seriesMax, Pace pace, ReadWatch watch) {
    var found = new ArrayList<int[]>();
    for (SeriesPart part : parts) {
      Postings refs = matching.select(part.index());
      watch.hold(refs.count() * PLACE_BYTES);
      int[] some = new int[refs.count()];
      int count = 0;
      for (int i = 0; i < some.length; i++) {
        int ref = refs.refs()[i];
        pace.round();
        if (part.has(ref, range.startMillis(), range.endMillis())) {
          if (count == seriesMax) {
            throw tooMany(seriesMax);
          }
          some[count++] = ref;
        }
      }
      found.add(Arrays.copyOf(some, count));
    }
    return found;
  }

  /// Every series of the parts that may have samples within the range. Labels are made anew for each call of {@link #labels}.
  static SeriesMerge all(List<? extends SeriesPart> parts, TimeRange range) {
    return new SeriesMerge(range, parts, FoundSeries.all(parts, range), true, ReadWatch.NONE);
  }

  /// Whether a reader of both sees the same, within the range, as one of `whole` alone.
  ///
  /// @param isLater whether `whole` is the later part: what it has at a timestamp counts, whatever that is; else it must be the same bit
  ///                for bit
  static boolean covers(SeriesPart whole, boolean isLater, SeriesPart part, TimeRange range) {
    SeriesMerge wanted = all(List.of(part), range);
    SeriesMerge there = all(List.of(whole), range);
    var samples = new SampleBuffer();
    var found = new SampleBuffer();
    int at = 0;
    for (int i = 0; i < wanted.count(); i++) {
      while (at < there.count() && there.labels(at).compareTo(wanted.labels(i)) < 0) {
        at++;
      }
      if (at == there.count() || !there.labels(at).equals(wanted.labels(i))) {
        return false;
      }
      wanted.read(i, samples);
      there.read(at, found);
      if (!covers(found, isLater, samples)) {
        return false;
      }
    }
    return true;
  }

  private static boolean covers(SampleBuffer whole, boolean isLater, SampleBuffer part) {
    int at = 0;
    for (int i = 0; i < part.count; i++) {
      while (at < whole.count && whole.timestampsMillis[at] < part.timestampsMillis[i]) {
        at++;
      }
      if (at == whole.count || !(isLater ? whole.timestampsMillis[at] == part.timestampsMillis[i] : whole.sameAs(at, part, i))) {
        return false;
      }
    }
    return true;
  }

  private static TidemarkException tooMany(int seriesMax) {
    return new TidemarkException(ErrorCode.TOO_EXPENSIVE,
        "the selector matches more than " + seriesMax + " series; add matchers, or raise the limit of series a query");
  }

  @Override
  public int count() {
    return found.count();
  }

  @Override
  public Selection anyOrder() {
    return isOrdered ? this : new SeriesMerge(range, List.of(parts), found, true, watch);
  }

  private FoundSeries ordered() {
    if (!isOrdered) {
      putInOrder();
    }
    return found;
  }

  private synchronized void putInOrder() {
    if (!isOrdered) {
      found = found.inOrder(Arrays.stream(parts).map(HeadView.class::cast).toList(), watch);
      isOrdered = true;
    }
  }

  @Override
  public LabelSet labels(int index) {
    FoundSeries series = ordered();
    if (series.hasLabels()) {
      return series.labels(index);
    }
    if (!holdsLabels) {
      holdLabels();
    }
    return parts[series.part(series.begin(index))].labels(series.ref(series.begin(index)));
  }

  private synchronized void holdLabels() {
    if (!holdsLabels) {
      watch.hold(found.count() * LABELS_BYTES);
      holdsLabels = true;
    }
  }

  @Override
  public String label(int index, String name) {
    FoundSeries series = ordered();
    int first = series.begin(index);
    return series.hasLabels() ? series.labels(index).value(name) : parts[series.part(first)].label(series.ref(first), name);
  }

  @Override
  public void read(int index, SampleBuffer into) {
    FoundSeries series = ordered();
    into.clear();
    int end = series.begin(index + 1);
    for (int place = series.begin(index); place < end; place++) {
      SeriesPart part = parts[series.part(place)];
      if (into.count == 0) {
        part.read(series.ref(place), range.startMillis(), range.endMillis(), into);
      } else {
        var newer = new SampleBuffer();
        part.read(series.ref(place), range.startMillis(), range.endMillis(), newer);
        Samples.mergeNewer(into, 0, newer);
      }
    }
  }

  @Override
  public boolean isDownsampled(Resolution resolution, Aspect aspect) {
    int places = found.begin(found.count());
    int stride = Math.ceilDiv(Math.max(1, places), PLACES_LOOKED_AT);
    for (int place = 0; place < places; place += stride) {
      if (parts[found.part(place)].isDownsampled(found.ref(place), resolution, aspect)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public int read(int index, Resolution resolution, Aspect aspect, SampleBuffer into) {
    FoundSeries series = ordered();
    into.clear();
    int told = 0;
    int end = series.begin(index + 1);
    for (int place = series.begin(index); place < end; place++) {
      SeriesPart part = parts[series.part(place)];
      boolean isBehind = isBehind(part, into);
      SampleBuffer samples = isBehind ? new SampleBuffer() : into;
      int before = samples.count;
      if (isAlone(place, index)
          && part.readDownsampled(series.ref(place), resolution, aspect, range.startMillis(), range.endMillis(), samples)) {
        told += samples.count - before;
      } else {
        part.read(series.ref(place), range.startMillis(), range.endMillis(), samples);
        samples.forgetReset(before);
        aspect.takeRaw(samples, before);
      }
      if (isBehind) {
        Samples.mergeNewer(into, 0, samples);
      }
    }
    return told;
  }

  @Override
  public int readCounted(int index, Resolution resolution, Aspect edges, SampleBuffer into, SampleBuffer counts) {
    FoundSeries series = ordered();
    into.clear();
    counts.clear();
    int told = 0;
    int end = series.begin(index + 1);
    for (int place = series.begin(index); place < end; place++) {
      SeriesPart part = parts[series.part(place)];
      boolean isBehind = isBehind(part, into);
      SampleBuffer samples = isBehind ? new SampleBuffer() : into;
      SampleBuffer itsCounts = isBehind ? new SampleBuffer() : counts;
      int before = samples.count;
      if (isAlone(place, index)
          && part.readCounted(series.ref(place), resolution, edges, range.startMillis(), range.endMillis(), samples, itsCounts)) {
        told += samples.count - before;
      } else {
        part.read(series.ref(place), range.startMillis(), range.endMillis(), samples);
        samples.forgetReset(before);
        Aspect.countRaw(samples, before, itsCounts);
      }
      if (isBehind) {
        Samples.mergeNewer(into, 0, samples);
        Samples.mergeNewer(counts, 0, itsCounts);
      }
    }
    return told;
  }

  /// Whether the part may have samples that are not newer than those of parts before it.
  private static boolean isBehind(SeriesPart part, SampleBuffer read) {
    return read.count > 0 && part.overlaps(Long.MIN_VALUE, read.timestampsMillis[read.count - 1] + 1);
  }

  /// Whether no other part has samples of the series in the time of this one: they would be among its buckets, or in the place of some of
  /// its samples.
  private boolean isAlone(int place, int index) {
    int number = found.part(place);
    int[] others = over(number);
    if (others.length == 0) {
      return true;
    }
    TimeRange time = parts[number].time();
    long from = Math.max(range.startMillis(), time.startMillis());
    long to = Math.min(range.endMillis(), time.endMillis());
    for (int other = found.begin(index); other < found.begin(index + 1); other++) {
      int otherNumber = found.part(other);
      if (Arrays.binarySearch(others, otherNumber) >= 0 && parts[otherNumber].has(found.ref(other), from, to)) {
        return false;
      }
    }
    return true;
  }

  /// The other parts that may have samples in the time of this one, ascending.
  private int[] over(int number) {
    int[] known = over[number];
    if (known == null) {
      TimeRange time = parts[number].time();
      known = IntStream.range(0, parts.length).filter(other -> other != number
          && parts[other].overlaps(time.startMillis(), time.endMillis())).toArray();
      over[number] = known;
    }
    return known;
  }

  @Override
  public void readNewest(int index, SampleBuffer into) {
    FoundSeries series = ordered();
    into.clear();
    int begin = series.begin(index);
    // The newer parts first: of two samples with one timestamp that of the later part counts, and an older part is seldom asked at all.
    for (int place = series.begin(index + 1) - 1; place >= begin; place--) {
      SeriesPart part = parts[series.part(place)];
      int ref = series.ref(place);
      if (into.count == 0) {
        part.readNewest(ref, range.startMillis(), range.endMillis(), into);
      } else {
        long after = into.timestampsMillis[0] + 1;
        if (part.overlaps(after, range.endMillis()) && part.has(ref, after, range.endMillis())) {
          var newer = new SampleBuffer();
          part.readNewest(ref, after, range.endMillis(), newer);
          if (newer.count > 0) {
            into.clear();
            into.addFrom(newer, 0);
          }
        }
      }
    }
  }

  /// Nothing is held that the collector does not free: files stay mapped as long as a part is reachable.
  @Override
  public void close() {}
}
