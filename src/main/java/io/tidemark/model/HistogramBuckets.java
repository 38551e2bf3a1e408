package io.tidemark.model;

/// The buckets of one histogram with their bounds, from the lowest to the highest; those that hold nothing are left out.
///
/// The arrays run beside each other and may be longer than `count`.
public final class HistogramBuckets {
  /// `2^(i/256)`: where the finest schema cuts the span from one power of two to the next, coarser ones being part of it.
  private static final double[] FRACTIONS = fractions();

  /// To the last bit what Prometheus' clients and server have in their tables, so that bounds print alike and thresholds meet: every
  /// schema keeps the bounds of the one before and puts `2^(2^-schema)` times each between them, with a root of 2 that is rounded down.
  private static double[] fractions() {
    double[] coarser = {1};
    for (int schema = 1; schema <= Histogram.SCHEMA_MAX; schema++) {
      double factor = schema == 1 ? Math.nextDown(Math.sqrt(2)) : StrictMath.pow(2, Math.scalb(1.0, -schema));
      var finer = new double[2 * coarser.length];
      for (int i = 0; i < coarser.length; i++) {
        finer[2 * i] = coarser[i];
        finer[2 * i + 1] = coarser[i] * factor;
      }
      coarser = finer;
    }
    return coarser;
  }

  public final double[] lower;
  public final double[] upper;
  public final double[] counts;
  public final int count;
  private final boolean custom;

  private HistogramBuckets(int room, boolean custom) {
    lower = new double[room];
    upper = new double[room];
    counts = new double[room];
    this.custom = custom;
    count = 0;
  }

  private HistogramBuckets(HistogramBuckets filled, int count) {
    lower = filled.lower;
    upper = filled.upper;
    counts = filled.counts;
    custom = filled.custom;
    this.count = count;
  }

  /// A bucket that reaches into the zero bucket begins where that one ends, as in Prometheus; one that lies inside of it then has bounds in
  /// the wrong order, there as here.
  public static HistogramBuckets of(Histogram h) {
    var all = new HistogramBuckets(h.negative().count() + h.positive().count() + 1, h.isCustom());
    int n = 0;
    for (int i = h.negative().count() - 1; i >= 0; i--) {
      int index = h.negative().indexes()[i];
      n = all.put(n, -bound(h, index), -nearBound(h, index), h.negative().counts()[i]);
    }
    n = all.put(n, -h.zeroThreshold(), h.zeroThreshold(), h.zeroCount());
    for (int i = 0; i < h.positive().count(); i++) {
      int index = h.positive().indexes()[i];
      n = all.put(n, nearBound(h, index), bound(h, index), h.positive().counts()[i]);
    }
    return new HistogramBuckets(all, n);
  }

  /// The bound of positive bucket `index` that is nearer to 0.
  private static double nearBound(Histogram h, int index) {
    double bound = bound(h, index - 1);
    return bound > 0 && bound < h.zeroThreshold() ? h.zeroThreshold() : bound;
  }

  private int put(int at, double low, double high, double of) {
    if (of == 0) {
      return at;
    }
    lower[at] = low;
    upper[at] = high;
    counts[at] = of;
    return at + 1;
  }

  /// Whether bucket `i` holds its lower bound itself.
  public boolean holdsLower(int i) {
    return custom ? lower[i] == Double.NEGATIVE_INFINITY : lower[i] < 0 || lower[i] == 0 && upper[i] == 0;
  }

  /// Whether bucket `i` holds its upper bound itself.
  public boolean holdsUpper(int i) {
    return custom || upper[i] > 0 || lower[i] == 0 && upper[i] == 0;
  }

  /// Upper bound of positive bucket `index` of `h`; that of the bucket before it is its lower bound.
  public static double bound(Histogram h, int index) {
    return h.isCustom() ? customBound(h.customBounds(), index) : bound(h.schema(), index);
  }

  private static double customBound(double[] bounds, int index) {
    return index < 0 ? Double.NEGATIVE_INFINITY : index >= bounds.length ? Double.POSITIVE_INFINITY : bounds[index];
  }

  /// `2^(index·2^-schema)`; the greatest number for the bucket that holds it, infinity above.
  public static double bound(int schema, int index) {
    long whole = schema > 0 ? index >> schema : (long) index << -schema;
    double fraction = schema > 0 ? FRACTIONS[(index & (1 << schema) - 1) << Histogram.SCHEMA_MAX - schema] : 1;
    if (whole >= Double.MAX_EXPONENT + 1) {
      return whole == Double.MAX_EXPONENT + 1 && fraction == 1 ? Double.MAX_VALUE : Double.POSITIVE_INFINITY;
    }
    return Math.scalb(fraction, (int) Math.max(whole, -2 * Double.MAX_EXPONENT));
  }
}
