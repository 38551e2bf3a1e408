package io.tidemark.api.remoteread;

import io.tidemark.model.Histogram;
import io.tidemark.model.Histogram.Reset;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Writes native histograms as a chunk in Prometheus' encoding of histograms with float counts.
///
/// ```
/// u16 big-endian   number of samples
/// u8               what is known of the sample before the first: 0x80 a reset, 0xc0 these are gauges, 0 nothing
/// layout           zero threshold · schema · positive spans · negative spans · with custom bounds: these
/// first sample     time · count, zero count, sum, each positive, each negative bucket as 64 bits
/// each further     change of the distance in time · the same columns as XOR with the sample before
/// ```
/// A zero threshold of 0 is a byte 0, any other a byte 255 and 64 bits; spans are their number, then length and distance of each; a custom
/// bound is a bit 0 and 64 bits. Numbers are those of {@link ChunkBits#signed} and {@link ChunkBits#unsigned}, columns those of
/// {@link XorValue}. All samples of a chunk have one layout, and none of a counter is below the one before: readers take that as known.
/// Source: Prometheus' docs/format "chunks" and the native histogram specification. One thread; reused.
final class HistogramChunk {
  private static final int RESET = 0x80;
  private static final int GAUGE = 0xc0;

  private final ChunkBits bits = new ChunkBits();
  private XorValue[] columns = new XorValue[0];

  /// The end of the run of histograms from `from` on that fit one chunk; not beyond `max`.
  static int end(@Nullable Histogram[] histograms, int from, int max) {
    int end = from + 1;
    while (end < max && histograms[end - 1] instanceof Histogram before && histograms[end] instanceof Histogram next
        && follows(before, next)) {
      end++;
    }
    return end;
  }

  private static boolean follows(Histogram before, Histogram next) {
    boolean sameLayout = before.schema() == next.schema() && before.zeroThreshold() == next.zeroThreshold()
        && Arrays.equals(before.positive().indexes(), next.positive().indexes())
        && Arrays.equals(before.negative().indexes(), next.negative().indexes())
        && Arrays.equals(before.customBounds(), next.customBounds());
    boolean gauge = next.reset() == Reset.GAUGE;
    return sameLayout && gauge == (before.reset() == Reset.GAUGE) && (gauge || next.reset() != Reset.YES && isNotBelow(before, next));
  }

  private static boolean isNotBelow(Histogram before, Histogram next) {
    return next.count() >= before.count() && next.zeroCount() >= before.zeroCount()
        && areNotBelow(before.positive().counts(), next.positive().counts())
        && areNotBelow(before.negative().counts(), next.negative().counts());
  }

  private static boolean areNotBelow(double[] before, double[] next) {
    for (int i = 0; i < before.length; i++) {
      if (!(next[i] >= before[i])) {
        return false;
      }
    }
    return true;
  }

  /// Encodes samples `[from, to)` of one run as {@link #end} gives it. What is answered is valid until the next call.
  ChunkBits encode(long[] timestamps, @Nullable Histogram[] histograms, int from, int to) {
    bits.clear();
    bits.add(to - from, 16);
    long distance = 0;
    for (int i = from; i < to; i++) {
      Histogram histogram = histograms[i];
      if (histogram == null) {
        throw new IllegalArgumentException("sample " + i + " is a number");
      }
      if (i == from) {
        layout(histogram);
        bits.signed(timestamps[i]);
      } else {
        long next = timestamps[i] - timestamps[i - 1];
        bits.signed(next - distance);
        distance = next;
      }
      columns(histogram, i == from);
    }
    return bits;
  }

  private void layout(Histogram h) {
    bits.add(h.reset() == Reset.YES ? RESET : h.reset() == Reset.GAUGE ? GAUGE : 0, 8);
    if (h.zeroThreshold() == 0) {
      bits.add(0, 8);
    } else {
      bits.add(255, 8);
      bits.add(Double.doubleToRawLongBits(h.zeroThreshold()), 64);
    }
    bits.signed(h.schema());
    spans(h.positive().indexes());
    spans(h.negative().indexes());
    if (h.isCustom()) {
      bits.unsigned(h.customBounds().length);
      for (double bound : h.customBounds()) {
        bits.add(0, 1);
        bits.add(Double.doubleToRawLongBits(bound), 64);
      }
    }
    int count = 3 + h.positive().count() + h.negative().count();
    if (columns.length < count) {
      columns = new XorValue[count];
      Arrays.setAll(columns, _ -> new XorValue());
    }
  }

  private void spans(int[] indexes) {
    bits.unsigned(Spans.count(indexes));
    int after = 0;
    for (int from = 0; from < indexes.length; ) {
      int to = Spans.end(indexes, from);
      bits.unsigned(to - from);
      bits.signed(indexes[from] - after);
      after = indexes[to - 1] + 1;
      from = to;
    }
  }

  private void columns(Histogram h, boolean first) {
    column(0, h.count(), first);
    column(1, h.zeroCount(), first);
    column(2, h.sum(), first);
    int column = 3;
    for (double count : h.positive().counts()) {
      column(column++, count, first);
    }
    for (double count : h.negative().counts()) {
      column(column++, count, first);
    }
  }

  private void column(int index, double value, boolean first) {
    if (first) {
      columns[index].first(bits, value);
    } else {
      columns[index].next(bits, value);
    }
  }
}
