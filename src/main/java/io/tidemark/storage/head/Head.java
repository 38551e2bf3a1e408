package io.tidemark.storage.head;

import io.tidemark.log.BatchExtras;
import io.tidemark.log.BatchReader;
import io.tidemark.log.MetricMetadata;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.Exemplar;
import io.tidemark.model.Histogram;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.storage.Erased;
import io.tidemark.storage.Postings;
import io.tidemark.storage.SeriesExemplars;
import io.tidemark.storage.SeriesReader.Metadata;
import io.tidemark.storage.Tombstone;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Entropy;
import io.tidemark.time.Loop;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The memory of one shard: takes log records, shows {@link HeadView}s.
///
/// A sample goes to the window that its timestamp is in. Windows that are *open* take appends; a *cut* makes one *sealing*: from then on
/// it never changes, samples for its time open a new window beside it, and {@link #release} lets it go once a block holds its samples.
///
/// What a head holds as of a log position is a function of the log before it: {@link CutRule} ends windows, and everything else that
/// decides about a sample is in the checkpoint too. Two things need care for that. A series is *dead* when no open window has samples
/// of it and no writer may name it; a checkpoint need not keep it, so one that comes back must find its newest time forgotten by a
/// head that did keep it. And writers are forgotten as the times in the log go on, not as time does.
///
/// All methods belong to the owner's loop, except {@link #view} and what is marked.
public final class Head {
  private static final VarHandle NEWEST;
  private static final Window NONE = new Window(0, 0);

  /// A writer is forgotten when its epoch began this long before the newest time, which is longer than an epoch lasts, and it was silent
  /// while the newest time came to a further tick this often.
  private static final long WRITER_AGE_MILLIS_MAX = 25 * 3_600_000L;
  private static final long TICK_MILLIS = 600_000;
  private static final long SILENT_TICKS_MAX = 12;

  static {
    try {
      NEWEST = MethodHandles.lookup().findVarHandle(Head.class, "newestMillis", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Loop owner;
  private final String shard;
  private final HeadLimits limits;
  private final CutRule cuts;
  private HeadCounters counters;
  private final SeriesIndex index;
  private final Writers writers = new Writers();
  private final MetadataTable metadata = new MetadataTable();
  private final ExemplarRing exemplars;
  /// Newest timestamp of each series, by ref: what "late" is measured from.
  private final PublishedLongs newest = new PublishedLongs();
  /// By start.
  private Window[] open = new Window[0];
  private final List<Window> sealing = new ArrayList<>();
  private volatile HeadView view;
  private long newestMillis = Long.MIN_VALUE;
  private long changedFromMillis = Long.MAX_VALUE;
  /// The newest time as of the last record's end.
  private long newestBeforeMillis = Long.MIN_VALUE;
  private long logBytes;
  private Window last = NONE;
  /// How much older than its series' newest a sample of the current record may be.
  private long lateMillis;
  /// In the order of the log.
  private volatile List<Tombstone> tombstones = List.of();
  /// The series that they are about.
  private final BitSet touched = new BitSet();
  private Postings touchedRefs = Postings.NONE;
  /// What they erase in the windows that were cut.
  private final Map<Window, Erased> erased = new HashMap<>();

  private long appended;
  private long outOfOrder;
  private long duplicates;
  private long overwrites;
  private long late;
  private long outOfBounds;
  private long windowsFull;
  /// Of series that are not known, until they are taken.
  private long unknownSamples;

  /// @param entropy for the seeds of hashes
  public Head(Loop owner, HeadLimits limits, Entropy entropy, Metrics metrics, String shard) {
    this.owner = owner;
    this.shard = shard;
    index = new SeriesIndex(entropy);
    this.limits = limits;
    cuts = new CutRule(limits);
    lateMillis = limits.outOfOrderMillis();
    counters = new HeadCounters(metrics, shard);
    exemplars = new ExemplarRing(limits.exemplarsMax());
    view = new HeadView(index, List.of());
  }

  /// Any thread.
  public HeadView view() {
    return view;
  }

  /// The newest timestamp taken, or `Long.MIN_VALUE`. Any thread.
  public long newestMillis() {
    return (long) NEWEST.getOpaque(this);
  }

  /// Any thread.
  public Map<String, List<Metadata>> metadata() {
    return metadata.all();
  }

  /// Exemplars with times in `range` of the series `refs`, by series and time. Any thread.
  public List<SeriesExemplars> exemplars(Postings refs, TimeRange range) {
    return exemplars.find(refs, range, index::labels);
  }

  /// Any thread.
  public int exemplarCount() {
    return exemplars.count();
  }

  /// Any thread.
  public int exemplarsMax() {
    return limits.exemplarsMax();
  }

  /// Takes one exemplar of a series.
  void addExemplar(int ref, Exemplar exemplar) {
    switch (exemplars.add(ref, exemplar)) {
      case KEPT -> counters.exemplars.increment();
      case OUT_OF_ORDER -> counters.exemplarsOutOfOrder.increment();
      case REPEATED, NO_ROOM -> { }
    }
  }

  /// Applies one decoded record; {@link #endRecord} must follow. A series whose definition is damaged is left out, and so are its
  /// samples; both are counted.
  public void apply(BatchReader batch) {
    assert owner.isCurrent();
    last = NONE;
    lateMillis = batch.isBackfill() ? limits.backfillMillis() : limits.outOfOrderMillis();
    Writers.Dictionary dictionary = writers.of(batch.writer(), batch.epoch(), batch.epochStartMillis());
    for (int i = 0; i < batch.definitions(); i++) {
      define(batch, i, dictionary);
    }
    for (MetricMetadata told : batch.metadata()) {
      metadata.add(told);
    }
    BatchExtras extras = batch.extras();
    long unknown = extras.isPlain() ? appendValues(batch, dictionary) : appendMixed(batch, extras, dictionary);
    counters.orphans.add(unknown);
    unknownSamples += unknown;
    for (BatchExtras.OfSeries told : extras.exemplars()) {
      int ref = dictionary.ref(told.ref());
      if (ref < 0) {
        counters.exemplarOrphans.increment();
      } else {
        addExemplar(ref, told.exemplar());
      }
    }
    publishCounts();
  }

  private long appendValues(BatchReader batch, Writers.Dictionary dictionary) {
    long orphans = 0;
    int[] refs = batch.refs();
    long[] timestamps = batch.timestampsMillis();
    long[] values = batch.valueBits();
    int samples = batch.samples();
    if (hasRuns(refs, samples)) {
      return appendRuns(refs, timestamps, values, samples, dictionary);
    }
    for (int i = 0; i < samples; i++) {
      int ref = dictionary.ref(refs[i]);
      if (ref < 0) {
        orphans++;
      } else {
        append(ref, timestamps[i], values[i]);
      }
    }
    return orphans;
  }

  /// Whether most samples are of the series of the one before, as when times past are sent series by series. A loop of its own, so that
  /// records of one sample a series pay little for it.
  private static boolean hasRuns(int[] refs, int samples) {
    int same = 0;
    for (int i = 1; i < samples; i++) {
      same += refs[i] == refs[i - 1] ? 1 : 0;
    }
    return same > samples / 2;
  }

  /// {@link #appendValues} of a record in which samples of a series follow on each other.
  long appendRuns(int[] refs, long[] timestamps, long[] values, int samples, Writers.Dictionary dictionary) {
    long orphans = 0;
    int from = 0;
    while (from < samples) {
      int to = from + 1;
      while (to < samples && refs[to] == refs[from]) {
        to++;
      }
      int ref = dictionary.ref(refs[from]);
      if (ref < 0) {
        orphans += to - from;
      } else {
        appendRun(ref, timestamps, values, from, to);
      }
      from = to;
    }
    return orphans;
  }

  /// Appends samples `[from, to)` of one series: together those that ascend in one window, after the first there.
  private void appendRun(int ref, long[] timestamps, long[] values, int from, int to) {
    int i = from;
    while (i < to) {
      append(ref, timestamps[i], values[i]);
      i++;
      long limit = Math.min(last.endMillis, HeadLimits.TIMESTAMP_MAX_MILLIS + 1);
      if (i < to && timestamps[i] >= Math.max(last.startMillis, -HeadLimits.TIMESTAMP_MAX_MILLIS) && timestamps[i] < limit
          && timestamps[i] > newest.at(ref)) {
        int end = ascending(timestamps, i, to, limit);
        last.append(ref, timestamps, values, i, end);
        appended += end - i;
        changedFromMillis = Math.min(changedFromMillis, timestamps[i]);
        advance(ref, timestamps[end - 1]);
        i = end;
      }
    }
  }

  /// Where timestamps from `from` on, which is below `limit`, cease to ascend below it.
  private static int ascending(long[] timestamps, int from, int to, long limit) {
    int i = from + 1;
    while (i < to && timestamps[i] < limit && timestamps[i] > timestamps[i - 1]) {
      i++;
    }
    return i;
  }

  /// {@link #appendValues} of a record that has histograms or start times.
  private long appendMixed(BatchReader batch, BatchExtras extras, Writers.Dictionary dictionary) {
    long orphans = 0;
    long[] starts = extras.startsMillis();
    int nextHistogram = 0;
    for (int i = 0; i < batch.samples(); i++) {
      boolean isHistogram = nextHistogram < extras.histogramAt().length && extras.histogramAt()[nextHistogram] == i;
      Histogram histogram = isHistogram ? extras.histograms().get(nextHistogram++) : null;
      long start = starts.length == 0 ? 0 : starts[i];
      int ref = dictionary.ref(batch.refs()[i]);
      if (ref < 0) {
        orphans++;
      } else if (histogram == null && start == 0) {
        append(ref, batch.timestampsMillis()[i], batch.valueBits()[i]);
      } else {
        append(ref, batch.timestampsMillis()[i], batch.valueBits()[i], histogram, start);
      }
    }
    return orphans;
  }

  /// Applies a delete; {@link #endRecord} must follow. Open windows with samples of its series and times are cut, so that what it erases
  /// and what comes after it lie apart.
  ///
  /// Takes as long as a query needs to find the series; deletes are rare.
  ///
  /// @return whether a window was cut
  /// @throws TidemarkException `BAD_DATA` for a pattern that this release does not know; nothing is changed then
  public boolean erase(Tombstone tombstone) {
    assert owner.isCurrent();
    Postings refs = tombstone.select(index);
    List<Window> hit = Arrays.stream(open).filter(window -> tombstone.range().startMillis() < window.endMillis
        && window.startMillis < tombstone.range().endMillis() && hasAny(window, refs)).toList();
    exemplars.erase(refs, tombstone.range());
    touch(refs);
    var more = new ArrayList<>(tombstones);
    more.add(tombstone);
    tombstones = List.copyOf(more);
    erased.clear();
    hit.forEach(window -> cut(window, tombstone.position()));
    publish();
    changedFromMillis = Math.min(changedFromMillis, tombstone.range().startMillis());
    return !hit.isEmpty();
  }

  private static boolean hasAny(Window window, Postings refs) {
    for (int i = 0; i < refs.count(); i++) {
      if (window.has(refs.refs()[i])) {
        return true;
      }
    }
    return false;
  }

  private void touch(Postings refs) {
    for (int i = 0; i < refs.count(); i++) {
      touched.set(refs.refs()[i]);
    }
    touchedRefs = Tombstone.postings(touched);
  }

  /// The deletes that blocks or windows may still need, in the order of the log. Any thread.
  public List<Tombstone> tombstones() {
    return tombstones;
  }

  /// Lets go of tombstones that nothing needs any more.
  public void forget(Collection<Tombstone> gone) {
    assert owner.isCurrent();
    tombstones = tombstones.stream().filter(tombstone -> !gone.contains(tombstone)).toList();
    erased.clear();
    publish();
  }

  /// Ends a record that was applied, or passed over because it is damaged: cuts the windows that end with it.
  ///
  /// @param nextPosition the log position after the record
  /// @param bytes        the record's size
  /// @return whether a window was cut
  public boolean endRecord(long nextPosition, int bytes) {
    assert owner.isCurrent();
    logBytes += bytes;
    for (Window window : open) {
      if (window.bornLogBytes < 0) {
        window.bornLogBytes = logBytes;
        window.bornNewestMillis = newestMillis;
      }
    }
    if (newestMillis != newestBeforeMillis) {
      if (Math.floorDiv(newestMillis, TICK_MILLIS) != Math.floorDiv(newestBeforeMillis, TICK_MILLIS)) {
        writers.tick(newestMillis - WRITER_AGE_MILLIS_MAX, SILENT_TICKS_MAX);
      }
      newestBeforeMillis = newestMillis;
    }
    List<Window> due = cuts.due(open, newestMillis, logBytes);
    due.forEach(window -> cut(window, nextPosition));
    return !due.isEmpty();
  }

  private void define(BatchReader batch, int i, Writers.Dictionary dictionary) {
    if (dictionary.ref(batch.definitionRef(i)) >= 0) {
      return;
    }
    try {
      int ref = define(batch.bytes(), batch.definitionFrom(i), batch.definitionTo(i));
      if (newest.at(ref) != Long.MIN_VALUE && isDead(ref)) {
        newest.set(ref, Long.MIN_VALUE);
      }
      dictionary.define(batch.definitionRef(i), ref);
    } catch (TidemarkException e) {
      // Damaged label bytes: their samples find no series and are counted as orphans.
      assert e.code() == ErrorCode.CORRUPT : e;
    }
  }

  private boolean isDead(int ref) {
    if (writers.isNamed(ref)) {
      return false;
    }
    for (Window window : open) {
      if (window.has(ref)) {
        return false;
      }
    }
    return true;
  }

  /// The ref of the series with these canonical label bytes, added if it is new.
  public int define(byte[] bytes, int from, int to) {
    assert owner.isCurrent();
    return add(bytes, from, to);
  }

  /// {@link #define} without an owner: a head that is being loaded belongs to the loading thread.
  int add(byte[] bytes, int from, int to) {
    int ref = index.define(bytes, from, to);
    if (ref == newest.count()) {
      newest.add(Long.MIN_VALUE);
    }
    return ref;
  }

  /// Appends one value to a series. Call {@link #publishCounts} after a run of them.
  public void append(int ref, long timestampMillis, long valueBits) {
    long seriesNewest = newest.at(ref);
    Window window = accept(seriesNewest, timestampMillis);
    if (window != NONE) {
      count(ref, timestampMillis, seriesNewest, window.append(ref, timestampMillis, valueBits));
    }
  }

  /// Appends one sample that is a histogram, or whose counter began at a known time, to a series. Call {@link #publishCounts} after a run
  /// of them.
  ///
  /// @param valueBits   counts if there is no histogram
  /// @param startMillis 0 for unknown
  public void append(int ref, long timestampMillis, long valueBits, @Nullable Histogram histogram, long startMillis) {
    long seriesNewest = newest.at(ref);
    Window window = accept(seriesNewest, timestampMillis);
    if (window != NONE) {
      count(ref, timestampMillis, seriesNewest, window.append(ref, timestampMillis, valueBits, histogram, startMillis));
    }
  }

  /// The window that takes a sample, or `NONE`, which is counted then.
  private Window accept(long seriesNewest, long timestampMillis) {
    if (timestampMillis > HeadLimits.TIMESTAMP_MAX_MILLIS || timestampMillis < -HeadLimits.TIMESTAMP_MAX_MILLIS) {
      outOfBounds++;
      return NONE;
    }
    if (timestampMillis < seriesNewest && seriesNewest - timestampMillis > lateMillis) {
      late++;
      return NONE;
    }
    Window window = last;
    if (timestampMillis < window.startMillis || timestampMillis >= window.endMillis) {
      window = windowOf(timestampMillis);
      if (window.startMillis == window.endMillis) {
        windowsFull++;
        return NONE;
      }
      window.grownLogBytes = logBytes;
      last = window;
    }
    return window;
  }

  private void count(int ref, long timestampMillis, long seriesNewest, Window.Outcome outcome) {
    changedFromMillis = Math.min(changedFromMillis, timestampMillis);
    switch (outcome) {
      case IN_ORDER -> appended++;
      case OUT_OF_ORDER -> appended++;
      case DUPLICATE -> duplicates++;
      case OVERWRITE -> {
        appended++;
        overwrites++;
      }
    }
    if (timestampMillis < seriesNewest) {
      outOfOrder++;
    } else if (timestampMillis > seriesNewest) {
      advance(ref, timestampMillis);
    }
  }

  private void advance(int ref, long timestampMillis) {
    newest.set(ref, timestampMillis);
    if (timestampMillis > newestMillis) {
      NEWEST.setOpaque(this, timestampMillis);
    }
  }

  /// How many samples of unknown series were left out since this was asked before.
  public long takeUnknownSamples() {
    assert owner.isCurrent();
    long taken = unknownSamples;
    unknownSamples = 0;
    return taken;
  }

  /// The lowest time of a sample taken since the last call, or `Long.MAX_VALUE`.
  public long takeChangedFromMillis() {
    assert owner.isCurrent();
    long from = changedFromMillis;
    changedFromMillis = Long.MAX_VALUE;
    return from;
  }

  /// Adds what was counted since the last call to the metrics.
  public void publishCounts() {
    counters.appended.add(appended);
    counters.outOfOrder.add(outOfOrder);
    counters.duplicates.add(duplicates);
    counters.overwrites.add(overwrites);
    counters.late.add(late);
    counters.outOfBounds.add(outOfBounds);
    counters.windowsFull.add(windowsFull);
    appended = 0;
    outOfOrder = 0;
    duplicates = 0;
    overwrites = 0;
    late = 0;
    outOfBounds = 0;
    windowsFull = 0;
  }

  /// The open window of a timestamp, made if need be; an empty one when there are too many.
  private Window windowOf(long timestampMillis) {
    long start = Math.floorDiv(timestampMillis, limits.windowMillis()) * limits.windowMillis();
    int low = 0;
    int high = open.length;
    while (low < high) {
      int middle = low + high >>> 1;
      if (open[middle].startMillis < start) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    if (low < open.length && open[low].startMillis == start) {
      return open[low];
    }
    // Those that wait for their blocks do not count: how many do is no function of the log.
    if (open.length >= limits.windowsMax()) {
      return new Window(start, start);
    }
    return addOpen(low, new Window(start, start + limits.windowMillis()));
  }

  private Window addOpen(int at, Window window) {
    Window[] more = new Window[open.length + 1];
    System.arraycopy(open, 0, more, 0, at);
    more[at] = window;
    System.arraycopy(open, at, more, at + 1, open.length - at);
    open = more;
    publish();
    return window;
  }

  private void publish() {
    var windows = new ArrayList<>(sealing);
    windows.addAll(List.of(open));
    windows.sort(Comparator.comparingLong(window -> window.startMillis));
    view = new HeadView(index, windows, erased(windows), touchedRefs);
  }

  private List<Erased> erased(List<Window> windows) {
    if (tombstones.isEmpty() || sealing.isEmpty()) {
      return List.of();
    }
    // What an open window holds came after every tombstone that is about it.
    return windows.stream().map(window -> window.sealedAt() < 0 ? Erased.NONE
        : erased.computeIfAbsent(window, this::erased)).toList();
  }

  private Erased erased(Window window) {
    List<Tombstone> over = tombstones.stream().filter(tombstone -> tombstone.position() >= window.sealedAt()
        && tombstone.range().startMillis() < window.endMillis && window.startMillis < tombstone.range().endMillis()).toList();
    return over.isEmpty() ? Erased.NONE : Erased.of(index, over);
  }

  /// The windows that take appends, by start.
  public List<Window> openWindows() {
    return List.of(open);
  }

  /// The windows on their way to a block, in the order in which they were cut.
  public List<Window> sealingWindows() {
    return List.copyOf(sealing);
  }

  /// How many windows are on their way to a block.
  public int sealingCount() {
    return sealing.size();
  }

  /// Ends appends to an open window: it is immutable from here on. By hand; {@link #endRecord} does it when the log says so.
  ///
  /// @param position the log position up to which (exclusive) records are applied
  public void cut(Window window, long position) {
    assert owner.isCurrent();
    window.seal(position);
    open = Arrays.stream(open).filter(other -> other != window).toArray(Window[]::new);
    sealing.add(window);
    last = NONE;
    publish();
  }

  /// Lets go of a sealing window. Its samples must be readable elsewhere already.
  public void release(Window window) {
    assert owner.isCurrent();
    boolean was = sealing.remove(window);
    assert was;
    erased.remove(window);
    publish();
  }

  /// Counts into other metrics from now on: a head that replays what another has counted begins with metrics of its own.
  public void countInto(Metrics metrics, String shard) {
    assert owner.isCurrent();
    counters = new HeadCounters(metrics, shard);
  }

  /// Everything as it is now, for a checkpoint that is written elsewhere. Costs a copy of the slots, 64 bytes a series, and 16 more.
  ///
  /// @param position the log position up to which (exclusive) records are applied
  public HeadSnapshot freeze(long position) {
    assert owner.isCurrent();
    var frozen = new ArrayList<HeadSnapshot.FrozenWindow>();
    for (Window window : sealing) {
      frozen.add(new HeadSnapshot.FrozenWindow(window.freeze(), window.sealedAt()));
    }
    for (Window window : open) {
      frozen.add(new HeadSnapshot.FrozenWindow(window.freeze(), -1));
    }
    var dictionaries = new ArrayList<HeadSnapshot.FrozenWriter>();
    for (Writers.Dictionary dictionary : writers.all()) {
      dictionaries.add(new HeadSnapshot.FrozenWriter(dictionary.writer, dictionary.epoch, dictionary.startMillis,
          dictionary.silentTicks(), Arrays.copyOf(dictionary.refs, dictionary.end)));
    }
    long[] newestCopy = new long[newest.count()];
    for (int i = 0; i < newestCopy.length; i++) {
      newestCopy[i] = newest.at(i);
    }
    return new HeadSnapshot(shard, position, limits.windowMillis(), newestMillis, logBytes, index, newestCopy, frozen, dictionaries,
        Map.copyOf(metadata.all()), exemplars.all(), tombstones);
  }

  // What HeadLoader brings back.

  /// The number of the shard, as text.
  String shard() {
    return shard;
  }

  void restoreLog(long newestMillis, long logBytes) {
    NEWEST.setOpaque(this, newestMillis);
    newestBeforeMillis = newestMillis;
    this.logBytes = logBytes;
  }

  SeriesIndex index() {
    return index;
  }

  /// Adds the next series and returns its ref.
  int restoreSeries(int hash, int[] pairs, int count, long newestOfIt) {
    int ref = index.restore(hash, pairs, count);
    newest.add(Long.MIN_VALUE);
    restoreNewest(ref, newestOfIt);
    return ref;
  }

  void restoreNewest(int ref, long millis) {
    newest.set(ref, millis);
    if (millis > newestMillis) {
      NEWEST.setOpaque(this, millis);
      newestBeforeMillis = millis;
    }
  }

  Writers.Dictionary restoreWriter(int writer, int epoch, long startMillis, long silentTicks) {
    return writers.restore(writer, epoch, startMillis, silentTicks);
  }

  void restoreExemplar(int ref, Exemplar exemplar) {
    exemplars.add(ref, exemplar);
  }

  /// After all series and windows. A pattern that this release does not know is not in a checkpoint: it was refused before.
  void restoreTombstones(List<Tombstone> restored) {
    tombstones = List.copyOf(restored);
    restored.forEach(tombstone -> touch(tombstone.select(index)));
    publish();
  }

  void restoreMetadata(MetricMetadata told) {
    metadata.add(told);
  }

  void restoreWindow(Window window, long sealedAt) {
    if (sealedAt >= 0) {
      window.seal(sealedAt);
      sealing.add(window);
      publish();
    } else {
      int at = 0;
      while (at < open.length && open[at].startMillis < window.startMillis) {
        at++;
      }
      addOpen(at, window);
    }
  }
}
