package io.tidemark.query.kernel;

import io.tidemark.model.Histogram;
import io.tidemark.storage.SampleBuffer;
import java.util.Set;

/// The `anchored` and `smoothed` modifiers over samples of which some are histograms; see {@link Extended}.
public final class ExtendedSamples {
  private final SampleBuffer samples;
  private final Rates.Kind kind;
  private final Set<Remark> remarks;

  private ExtendedSamples(SampleBuffer samples, Rates.Kind kind, Set<Remark> remarks) {
    this.samples = samples;
    this.kind = kind;
    this.remarks = remarks;
  }

  /// `increase`, `rate` or `delta`; numbers alone are {@link Extended}'s, so only their windows are taken over from `out`.
  ///
  /// @param aroundMillis how far outside of a window a sample may be
  public static void change(SampleBuffer samples, Windows windows, long aroundMillis, Rates.Kind kind, boolean smoothed,
      Set<Remark> remarks, Pulse pulse, Column out) {
    out.forgetHistograms();
    Extended.change(samples.timestampsMillis, samples.values, samples.count, windows, aroundMillis, kind, smoothed, pulse, out.values);
    var extended = new ExtendedSamples(samples, kind, remarks);
    var edges = new Extended.Edges(samples.timestampsMillis, samples.count, windows, aroundMillis, smoothed);
    for (int step = 0; step < windows.count(); step++) {
      pulse.beat();
      edges.moveTo(step);
      int to = edges.last() + (edges.reachesBeyond() ? 2 : 1);
      if (!edges.isEmpty() && WindowChanges.histograms(samples, edges.first(), to) > 0) {
        out.set(step, Columns.NONE);
        if (!WindowChanges.isMixed(samples, edges.first(), to, remarks)) {
          extended.change(windows, step, edges, smoothed, out);
        }
      }
    }
  }

  private void change(Windows windows, int step, Extended.Edges edges, boolean smoothed, Column out) {
    int first = edges.first();
    int last = edges.last();
    int to = last + (edges.reachesBeyond() ? 2 : 1);
    boolean counter = kind != Rates.Kind.DELTA;
    checkHints(first, to, counter);
    for (int i = first + 1; i < to; i++) {
      if (histogram(i).isCustom() != histogram(first).isCustom()) {
        remarks.add(Remark.MIXED_SCHEMAS);
        return;
      }
    }
    boolean cutsLeft = smoothed && samples.timestampsMillis[first] < windows.startMillis(step);
    Histogram left = cutsLeft ? between(samples, first, windows.startMillis(step), counter) : histogram(first);
    Histogram right = edges.reachesBeyond() ? between(samples, last, windows.endMillis(step), counter) : histogram(last);
    var change = new HistogramSum(right);
    change.add(left, -1);
    if (change.reconciled()) {
      remarks.add(Remark.RECONCILED_IN_SUBTRACTION);
    }
    if (counter) {
      addBack(change, first, last, cutsLeft, edges.reachesBeyond());
    }
    Histogram total = change.result(Histogram.Reset.GAUGE);
    out.set(step, kind == Rates.Kind.RATE ? HistogramValues.by(total, windows.rangeMillis() / 1000.0) : total);
  }

  /// Adds what the counter had before it began anew. A left edge between two samples has the first of them behind it, whether or not the
  /// counter began anew there; a right edge beyond a reset starts from zero.
  private void addBack(HistogramSum change, int first, int last, boolean cutsLeft, boolean reachesBeyond) {
    boolean wasReconciled = change.reconciled();
    for (int i = cutsLeft ? first + 2 : first + 1; i <= last; i++) {
      if (WindowChanges.isReset(samples, i)) {
        change.add(histogram(i - 1), 1);
      }
    }
    boolean sameGap = cutsLeft && first == last;
    if (reachesBeyond && !sameGap && WindowChanges.isReset(samples, last + 1)) {
      change.add(histogram(last), 1);
    }
    if (change.reconciled() && !wasReconciled) {
      remarks.add(Remark.RECONCILED_IN_ADDITION);
    }
  }

  private void checkHints(int first, int to, boolean counter) {
    boolean edgesAreGauges = isGauge(first) && isGauge(to - 1);
    if (!counter && !edgesAreGauges) {
      remarks.add(Remark.NOT_GAUGE);
    }
    for (int i = first; i < to && counter; i++) {
      if (isGauge(i)) {
        remarks.add(Remark.NOT_COUNTER);
      }
    }
  }

  private boolean isGauge(int i) {
    return histogram(i).reset() == Histogram.Reset.GAUGE;
  }

  private Histogram histogram(int i) {
    return WindowChanges.histogram(samples, i);
  }

  /// The line from histogram `i` to the next at `millis`; across a counter reset it starts from zero. The two have buckets of one kind.
  private static Histogram between(SampleBuffer samples, int i, long millis, boolean counter) {
    Histogram from = WindowChanges.histogram(samples, i);
    Histogram to = WindowChanges.histogram(samples, i + 1);
    double share = (double) (millis - samples.timestampsMillis[i]) / (samples.timestampsMillis[i + 1] - samples.timestampsMillis[i]);
    if (counter && WindowChanges.isReset(samples, i + 1)) {
      return HistogramValues.times(to, share);
    }
    var line = new HistogramSum(from);
    line.scale(1 - share);
    line.add(to, share);
    return line.result();
  }

  /// `changes` or `resets` with the anchor as first sample.
  public static void count(SampleBuffer samples, Windows windows, long aroundMillis, boolean resetsOnly, Pulse pulse, Column out) {
    out.forgetHistograms();
    var edges = new Extended.Edges(samples.timestampsMillis, samples.count, windows, aroundMillis, false);
    for (int step = 0; step < windows.count(); step++) {
      pulse.beat();
      edges.moveTo(step);
      int total = 0;
      for (int i = edges.first() + 1; !edges.isEmpty() && i <= edges.last(); i++) {
        total += WindowChanges.counts(samples, i, resetsOnly) ? 1 : 0;
      }
      out.values[step] = edges.isEmpty() ? Columns.NONE : total;
    }
  }

  /// A smoothed instant selector: the line between the samples before and after each time, or the one before.
  public static void value(SampleBuffer samples, Windows windows, Set<Remark> remarks, Column out) {
    out.forgetHistograms();
    Extended.value(samples.timestampsMillis, samples.values, samples.count, windows, out.values);
    int next = 0;
    for (int step = 0; step < windows.count(); step++) {
      long at = windows.endMillis(step);
      while (next < samples.count && samples.timestampsMillis[next] <= at) {
        next++;
      }
      if (!out.has(step)) {
        continue;
      }
      Histogram before = samples.histograms[next - 1];
      boolean line = samples.timestampsMillis[next - 1] < at && next < samples.count
          && samples.timestampsMillis[next] <= at + windows.rangeMillis();
      Histogram after = line ? samples.histograms[next] : before;
      if (before != null && after != null) {
        put(samples, next, at, before, after, remarks, step, out);
      } else if (before != after) {
        remarks.add(Remark.MIXED_SAMPLES);
        out.set(step, Columns.NONE);
      }
    }
  }

  private static void put(SampleBuffer samples, int next, long at, Histogram before, Histogram after, Set<Remark> remarks,
      int step, Column out) {
    if (after == before) {
      out.set(step, before);
    } else if (before.isCustom() != after.isCustom()) {
      remarks.add(Remark.MIXED_SCHEMAS);
      out.set(step, Columns.NONE);
    } else {
      boolean counter = after.reset() != Histogram.Reset.GAUGE;
      out.set(step, between(samples, next - 1, at, counter));
    }
  }
}
