package io.tidemark.collector.admit;

import io.tidemark.codec.HistogramBytes;
import io.tidemark.config.Section;

/// Bounds on one series and one sample.
///
/// @param labelsMax             labels of a series, the name included
/// @param labelNameBytesMax     bytes of a label name
/// @param labelValueBytesMax    bytes of a label value
/// @param histogramBucketsMax   buckets of a native histogram, both sides together
/// @param histogramBoundsMax    custom bounds of a native histogram
/// @param futureToleranceMillis how far ahead of now a timestamp may be
/// @param pastToleranceMillis   how far behind; `Long.MAX_VALUE` for back to 1970
public record SampleLimits(int labelsMax, int labelNameBytesMax, int labelValueBytesMax, int histogramBucketsMax,
    int histogramBoundsMax, long futureToleranceMillis, long pastToleranceMillis) {
  private static final long DAY_MILLIS = 86_400_000L;
  /// As far as a configuration can go: what is beyond these no server takes.
  public static final SampleLimits LARGEST =
      new SampleLimits(1_000, 65_536, 1 << 20, HistogramBytes.BUCKETS_MAX, HistogramBytes.BUCKETS_MAX, Long.MAX_VALUE, Long.MAX_VALUE);
  public static final SampleLimits DEFAULT = new SampleLimits(64, 1024, 8 * 1024, 1_000, 1_000, 600_000, 400 * DAY_MILLIS);

  /// Reads the keys of `limits` that concern samples.
  public static SampleLimits read(Section limits) {
    return new SampleLimits(
        (int) limits.number("labels_per_series", DEFAULT.labelsMax, 1, LARGEST.labelsMax),
        (int) limits.number("label_name_bytes", DEFAULT.labelNameBytesMax, 1, LARGEST.labelNameBytesMax),
        (int) limits.number("label_value_bytes", DEFAULT.labelValueBytesMax, 1, LARGEST.labelValueBytesMax),
        (int) limits.number("histogram_buckets", DEFAULT.histogramBucketsMax, 1, LARGEST.histogramBucketsMax),
        (int) limits.number("histogram_custom_bounds", DEFAULT.histogramBoundsMax, 1, LARGEST.histogramBoundsMax),
        limits.durationMillis("future_tolerance", DEFAULT.futureToleranceMillis),
        limits.durationMillisOrUnlimited("past_tolerance", DEFAULT.pastToleranceMillis));
  }

  /// The first timestamp accepted at `nowMillis`, inclusive. Never before 1970-01-02, so that a zero is not taken for a time.
  public long oldestMillis(long nowMillis) {
    return pastToleranceMillis >= nowMillis ? DAY_MILLIS : Math.max(DAY_MILLIS, nowMillis - pastToleranceMillis);
  }

  /// The last timestamp accepted at `nowMillis`, inclusive.
  public long newestMillis(long nowMillis) {
    return nowMillis > Long.MAX_VALUE - futureToleranceMillis ? Long.MAX_VALUE : nowMillis + futureToleranceMillis;
  }
}
