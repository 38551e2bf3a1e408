package io.tidemark.api.prometheus;

/// Writes points of series as JSON, each with the comma that stands between two: `,[seconds,"value"]`. One thread.
final class PointWriter {
  static final int BYTES_MAX = StepTexts.BYTES_MAX + NumberText.BYTES_MAX + 2;

  private final StepTexts steps;
  private final NumberText numbers;

  /// @param points of the longest series expected; 0 when only one series is written, as nobody would read its times again
  PointWriter(int points, NumberText numbers) {
    steps = new StepTexts(points);
    this.numbers = numbers;
  }

  /// Writes point `index` of a series from `at` on, where there is room for {@link #BYTES_MAX}, and answers the end.
  int write(byte[] out, int at, int index, long timestampMillis, double value) {
    int end = steps.write(out, at, index, timestampMillis);
    end = numbers.write(out, end, value, NumberText.Style.JSON);
    out[end++] = '"';
    out[end++] = ']';
    return end;
  }
}
