package io.tidemark.model;

/// An example of what a sample counts, such as one request with its trace.
///
/// @param labels          what names it, such as `trace_id`; apart from the labels of its series
/// @param value           what was observed
/// @param timestampMillis when, in milliseconds since 1970
public record Exemplar(LabelSet labels, double value, long timestampMillis) {
  /// Labels of one exemplar, names and values together: the bound of OpenMetrics.
  public static final int LABEL_CHARS_MAX = 128;

  /// Bit for bit.
  @Override
  public boolean equals(Object other) {
    return other instanceof Exemplar that && timestampMillis == that.timestampMillis && labels.equals(that.labels)
        && Double.doubleToRawLongBits(value) == Double.doubleToRawLongBits(that.value);
  }

  @Override
  public int hashCode() {
    return 31 * labels.hashCode() + Long.hashCode(timestampMillis);
  }
}
