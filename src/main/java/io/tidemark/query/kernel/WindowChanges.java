package io.tidemark.query.kernel;

import io.tidemark.model.Histogram;
import io.tidemark.storage.SampleBuffer;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Rate-like functions over samples that are more than numbers: histograms among them, or start times beside them.
///
/// Says the same as {@link Rates} of plain numbers, only slower. A counter has begun anew where its value fell, where a histogram says
/// so or shows it, and where a sample's start time lies behind the sample before. A first sample that began within its window counts as
/// two: it was zero when it began. Source: Prometheus `promql/functions.go` and its cases for start timestamps, re-stated.
public final class WindowChanges {
  private final SampleBuffer samples;
  private final Windows windows;
  private final Set<Remark> remarks;
  private int low;
  private int high;

  private WindowChanges(SampleBuffer samples, Windows windows, Set<Remark> remarks) {
    this.samples = samples;
    this.windows = windows;
    this.remarks = remarks;
  }

  private void moveTo(int step) {
    long end = windows.endMillis(step);
    while (high < samples.count && samples.timestampsMillis[high] <= end) {
      high++;
    }
    while (low < high && samples.timestampsMillis[low] <= end - windows.rangeMillis()) {
      low++;
    }
  }

  /// `rate`, `increase` or `delta`.
  public static void extrapolated(SampleBuffer samples, Windows windows, Rates.Kind kind, Set<Remark> remarks, Pulse pulse, Column out) {
    var changes = new WindowChanges(samples, windows, remarks);
    out.forgetHistograms();
    for (int step = 0; step < windows.count(); step++) {
      pulse.beat();
      changes.moveTo(step);
      out.values[step] = Columns.NONE;
      changes.extrapolate(step, kind, out);
    }
  }

  private void extrapolate(int step, Rates.Kind kind, Column out) {
    boolean counter = kind != Rates.Kind.DELTA;
    boolean fromZero = counter && low < high && beganWithin(low, windows.startMillis(step));
    boolean enough = high - low > 1 || fromZero;
    if (!enough || isMixed(samples, low, high, remarks)) {
      return;
    }
    Histogram first = samples.hasHistograms() ? samples.histograms[low] : null;
    if (counter) {
      checkStarts();
    }
    if (first == null) {
      double change = numberChange(counter, fromZero);
      out.set(step, change * factor(step, kind, fromZero, samples.values[low], change));
    } else {
      HistogramSum change = histogramChange(first, counter, fromZero);
      if (change != null) {
        Histogram total = change.result(Histogram.Reset.GAUGE);
        out.set(step, HistogramValues.times(total, factor(step, kind, fromZero, first.count(), total.count())));
      }
    }
  }

  /// Whether the counter of sample `i` is known to have begun inside of the window.
  private boolean beganWithin(int i, long windowStart) {
    return samples.hasStarts() && samples.startsMillis[i] > windowStart && samples.startsMillis[i] < samples.timestampsMillis[i]
        && samples.startsMillis[i] != 0;
  }

  private void checkStarts() {
    for (int i = low + 1; i < high && samples.hasStarts(); i++) {
      long start = samples.startsMillis[i];
      if (start != 0 && start < samples.timestampsMillis[i - 1] && start != samples.startsMillis[i - 1]) {
        remarks.add(Remark.STARTS_OVERLAP);
      }
    }
  }

  /// By what the change within the samples is multiplied to cover the window.
  private double factor(int step, Rates.Kind kind, boolean fromZero, double firstValue, double change) {
    double sampled = (samples.timestampsMillis[high - 1] - samples.timestampsMillis[low]) / 1000.0;
    // A lone sample tells of no interval, so nothing is extrapolated from it.
    double interval = high - low > 1 ? sampled / (high - low - 1) : 0;
    double threshold = interval * 1.1;
    double toStart = (samples.timestampsMillis[low] - windows.startMillis(step)) / 1000.0;
    toStart = toStart >= threshold ? interval / 2 : toStart;
    double toEnd = (windows.endMillis(step) - samples.timestampsMillis[high - 1]) / 1000.0;
    toEnd = toEnd >= threshold ? interval / 2 : toEnd;
    if (fromZero) {
      toStart = 0;
      sampled = (samples.timestampsMillis[high - 1] - samples.startsMillis[low]) / 1000.0;
    } else if (kind != Rates.Kind.DELTA && change > 0 && firstValue >= 0) {
      toStart = Math.min(toStart, sampled * (firstValue / change));
    }
    double factor = (sampled + toStart + toEnd) / sampled;
    return kind == Rates.Kind.RATE ? factor / (windows.rangeMillis() / 1000.0) : factor;
  }

  private double numberChange(boolean counter, boolean fromZero) {
    double change = samples.values[high - 1] - (fromZero ? 0 : samples.values[low]);
    for (int i = low + 1; i < high && counter; i++) {
      if (samples.values[i] < samples.values[i - 1] || startsAnew(samples, i)) {
        change += samples.values[i - 1];
      }
    }
    return change;
  }

  /// The change over a window of histograms; null, with a remark, when there is none.
  private @Nullable HistogramSum histogramChange(Histogram first, boolean counter, boolean fromZero) {
    Histogram last = histogram(high - 1);
    if (high - low > 1) {
      checkHints(counter);
    }
    boolean resetAtOnce = counter && high - low > 1 && isReset(samples, low + 1);
    Histogram before = fromZero ? emptied(first) : resetAtOnce ? emptied(histogram(low + 1)) : first;
    int schema = Math.min(before.schema(), last.schema());
    boolean mixed = last.isCustom() != before.isCustom();
    for (int i = low + 1; i < high - 1 && counter; i++) {
      schema = Math.min(schema, histogram(i).schema());
      mixed |= histogram(i).isCustom() != before.isCustom();
    }
    if (mixed) {
      remarks.add(Remark.MIXED_SCHEMAS);
      return null;
    }
    var change = new HistogramSum(last);
    change.coarsen(schema);
    change.add(before, -1);
    if (change.reconciled()) {
      remarks.add(Remark.RECONCILED_IN_SUBTRACTION);
    }
    for (int i = low + 1; i < high && counter; i++) {
      boolean alreadyLeftOut = i == low + 1 && resetAtOnce && !fromZero;
      if (!alreadyLeftOut && isReset(samples, i)) {
        addBack(change, histogram(i - 1));
      }
    }
    return change;
  }

  private void addBack(HistogramSum change, Histogram before) {
    if (!change.accepts(before)) {
      remarks.add(Remark.MIXED_SCHEMAS);
      return;
    }
    boolean wasReconciled = change.reconciled();
    change.add(before, 1);
    if (change.reconciled() && !wasReconciled) {
      remarks.add(Remark.RECONCILED_IN_ADDITION);
    }
  }

  private void checkHints(boolean counter) {
    boolean edgesAreGauges = isGauge(low) && isGauge(high - 1);
    if (!counter && !edgesAreGauges) {
      remarks.add(Remark.NOT_GAUGE);
    }
    for (int i = low; i < high && counter; i++) {
      if (isGauge(i)) {
        remarks.add(Remark.NOT_COUNTER);
      }
    }
  }

  private boolean isGauge(int i) {
    return histogram(i).reset() == Histogram.Reset.GAUGE;
  }

  private Histogram histogram(int i) {
    return histogram(samples, i);
  }

  /// Sample `i`, which is a histogram.
  static Histogram histogram(SampleBuffer samples, int i) {
    Histogram histogram = samples.histograms[i];
    if (histogram == null) {
      throw new IllegalStateException("sample " + i + " is no histogram");
    }
    return histogram;
  }

  /// A histogram of the same layout that has seen nothing.
  private static Histogram emptied(Histogram like) {
    return new Histogram(like.schema(), 0, 0, 0, 0, Histogram.Buckets.NONE, Histogram.Buckets.NONE, like.customBounds(),
        Histogram.Reset.UNKNOWN);
  }

  /// Whether samples `from` to `to` are numbers and histograms, which is remarked.
  static boolean isMixed(SampleBuffer samples, int from, int to, Set<Remark> remarks) {
    int histograms = histograms(samples, from, to);
    if (histograms > 0 && histograms < to - from) {
      remarks.add(Remark.MIXED_SAMPLES);
      return true;
    }
    return false;
  }

  static int histograms(SampleBuffer samples, int from, int to) {
    int histograms = 0;
    for (int i = from; i < to && samples.hasHistograms(); i++) {
      histograms += samples.histograms[i] == null ? 0 : 1;
    }
    return histograms;
  }

  /// `irate` (per second, resets seen) and `idelta`: the last two samples of each window.
  public static void instant(SampleBuffer samples, Windows windows, boolean rate, Set<Remark> remarks, Column out) {
    var changes = new WindowChanges(samples, windows, remarks);
    out.forgetHistograms();
    for (int step = 0; step < windows.count(); step++) {
      changes.moveTo(step);
      out.values[step] = Columns.NONE;
      if (changes.high - changes.low >= 2 && !isMixed(samples, changes.high - 2, changes.high, remarks)) {
        changes.instant(step, rate, out);
      }
    }
  }

  private void instant(int step, boolean rate, Column out) {
    int last = high - 1;
    double seconds = (samples.timestampsMillis[last] - samples.timestampsMillis[last - 1]) / 1000.0;
    boolean reset = rate && isReset(samples, last);
    Histogram now = samples.hasHistograms() ? samples.histograms[last] : null;
    if (now == null) {
      double change = reset ? samples.values[last] : samples.values[last] - samples.values[last - 1];
      out.set(step, rate ? change / seconds : change);
      return;
    }
    if (rate && (isGauge(last) || isGauge(last - 1))) {
      remarks.add(Remark.NOT_COUNTER);
    }
    if (!rate && !(isGauge(last) && isGauge(last - 1))) {
      remarks.add(Remark.NOT_GAUGE);
    }
    var change = new HistogramSum(now);
    if (!reset) {
      Histogram before = histogram(last - 1);
      if (!change.accepts(before)) {
        remarks.add(Remark.MIXED_SCHEMAS);
        return;
      }
      change.add(before, -1);
      if (change.reconciled()) {
        remarks.add(Remark.RECONCILED_IN_SUBTRACTION);
      }
    }
    Histogram total = change.result(Histogram.Reset.GAUGE);
    out.set(step, rate ? HistogramValues.by(total, seconds) : total);
  }

  /// `resets`: how often a counter began anew; `changes`: how often a value differs from the one before it.
  public static void count(SampleBuffer samples, Windows windows, boolean resetsOnly, Pulse pulse, Column out) {
    var changes = new WindowChanges(samples, windows, Set.of());
    out.forgetHistograms();
    for (int step = 0; step < windows.count(); step++) {
      pulse.beat();
      changes.moveTo(step);
      int total = 0;
      for (int i = changes.low + 1; i < changes.high; i++) {
        total += counts(samples, i, resetsOnly) ? 1 : 0;
      }
      out.values[step] = changes.low == changes.high ? Columns.NONE : total;
    }
  }

  static boolean counts(SampleBuffer samples, int i, boolean resetsOnly) {
    if (resetsOnly) {
      return isReset(samples, i);
    }
    Histogram before = samples.hasHistograms() ? samples.histograms[i - 1] : null;
    Histogram now = samples.hasHistograms() ? samples.histograms[i] : null;
    if (before != null && now != null) {
      return !HistogramCompare.same(before, now);
    }
    double value = samples.values[i];
    double valueBefore = samples.values[i - 1];
    return before != now || value != valueBefore && !(Double.isNaN(value) && Double.isNaN(valueBefore));
  }

  /// Whether a counter began anew between samples `i - 1` and `i`; a change from numbers to histograms or back counts as one.
  static boolean isReset(SampleBuffer samples, int i) {
    Histogram before = samples.hasHistograms() ? samples.histograms[i - 1] : null;
    Histogram now = samples.hasHistograms() ? samples.histograms[i] : null;
    if (startsAnew(samples, i)) {
      return true;
    }
    if (before != null && now != null) {
      return HistogramCompare.isReset(now, before);
    }
    return before != now || samples.values[i] < samples.values[i - 1];
  }

  /// Whether the start time of sample `i` tells that its counter began after the sample before.
  ///
  /// A start at the very time of the sample before is a delta's, but only when that sample began before itself: else that is where a
  /// counter of unknown start was first seen.
  private static boolean startsAnew(SampleBuffer samples, int i) {
    if (!samples.hasStarts()) {
      return false;
    }
    long start = samples.startsMillis[i];
    long before = samples.timestampsMillis[i - 1];
    long startBefore = samples.startsMillis[i - 1];
    boolean isDelta = start == before && startBefore != 0 && startBefore < before;
    return start != 0 && start < samples.timestampsMillis[i] && (start > before || isDelta);
  }
}
