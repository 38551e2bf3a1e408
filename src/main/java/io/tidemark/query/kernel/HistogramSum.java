package io.tidemark.query.kernel;

import io.tidemark.model.Histogram;
import io.tidemark.model.HistogramBuckets;
import java.util.Arrays;

/// A running sum, difference or mean of native histograms. Mutable; owned by one thread.
///
/// Two histograms meet at the coarser of their schemas and the wider of their zero buckets; custom bounds meet at those that both have.
/// Every count is a compensated (Neumaier) sum, so the order of large and small counts does not matter much.
/// Source of the rules: https://prometheus.io/docs/specs/native_histograms/, re-stated.
public final class HistogramSum {
  private int schema;
  private double[] bounds;
  private double zeroThreshold;
  private Histogram.Reset reset;
  private double count;
  private double countLost;
  private double sum;
  private double sumLost;
  private double zero;
  private double zeroLost;
  private Side positive;
  private Side negative;
  /// No count here can be larger than this.
  private double largest;
  private double added = 1;
  private boolean mean;
  private boolean collided;
  private boolean reconciled;
  private boolean sawReset;
  private boolean sawNoReset;

  public HistogramSum(Histogram first) {
    schema = first.schema();
    bounds = first.customBounds();
    zeroThreshold = first.zeroThreshold();
    reset = first.reset();
    count = first.count();
    sum = first.sum();
    zero = first.zeroCount();
    positive = new Side(first.positive());
    negative = new Side(first.negative());
    largest = largest(first);
    saw(first.reset());
  }

  private HistogramSum(HistogramSum of) {
    schema = of.schema;
    bounds = of.bounds;
    zeroThreshold = of.zeroThreshold;
    reset = of.reset;
    count = of.count;
    countLost = of.countLost;
    sum = of.sum;
    sumLost = of.sumLost;
    zero = of.zero;
    zeroLost = of.zeroLost;
    positive = new Side(of.positive);
    negative = new Side(of.negative);
    largest = of.largest;
    added = of.added;
    mean = of.mean;
    collided = of.collided;
    reconciled = of.reconciled;
    sawReset = of.sawReset;
    sawNoReset = of.sawNoReset;
  }

  /// `a + b`, or `a - b`; the sum tells whether there was something to remark on. Ask {@link #accepts} before.
  public static HistogramSum of(Histogram a, Histogram b, boolean minus) {
    var sum = new HistogramSum(a);
    sum.add(b, minus ? -1 : 1);
    return sum;
  }

  /// Whether a histogram can be added: custom and exponential buckets do not mix.
  public boolean accepts(Histogram other) {
    return (schema == Histogram.CUSTOM_SCHEMA) == other.isCustom();
  }

  public boolean accepts(HistogramSum other) {
    return (schema == Histogram.CUSTOM_SCHEMA) == (other.schema == Histogram.CUSTOM_SCHEMA);
  }

  /// Whether one was told to begin anew and the other not to.
  public boolean collided() {
    return collided;
  }

  /// Whether any of those added was told to begin anew and another one not to, wherever they came.
  public boolean sawBothResets() {
    return sawReset && sawNoReset;
  }

  /// Whether custom bounds differed.
  public boolean reconciled() {
    return reconciled;
  }

  /// Adds `factor` times `other`, which {@link #accepts} took.
  public void add(Histogram other, double factor) {
    saw(other.reset());
    largest += Math.abs(factor) * largest(other);
    addParts(new HistogramSum(other), factor);
  }

  /// Takes in one more sample of a mean: a sum as long as no count overflows, then a mean kept sample by sample.
  public void addToMean(Histogram other) {
    added++;
    if (!mean) {
      if (largest + largest(other) <= Double.MAX_VALUE) {
        add(other, 1);
        return;
      }
      var tried = new HistogramSum(this);
      tried.add(other, 1);
      if (!tried.overflows()) {
        takeFrom(tried);
        return;
      }
      toMean(added - 1);
    }
    scale((added - 1) / added);
    add(HistogramValues.by(other, added), 1);
  }

  private void toMean(double n) {
    if (!mean) {
      mean = true;
      scale(1 / n, n);
    }
  }

  /// Takes in a sum that was gathered after this one and which {@link #accepts} took.
  ///
  /// @param asMean whether both were filled by {@link #addToMean}
  public void merge(HistogramSum later, boolean asMean) {
    double n = added;
    double m = later.added;
    boolean large = asMean && (mean || later.mean || !(largest + later.largest <= Double.MAX_VALUE));
    if (large) {
      toMean(n);
      later.toMean(m);
      scale(n / (n + m));
      later.scale(m / (n + m));
    }
    sawReset |= later.sawReset;
    sawNoReset |= later.sawNoReset;
    reconciled |= later.reconciled;
    largest += later.largest;
    addParts(later, 1);
    added = n + m;
  }

  /// Lowers the resolution to `coarser`, if that is less than now.
  void coarsen(int coarser) {
    if (schema != Histogram.CUSTOM_SCHEMA && coarser < schema) {
      positive.reduce(schema - coarser);
      negative.reduce(schema - coarser);
      schema = coarser;
    }
  }

  private void saw(Histogram.Reset hint) {
    sawReset |= hint == Histogram.Reset.YES;
    sawNoReset |= hint == Histogram.Reset.NO;
  }

  private void takeFrom(HistogramSum other) {
    schema = other.schema;
    bounds = other.bounds;
    zeroThreshold = other.zeroThreshold;
    reset = other.reset;
    count = other.count;
    countLost = other.countLost;
    sum = other.sum;
    sumLost = other.sumLost;
    zero = other.zero;
    zeroLost = other.zeroLost;
    positive = other.positive;
    negative = other.negative;
    largest = other.largest;
    collided = other.collided;
    reconciled = other.reconciled;
    sawReset = other.sawReset;
    sawNoReset = other.sawNoReset;
  }

  /// `other` belongs to the caller and is used up.
  private void addParts(HistogramSum other, double factor) {
    joinResets(other.reset);
    if (schema == Histogram.CUSTOM_SCHEMA) {
      joinBounds(other);
    } else {
      joinZeroBuckets(other);
      zeroLost = plus(zero, zeroLost, other.zero, other.zeroLost, factor);
      zero += factor * other.zero;
      coarsen(other.schema);
      other.coarsen(schema);
    }
    countLost = plus(count, countLost, other.count, other.countLost, factor);
    count += factor * other.count;
    sumLost = plus(sum, sumLost, other.sum, other.sumLost, factor);
    sum += factor * other.sum;
    positive = positive.plus(other.positive, factor);
    negative = negative.plus(other.negative, factor);
  }

  /// What is lost after `factor * value` was added to `total`.
  private static double plus(double total, double lost, double value, double valueLost, double factor) {
    double more = factor * value;
    double after = total + more;
    return Double.isInfinite(after) ? 0 : Sums.compensate(total, more, after, lost) + factor * valueLost;
  }

  private void joinResets(Histogram.Reset other) {
    if (other == reset || reset == Histogram.Reset.GAUGE) {
      return;
    }
    if (other == Histogram.Reset.GAUGE) {
      reset = Histogram.Reset.GAUGE;
      return;
    }
    collided |= reset != Histogram.Reset.UNKNOWN && other != Histogram.Reset.UNKNOWN;
    reset = Histogram.Reset.UNKNOWN;
  }

  private void joinBounds(HistogramSum other) {
    if (Arrays.equals(bounds, other.bounds)) {
      return;
    }
    reconciled = true;
    double[] common = common(bounds, other.bounds);
    positive.rebind(bounds, common);
    other.positive.rebind(other.bounds, common);
    bounds = common;
  }

  /// The bounds that both ascending lists hold.
  static double[] common(double[] a, double[] b) {
    var common = new double[Math.min(a.length, b.length)];
    int n = 0;
    int j = 0;
    for (double bound : a) {
      while (j < b.length && b[j] < bound) {
        j++;
      }
      if (j < b.length && b[j] == bound) {
        common[n++] = bound;
      }
    }
    return Arrays.copyOf(common, n);
  }

  private void joinZeroBuckets(HistogramSum other) {
    while (zeroThreshold != other.zeroThreshold) {
      if (zeroThreshold < other.zeroThreshold) {
        widenZero(other.zeroThreshold);
      } else {
        other.widenZero(zeroThreshold);
      }
    }
  }

  /// Takes all buckets that reach below `threshold` into the zero bucket, which grows until it cuts none that holds something.
  private void widenZero(double threshold) {
    double wanted = threshold;
    double before;
    do {
      before = wanted;
      wanted = Math.max(positive.clearOf(schema, wanted), negative.clearOf(schema, wanted));
    } while (wanted != before);
    zeroThreshold = wanted;
    zero += positive.within(schema, wanted, false) + negative.within(schema, wanted, false);
    zeroLost += positive.within(schema, wanted, true) + negative.within(schema, wanted, true);
    positive.dropWithin(schema, wanted);
    negative.dropWithin(schema, wanted);
  }

  private boolean overflows() {
    return Double.isInfinite(count) || Double.isInfinite(sum) || Double.isInfinite(zero) || positive.overflows() || negative.overflows();
  }

  private static double largest(Histogram h) {
    double largest = Math.max(Math.max(Math.abs(h.count()), Math.abs(h.sum())), Math.abs(h.zeroCount()));
    for (double bucket : h.positive().counts()) {
      largest = Math.max(largest, Math.abs(bucket));
    }
    for (double bucket : h.negative().counts()) {
      largest = Math.max(largest, Math.abs(bucket));
    }
    return largest;
  }

  public void scale(double factor) {
    scale(factor, 1);
  }

  /// Multiplies by `factor`, or divides by `divisor` when that is not 1: the two round differently.
  private void scale(double factor, double divisor) {
    boolean divide = divisor != 1;
    count = divide ? count / divisor : count * factor;
    countLost = divide ? countLost / divisor : countLost * factor;
    sum = divide ? sum / divisor : sum * factor;
    sumLost = divide ? sumLost / divisor : sumLost * factor;
    zero = divide ? zero / divisor : zero * factor;
    zeroLost = divide ? zeroLost / divisor : zeroLost * factor;
    positive.scale(factor, divisor);
    negative.scale(factor, divisor);
    largest *= Math.abs(factor);
  }

  /// The sum so far, without buckets that came out empty.
  public Histogram result() {
    return result(reset);
  }

  public Histogram result(Histogram.Reset hint) {
    return new Histogram(schema, count + countLost, sum + sumLost, zeroThreshold, zero + zeroLost, positive.result(), negative.result(),
        bounds, hint);
  }

  /// The mean of what {@link #addToMean} took.
  public Histogram meanResult() {
    if (mean) {
      return result();
    }
    var divided = new HistogramSum(this);
    divided.scale(1 / added, added);
    return divided.result();
  }

  /// Buckets of one side, ascending, with what their sums lost.
  private static final class Side {
    private int[] indexes;
    private double[] counts;
    private double[] lost;
    private int size;

    Side(Histogram.Buckets buckets) {
      indexes = buckets.indexes().clone();
      counts = buckets.counts().clone();
      lost = new double[counts.length];
      size = counts.length;
    }

    Side(Side of) {
      indexes = Arrays.copyOf(of.indexes, of.size);
      counts = Arrays.copyOf(of.counts, of.size);
      lost = Arrays.copyOf(of.lost, of.size);
      size = of.size;
    }

    private Side(int room) {
      indexes = new int[room];
      counts = new double[room];
      lost = new double[room];
    }

    /// This side with `factor` times the other; the same object where the other is empty or has no new buckets.
    Side plus(Side other, double factor) {
      if (other.size == 0) {
        return this;
      }
      if (size == other.size && Arrays.equals(indexes, 0, size, other.indexes, 0, size)) {
        for (int i = 0; i < size; i++) {
          addAt(i, other.counts[i], other.lost[i], factor);
        }
        return this;
      }
      var both = new Side(size + other.size);
      int i = 0;
      int j = 0;
      while (i < size || j < other.size) {
        boolean mine = i < size && (j == other.size || indexes[i] <= other.indexes[j]);
        boolean its = j < other.size && (i == size || other.indexes[j] <= indexes[i]);
        int at = both.size++;
        both.indexes[at] = mine ? indexes[i] : other.indexes[j];
        if (mine) {
          both.counts[at] = counts[i];
          both.lost[at] = lost[i++];
        }
        if (its) {
          both.addAt(at, other.counts[j], other.lost[j], factor);
          j++;
        }
      }
      return both;
    }

    private void addAt(int i, double value, double valueLost, double factor) {
      lost[i] = HistogramSum.plus(counts[i], lost[i], value, valueLost, factor);
      counts[i] += factor * value;
    }

    /// Halves the resolution `times` times.
    void reduce(int times) {
      int kept = 0;
      for (int i = 0; i < size; i++) {
        kept = put(kept, (indexes[i] - 1 >> times) + 1, i);
      }
      size = kept;
    }

    /// Puts the buckets under bounds that are a part of theirs.
    void rebind(double[] from, double[] to) {
      int kept = 0;
      int target = 0;
      for (int i = 0; i < size; i++) {
        while (target < to.length && (indexes[i] >= from.length || to[target] < from[indexes[i]])) {
          target++;
        }
        kept = put(kept, target, i);
      }
      size = kept;
    }

    /// Puts bucket `i` as `index` behind `kept` buckets, or into the last of them.
    private int put(int kept, int index, int i) {
      if (kept > 0 && indexes[kept - 1] == index) {
        addAt(kept - 1, counts[i], lost[i], 1);
        return kept;
      }
      indexes[kept] = index;
      counts[kept] = counts[i];
      lost[kept] = lost[i];
      return kept + 1;
    }

    /// The least threshold from `threshold` on that cuts through no bucket that holds something.
    double clearOf(int schema, double threshold) {
      for (int i = 0; i < size && HistogramBuckets.bound(schema, indexes[i] - 1) < threshold; i++) {
        double upper = HistogramBuckets.bound(schema, indexes[i]);
        if (upper > threshold && counts[i] != 0) {
          return upper;
        }
      }
      return threshold;
    }

    double within(int schema, double threshold, boolean ofLost) {
      double total = 0;
      for (int i = 0; i < size && HistogramBuckets.bound(schema, indexes[i] - 1) < threshold; i++) {
        total += ofLost ? lost[i] : counts[i];
      }
      return total;
    }

    void dropWithin(int schema, double threshold) {
      int from = 0;
      while (from < size && HistogramBuckets.bound(schema, indexes[from] - 1) < threshold) {
        from++;
      }
      if (from > 0) {
        System.arraycopy(indexes, from, indexes, 0, size - from);
        System.arraycopy(counts, from, counts, 0, size - from);
        System.arraycopy(lost, from, lost, 0, size - from);
        size -= from;
      }
    }

    boolean overflows() {
      for (int i = 0; i < size; i++) {
        if (Double.isInfinite(counts[i])) {
          return true;
        }
      }
      return false;
    }

    void scale(double factor, double divisor) {
      for (int i = 0; i < size; i++) {
        counts[i] = divisor != 1 ? counts[i] / divisor : counts[i] * factor;
        lost[i] = divisor != 1 ? lost[i] / divisor : lost[i] * factor;
      }
    }

    Histogram.Buckets result() {
      int kept = 0;
      var outIndexes = new int[size];
      var outCounts = new double[size];
      for (int i = 0; i < size; i++) {
        double total = counts[i] + lost[i];
        if (total != 0) {
          outIndexes[kept] = indexes[i];
          outCounts[kept++] = total;
        }
      }
      return kept == 0 ? Histogram.Buckets.NONE
          : new Histogram.Buckets(Arrays.copyOf(outIndexes, kept), Arrays.copyOf(outCounts, kept));
    }
  }
}
