package io.tidemark.transfer.tsdb;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.Histogram;
import io.tidemark.model.Histogram.Reset;
import io.tidemark.model.Stale;
import io.tidemark.model.TidemarkException;
import java.util.Arrays;

/// Reads chunks of native histograms sample by sample: Prometheus' encodings 2 (whole counts) and 3 (counts as floats).
///
/// ```
/// u16 number of samples | u8 of which the two highest bits tell of resets
/// layout                  zero threshold · schema · positive spans · negative spans · with custom bounds: these
/// whole counts            time, count, zero count, sum, each bucket less the one before it; from the second sample on all but the sum are
///                         the change of their last difference
/// counts as floats        time as above; count, zero count, sum and each bucket as XOR with the sample before
/// ```
/// A zero threshold is a byte 0 for 0, 255 and 64 bits, or else a power of two, 2^(byte-244). A custom bound is 0 and 64 bits, or one more
/// than its thousandfold. A sample with the staleness marker as sum has no buckets. Source: Prometheus' `tsdb/chunkenc` and its docs. One
/// thread; reused.
public final class HistogramChunk {
  private static final int GAUGE = 0xc0;
  private static final int RESET = 0x80;
  /// Not more than formats here hold.
  private static final int BUCKETS_MAX = 65_536;

  private final ChunkBits in = new ChunkBits();
  private boolean isWhole;
  private int header;
  private int samples;
  private int read;
  private long time;
  private long distance;
  private final XorColumn sums = new XorColumn();
  private XorColumn[] columns = new XorColumn[0];
  /// Of whole counts: count, zero count, buckets as told, and the last difference of each.
  private long[] told = new long[0];
  private long[] differences = new long[0];

  public int schema;
  public double zeroThreshold;
  public double count;
  public double zeroCount;
  public long sumBits;
  /// Distance from the bucket after the last one, and length, in turn.
  public int[] positiveSpans = new int[0];
  public int[] negativeSpans = new int[0];
  public double[] positiveCounts = new double[0];
  public double[] negativeCounts = new double[0];
  public double[] customBounds = new double[0];

  /// Begins with a chunk.
  ///
  /// @param padded the data, and at least nine bytes behind its `bytes`
  public void reset(byte[] padded, int bytes, boolean whole) {
    in.reset(padded, bytes);
    isWhole = whole;
    samples = (int) in.read(16);
    header = (int) in.read(8) & GAUGE;
    read = 0;
    time = 0;
    distance = 0;
    if (samples > 0) {
      readLayout();
    }
  }

  private void readLayout() {
    int threshold = (int) in.read(8);
    zeroThreshold = switch (threshold) {
      case 0 -> 0;
      case 255 -> in.real();
      default -> Math.scalb(0.5, threshold - 243);
    };
    schema = (int) in.signed();
    positiveSpans = spans();
    negativeSpans = spans();
    positiveCounts = new double[buckets(positiveSpans)];
    negativeCounts = new double[buckets(negativeSpans)];
    customBounds = new double[0];
    if (schema == Histogram.CUSTOM_SCHEMA) {
      customBounds = new double[length(in.unsigned())];
      for (int i = 0; i < customBounds.length; i++) {
        long bound = in.unsigned();
        customBounds[i] = bound == 0 ? in.real() : (bound - 1) / 1000.0;
      }
    }
    int numbers = 2 + positiveCounts.length + negativeCounts.length;
    if (isWhole) {
      told = new long[numbers];
      differences = new long[numbers];
    } else if (columns.length < numbers) {
      columns = new XorColumn[numbers];
      Arrays.setAll(columns, _ -> new XorColumn());
    }
  }

  private int[] spans() {
    var spans = new int[2 * length(in.unsigned())];
    for (int i = 0; i < spans.length; i += 2) {
      spans[i + 1] = length(in.unsigned());
      spans[i] = (int) in.signed();
    }
    return spans;
  }

  private static int buckets(int[] spans) {
    int buckets = 0;
    for (int i = 1; i < spans.length; i += 2) {
      buckets = length((long) buckets + spans[i]);
    }
    return buckets;
  }

  private static int length(long told) {
    if (told < 0 || told > BUCKETS_MAX) {
      throw new TidemarkException(ErrorCode.CORRUPT, "a histogram of " + Long.toUnsignedString(told) + " buckets or spans");
    }
    return (int) told;
  }

  /// Moves to the next sample; false after the last.
  public boolean next() {
    if (read == samples) {
      return false;
    }
    if (read == 0) {
      time = in.signed();
    } else {
      distance += in.signed();
      time += distance;
    }
    if (isWhole) {
      readWhole();
    } else {
      readFloats();
    }
    read++;
    return true;
  }

  private void readWhole() {
    if (read == 0) {
      told[0] = in.unsigned();
      told[1] = in.unsigned();
      sumBits = sums.first(in);
    } else {
      change(0);
      change(1);
      sumBits = sums.next(in);
    }
    count = unsigned(told[0]);
    zeroCount = unsigned(told[1]);
    if (read > 0 && isStale()) {
      return;
    }
    readBuckets(2, positiveCounts);
    readBuckets(2 + positiveCounts.length, negativeCounts);
  }

  private void readBuckets(int from, double[] counts) {
    long bucket = 0;
    for (int i = 0; i < counts.length; i++) {
      if (read == 0) {
        told[from + i] = in.signed();
      } else {
        change(from + i);
      }
      bucket += told[from + i];
      counts[i] = bucket;
    }
  }

  private void change(int index) {
    differences[index] += in.signed();
    told[index] += differences[index];
  }

  private static double unsigned(long value) {
    return value >= 0 ? value : (value >>> 1 | value & 1) * 2.0;
  }

  private void readFloats() {
    count = Double.longBitsToDouble(column(columns[0]));
    zeroCount = Double.longBitsToDouble(column(columns[1]));
    sumBits = column(sums);
    if (isStale()) {
      return;
    }
    for (int i = 0; i < positiveCounts.length; i++) {
      positiveCounts[i] = Double.longBitsToDouble(column(columns[2 + i]));
    }
    for (int i = 0; i < negativeCounts.length; i++) {
      negativeCounts[i] = Double.longBitsToDouble(column(columns[2 + positiveCounts.length + i]));
    }
  }

  private long column(XorColumn column) {
    return read == 0 ? column.first(in) : column.next(in);
  }

  public long timestampMillis() {
    return time;
  }

  /// Whether the sample ends its series; buckets and counts say nothing then.
  public boolean isStale() {
    return sumBits == Stale.BITS;
  }

  /// What the chunk says about the sample before this one: within a chunk no counter falls.
  public Reset resetHint() {
    return header == GAUGE ? Reset.GAUGE : read > 1 ? Reset.NO : header == RESET ? Reset.YES : Reset.UNKNOWN;
  }
}
