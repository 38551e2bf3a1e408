package io.tidemark.storage;

import io.tidemark.codec.ColumnDecoder;
import io.tidemark.model.Histogram;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Reusable columns of one series' samples. Owned by one thread at a time.
///
/// `timestampsMillis[0..count)` ascend; `values` run beside them. Histograms and start times are columns that are only there when some
/// sample has one; past `count` they hold nulls and zeros. All arrays may be longer than `count` and are replaced when they grow, so take
/// the references after the read.
public final class SampleBuffer {
  /// A value that stands beside a histogram and says nothing itself; not a staleness marker.
  public static final double BESIDE_HISTOGRAM = Double.NaN;

  /// Smaller buffers are not worth asking for.
  private static final int WATCHED_SAMPLES = 16_384;
  /// Of one sample: both columns, their older copy while they grow, and what a reader merges or a kernel sorts beside them.
  private static final long SAMPLE_BYTES = 64;
  private static final long HISTOGRAM_BYTES = 512;
  private static final @Nullable Histogram[] NO_HISTOGRAMS = new Histogram[0];
  private static final long[] NO_STARTS = new long[0];

  public long[] timestampsMillis = new long[256];
  public double[] values = new double[256];
  /// Where not null, the sample is this histogram; empty when no sample is one.
  public @Nullable Histogram[] histograms = NO_HISTOGRAMS;
  /// When the sample's counter began, in milliseconds since 1970, 0 for unknown; empty when no sample tells it.
  public long[] startsMillis = NO_STARTS;
  public int count;
  /// Asked before the buffer grows large.
  public ReadWatch watch = ReadWatch.NONE;
  /// Whether what is read will soon be read again, so that a part is worth what it takes to keep the whole.
  public boolean comesAgain;
  private final ColumnDecoder decoder = new ColumnDecoder();

  /// For those who read columns into this buffer.
  public ColumnDecoder decoder() {
    return decoder;
  }

  public void clear() {
    count = 0;
    histograms = NO_HISTOGRAMS;
    startsMillis = NO_STARTS;
  }

  /// Makes room for `more` samples after the present ones.
  public void reserve(int more) {
    if (count >= WATCHED_SAMPLES) {
      watch.beat();
    }
    int needed = count + more;
    if (needed > values.length) {
      int capacity = Math.max(needed, values.length * 2);
      hold(capacity - values.length, SAMPLE_BYTES + (hasHistograms() ? HISTOGRAM_BYTES : 0));
      timestampsMillis = Arrays.copyOf(timestampsMillis, capacity);
      values = Arrays.copyOf(values, capacity);
      histograms = hasHistograms() ? Arrays.copyOf(histograms, capacity) : histograms;
      startsMillis = hasStarts() ? Arrays.copyOf(startsMillis, capacity) : startsMillis;
    }
  }

  private void hold(long more, long bytesEach) {
    if (values.length >= WATCHED_SAMPLES) {
      watch.hold(more * bytesEach);
    }
  }

  public void add(long timestampMillis, double value) {
    if (count == values.length) {
      reserve(1);
    }
    timestampsMillis[count] = timestampMillis;
    values[count++] = value;
  }

  public void add(long timestampMillis, Histogram histogram) {
    add(timestampMillis, BESIDE_HISTOGRAM);
    needHistograms();
    histograms[count - 1] = histogram;
  }

  /// Says when the counter of the sample added last began.
  public void startLast(long startMillis) {
    needStarts();
    startsMillis[count - 1] = startMillis;
  }

  /// Adds sample `index` of another buffer with all that it has.
  public void addFrom(SampleBuffer other, int index) {
    add(other.timestampsMillis[index], other.values[index]);
    if (other.hasHistograms()) {
      put(other.histograms[index]);
    } else if (hasHistograms()) {
      histograms[count - 1] = null;
    }
    if (other.hasStarts() && (hasStarts() || other.startsMillis[index] != 0)) {
      startLast(other.startsMillis[index]);
    } else if (hasStarts()) {
      startsMillis[count - 1] = 0;
    }
  }

  private void put(@Nullable Histogram histogram) {
    if (histogram != null || hasHistograms()) {
      needHistograms();
      histograms[count - 1] = histogram;
    }
  }

  /// Takes back what histogram `index` says of a counter reset: the sample before it here is not the one that its sender spoke of. A gauge
  /// stays one. Nothing happens where there is no sample before, or no histogram.
  public void forgetReset(int index) {
    if (hasHistograms() && index > 0 && index < count) {
      Histogram histogram = histograms[index];
      if (histogram != null) {
        histograms[index] = withoutReset(histogram);
      }
    }
  }

  private static Histogram withoutReset(Histogram histogram) {
    return histogram.reset() == Histogram.Reset.GAUGE ? histogram : histogram.with(Histogram.Reset.UNKNOWN);
  }

  /// Whether sample `index` is told bit for bit as sample `otherIndex` of another buffer: histogram or value, and start. What a histogram
  /// says of the sample before it does not matter.
  public boolean sameAs(int index, SampleBuffer other, int otherIndex) {
    Histogram mine = hasHistograms() ? histograms[index] : null;
    Histogram theirs = other.hasHistograms() ? other.histograms[otherIndex] : null;
    boolean same = mine == null && theirs == null
        ? Double.doubleToRawLongBits(values[index]) == Double.doubleToRawLongBits(other.values[otherIndex])
        : mine != null && theirs != null && withoutReset(mine).equals(withoutReset(theirs));
    return same && timestampsMillis[index] == other.timestampsMillis[otherIndex]
        && (hasStarts() ? startsMillis[index] : 0) == (other.hasStarts() ? other.startsMillis[otherIndex] : 0);
  }

  /// Lets go of the samples from `newCount` on.
  public void truncate(int newCount) {
    if (hasHistograms()) {
      Arrays.fill(histograms, newCount, Math.max(newCount, count), null);
    }
    if (hasStarts()) {
      Arrays.fill(startsMillis, newCount, Math.max(newCount, count), 0);
    }
    count = newCount;
  }

  /// Lets go of all samples but the last.
  public void keepNewest() {
    int last = count - 1;
    if (last > 0) {
      timestampsMillis[0] = timestampsMillis[last];
      values[0] = values[last];
      if (hasHistograms()) {
        histograms[0] = histograms[last];
      }
      if (hasStarts()) {
        startsMillis[0] = startsMillis[last];
      }
      truncate(1);
    }
  }

  public boolean hasHistograms() {
    return histograms.length > 0;
  }

  public boolean hasStarts() {
    return startsMillis.length > 0;
  }

  /// Makes the column of histograms as long as the others, if it is not.
  public void needHistograms() {
    if (histograms.length < values.length) {
      hold(values.length - histograms.length, HISTOGRAM_BYTES);
      histograms = Arrays.copyOf(histograms, values.length);
    }
  }

  /// Makes the column of start times as long as the others, if it is not.
  public void needStarts() {
    if (startsMillis.length < values.length) {
      startsMillis = Arrays.copyOf(startsMillis, values.length);
    }
  }
}
