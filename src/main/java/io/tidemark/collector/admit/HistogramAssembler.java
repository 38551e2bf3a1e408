package io.tidemark.collector.admit;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.Histogram;
import io.tidemark.model.Histogram.Buckets;
import io.tidemark.model.Histogram.Reset;
import io.tidemark.model.Stale;
import io.tidemark.model.TidemarkException;
import java.util.Arrays;

/// Collects the parts of one native histogram in any order, as spans of buckets and their counts, and makes a histogram of them, or says
/// what is wrong.
///
/// Nothing is kept beyond the bounds, whatever comes. Reused; one thread.
public final class HistogramAssembler {
  private static final Reset[] RESETS = Reset.values();

  private final SampleLimits limits;
  private final Side positive = new Side("positive");
  private final Side negative = new Side("negative");
  private double[] bounds = new double[16];
  private int boundCount;
  private int schema;
  private double count;
  private boolean isWhole;
  private double sum;
  private double zeroThreshold;
  private double zeroCount;
  private Reset hint = Reset.UNKNOWN;

  /// The buckets of one side: spans `(distance to the end of the span before, buckets)`, and counts.
  public final class Side {
    private final String name;
    private long[] offsets = new long[8];
    private long[] lengths = new long[8];
    private int spans;
    private double[] counts = new double[64];
    private int bucketCount;
    private long before;

    private Side(String name) {
      this.name = name;
    }

    private void reset() {
      spans = 0;
      bucketCount = 0;
      before = 0;
    }

    /// @param offset  of the first span its first index, of others how many indexes it leaves out
    /// @param buckets how many indexes it has
    public void span(long offset, long buckets) {
      if (spans > limits.histogramBucketsMax()) {
        return;
      }
      if (spans == offsets.length) {
        offsets = Arrays.copyOf(offsets, spans * 2);
        lengths = Arrays.copyOf(lengths, spans * 2);
      }
      offsets[spans] = offset;
      lengths[spans++] = buckets;
    }

    /// The next bucket's count as the difference to the one before.
    public void delta(long delta) {
      before += delta;
      add(before);
    }

    /// The next bucket's count.
    public void count(double next) {
      isWhole = false;
      add(next);
    }

    private void add(double next) {
      if (bucketCount > limits.histogramBucketsMax()) {
        return;
      }
      if (bucketCount == counts.length) {
        counts = Arrays.copyOf(counts, bucketCount * 2);
      }
      counts[bucketCount++] = next;
    }

    private Buckets build() {
      if (bucketCount > limits.histogramBucketsMax() || spans > limits.histogramBucketsMax()) {
        throw tooLarge("buckets", limits.histogramBucketsMax(), "limits.histogram_buckets");
      }
      if (bucketCount == 0 && spans == 0) {
        return Buckets.NONE;
      }
      var indexes = new int[bucketCount];
      int at = 0;
      long index = 0;
      for (int i = 0; i < spans; i++) {
        if (i > 0 && offsets[i] < 0) {
          throw bad("expected " + name + " spans one after the other, found an offset of " + offsets[i]);
        }
        index += offsets[i];
        if (lengths[i] < 0 || lengths[i] > bucketCount - at) {
          throw mismatch();
        }
        for (long n = 0; n < lengths[i]; n++, index++) {
          if (index != (int) index) {
            throw bad("expected " + name + " buckets of 32 bits, found " + index);
          }
          indexes[at++] = (int) index;
        }
      }
      if (at < bucketCount) {
        throw mismatch();
      }
      return new Buckets(indexes, Arrays.copyOf(counts, bucketCount));
    }

    private TidemarkException mismatch() {
      return bad("expected as many " + name + " buckets in the spans as counts, found " + bucketCount + " counts");
    }

    private double total() {
      double total = 0;
      for (int i = 0; i < bucketCount; i++) {
        total += counts[i];
      }
      return total;
    }
  }

  public HistogramAssembler(SampleLimits limits) {
    this.limits = limits;
  }

  /// Empties it.
  public void reset() {
    positive.reset();
    negative.reset();
    boundCount = 0;
    schema = 0;
    count = 0;
    isWhole = true;
    sum = 0;
    zeroThreshold = 0;
    zeroCount = 0;
    hint = Reset.UNKNOWN;
  }

  public Side positive() {
    return positive;
  }

  public Side negative() {
    return negative;
  }

  public void schema(int value) {
    schema = value;
  }

  /// All observations, an unsigned number.
  public void wholeCount(long value) {
    count = unsigned(value);
  }

  private static double unsigned(long value) {
    return value >= 0 ? value : (value >>> 1) * 2.0;
  }

  /// All observations, maybe a fraction.
  public void count(double value) {
    count = value;
    isWhole = false;
  }

  public void sum(double value) {
    sum = value;
  }

  public void zeroThreshold(double value) {
    zeroThreshold = value;
  }

  public void wholeZeroCount(long value) {
    zeroCount = unsigned(value);
  }

  public void zeroCount(double value) {
    zeroCount = value;
    isWhole = false;
  }

  /// By number: 0 unknown, 1 yes, 2 no, 3 gauge; others are unknown.
  public void reset(int number) {
    hint = number < RESETS.length ? RESETS[number] : Reset.UNKNOWN;
  }

  public void bound(double value) {
    if (boundCount > limits.histogramBoundsMax()) {
      return;
    }
    if (boundCount == bounds.length) {
      bounds = Arrays.copyOf(bounds, boundCount * 2);
    }
    bounds[boundCount++] = value;
  }

  /// Whether its sum is the staleness marker: it ends the series, and its other parts say nothing.
  public boolean isStale() {
    return Stale.is(sum);
  }

  /// @throws TidemarkException `BAD_DATA` when parts contradict each other, `TOO_LARGE` when there are too many
  public Histogram build() {
    if (boundCount > limits.histogramBoundsMax()) {
      throw tooLarge("custom bounds", limits.histogramBoundsMax(), "limits.histogram_custom_bounds");
    }
    var built = new Histogram(schema, count, sum, zeroThreshold, zeroCount, positive.build(), negative.build(),
        Arrays.copyOf(bounds, boundCount), hint);
    if (positive.bucketCount + negative.bucketCount > limits.histogramBucketsMax()) {
      throw tooLarge("buckets", limits.histogramBucketsMax(), "limits.histogram_buckets");
    }
    built.check();
    double found = positive.total() + negative.total() + zeroCount;
    // Observations of NaN are counted and lie in no bucket. Sums of fractions are not exact, and large ones neither.
    boolean differs = Double.isNaN(sum) ? found > count : found != count;
    if (isWhole && count < 1L << 53 && differs) {
      throw bad("expected as many observations in buckets as its count of " + count + ", found " + found);
    }
    return built;
  }

  private static TidemarkException bad(String text) {
    return new TidemarkException(ErrorCode.BAD_DATA, "histogram: " + text);
  }

  private static TidemarkException tooLarge(String what, int max, String key) {
    return new TidemarkException(ErrorCode.TOO_LARGE, "histogram: more than " + max + " " + what + " (" + key
        + "); lower its resolution at the source");
  }
}
