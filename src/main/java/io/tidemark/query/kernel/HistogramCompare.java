package io.tidemark.query.kernel;

import io.tidemark.model.Histogram;
import io.tidemark.model.HistogramBuckets;
import io.tidemark.storage.SampleBuffer;
import java.util.Arrays;

/// Whether two native histograms are the same, and whether a counter began anew between them.
public final class HistogramCompare {
  private HistogramCompare() {}

  /// The same observations in the same layout, bit for bit; empty buckets and what is known of the sample before do not matter.
  public static boolean same(Histogram a, Histogram b) {
    return a.schema() == b.schema() && bits(a.count(), b.count()) && bits(a.sum(), b.sum()) && bits(a.zeroCount(), b.zeroCount())
        && a.zeroThreshold() == b.zeroThreshold() && Arrays.equals(a.customBounds(), b.customBounds())
        && same(a.positive(), b.positive()) && same(a.negative(), b.negative());
  }

  private static boolean bits(double a, double b) {
    return Double.doubleToRawLongBits(a) == Double.doubleToRawLongBits(b);
  }

  private static boolean same(Histogram.Buckets a, Histogram.Buckets b) {
    int i = 0;
    int j = 0;
    while (true) {
      i = filled(a, i);
      j = filled(b, j);
      if (i == a.count() || j == b.count()) {
        return i == a.count() && j == b.count();
      }
      if (a.indexes()[i] != b.indexes()[j] || !bits(a.counts()[i++], b.counts()[j++])) {
        return false;
      }
    }
  }

  /// The first place from `from` on whose bucket holds something.
  private static int filled(Histogram.Buckets buckets, int from) {
    int at = from;
    while (at < buckets.count() && buckets.counts()[at] == 0) {
      at++;
    }
    return at;
  }

  /// Whether a counter began anew between `before` and `now`: as the sender says, else when any count fell or the layout became finer.
  ///
  /// Source: Prometheus native histograms specification, "counter resets", re-stated.
  public static boolean isReset(Histogram now, Histogram before) {
    return switch (now.reset()) {
      case YES -> true;
      case NO -> false;
      case UNKNOWN, GAUGE -> fell(now, before);
    };
  }

  /// Lets every histogram that does not say it know whether a counter began anew before it.
  public static void tellResets(SampleBuffer samples) {
    Histogram before = null;
    for (int i = 0; i < samples.count; i++) {
      Histogram now = samples.histograms[i];
      if (before != null && now != null && now.reset() == Histogram.Reset.UNKNOWN) {
        samples.histograms[i] = now.with(fell(now, before) ? Histogram.Reset.YES : Histogram.Reset.NO);
      }
      before = now;
    }
  }

  /// Takes back what histograms say of the sample before, where samples were left out between them; a gauge stays one.
  public static void forgetResets(SampleBuffer samples) {
    for (int i = 0; i < samples.count && samples.hasHistograms(); i++) {
      Histogram now = samples.histograms[i];
      if (now != null && now.reset() != Histogram.Reset.GAUGE) {
        samples.histograms[i] = now.with(Histogram.Reset.UNKNOWN);
      }
    }
  }

  private static boolean fell(Histogram now, Histogram before) {
    if (now.count() < before.count() || now.isCustom() != before.isCustom()) {
      return true;
    }
    if (now.isCustom()) {
      return customFell(now, before);
    }
    if (now.schema() > before.schema() || now.zeroThreshold() < before.zeroThreshold()) {
      return true;
    }
    double threshold = now.zeroThreshold();
    double zero = before.zeroCount();
    if (threshold > before.zeroThreshold()) {
      double inZero = within(before, before.positive(), threshold) + within(before, before.negative(), threshold);
      if (Double.isNaN(inZero)) {
        return true;
      }
      zero += inZero;
    }
    return now.zeroCount() < zero || fell(now, now.positive(), before, before.positive())
        || fell(now, now.negative(), before, before.negative());
  }

  /// What `side` holds below `threshold`; NaN when that cuts a bucket which holds something.
  private static double within(Histogram h, Histogram.Buckets side, double threshold) {
    double total = 0;
    for (int i = 0; i < side.count() && HistogramBuckets.bound(h.schema(), side.indexes()[i] - 1) < threshold; i++) {
      if (side.counts()[i] != 0 && HistogramBuckets.bound(h.schema(), side.indexes()[i]) > threshold) {
        return Double.NaN;
      }
      total += side.counts()[i];
    }
    return total;
  }

  /// Whether a bucket outside of the zero bucket of `now` fell, seen in the resolution of `now`.
  private static boolean fell(Histogram now, Histogram.Buckets side, Histogram before, Histogram.Buckets sideBefore) {
    int shift = before.schema() - now.schema();
    int i = 0;
    int at = 0;
    while (at < sideBefore.count()) {
      int index = (sideBefore.indexes()[at] - 1 >> shift) + 1;
      double was = 0;
      for (; at < sideBefore.count() && (sideBefore.indexes()[at] - 1 >> shift) + 1 == index; at++) {
        boolean inZero = HistogramBuckets.bound(before.schema(), sideBefore.indexes()[at] - 1) < now.zeroThreshold();
        was += inZero ? 0 : sideBefore.counts()[at];
      }
      while (i < side.count() && side.indexes()[i] < index) {
        i++;
      }
      double is = i < side.count() && side.indexes()[i] == index ? side.counts()[i] : 0;
      if (is < was) {
        return true;
      }
    }
    return false;
  }

  private static boolean customFell(Histogram now, Histogram before) {
    double[] common = HistogramSum.common(now.customBounds(), before.customBounds());
    int i = 0;
    int j = 0;
    for (int bucket = 0; bucket <= common.length; bucket++) {
      double upper = bucket < common.length ? common[bucket] : Double.POSITIVE_INFINITY;
      double is = 0;
      double was = 0;
      for (; i < now.positive().count() && HistogramBuckets.bound(now, now.positive().indexes()[i]) <= upper; i++) {
        is += now.positive().counts()[i];
      }
      for (; j < before.positive().count() && HistogramBuckets.bound(before, before.positive().indexes()[j]) <= upper; j++) {
        was += before.positive().counts()[j];
      }
      if (is < was) {
        return true;
      }
    }
    return false;
  }
}
