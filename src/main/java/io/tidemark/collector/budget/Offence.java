package io.tidemark.collector.budget;

import com.dynatrace.hash4j.distinctcount.MartingaleEstimator;
import com.dynatrace.hash4j.distinctcount.UltraLogLog;
import org.jspecify.annotations.Nullable;

/// What was refused since an account went over its budget. Guarded by its account.
///
/// Refused series are not remembered, so their number comes from a sketch.
/// Source: Ertl, "UltraLogLog: A Practical and More Space-Efficient Alternative to HyperLogLog", VLDB 2024.
final class Offence {
  /// 2¹⁴ registers of a byte: a standard error below 0.6 %.
  private static final int PRECISION = 14;

  final long sinceMillis;
  final String example;
  private final @Nullable UltraLogLog sketch;
  private final MartingaleEstimator estimator = new MartingaleEstimator();
  long lastMillis;
  long samples;

  /// @param sketched whether there is room for a sketch
  Offence(long sinceMillis, String example, boolean sketched) {
    this.sinceMillis = sinceMillis;
    this.example = example;
    sketch = sketched ? UltraLogLog.create(PRECISION) : null;
  }

  boolean isSketched() {
    return sketch != null;
  }

  void add(long hash, long refusedSamples, long nowMillis) {
    samples += refusedSamples;
    lastMillis = nowMillis;
    if (sketch != null) {
      sketch.add(hash, estimator);
    }
  }

  /// Distinct series that were refused, estimated; -1 without a sketch.
  long series() {
    return sketch == null ? -1 : Math.round(estimator.getDistinctCountEstimate());
  }
}
