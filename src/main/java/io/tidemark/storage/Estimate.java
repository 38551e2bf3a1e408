package io.tidemark.storage;

/// What a selector would read, told by indexes and counts alone.
///
/// @param series     series that may have samples within the range
/// @param samples    samples within the range; a part that the range cuts counts in proportion
/// @param isWhole    whether all parts of the store were asked; otherwise there is at least so much
/// @param resolution at which companions would be asked
public record Estimate(long series, long samples, boolean isWhole, Resolution resolution) {
  public static final Estimate NOTHING = new Estimate(0, 0, true);

  /// Of samples as they came.
  public Estimate(long series, long samples, boolean isWhole) {
    this(series, samples, isWhole, Resolution.RAW);
  }

  /// Of two stores that share no series.
  public Estimate and(Estimate other) {
    return new Estimate(series + other.series, samples + other.samples, isWhole && other.isWhole,
        resolution.compareTo(other.resolution) > 0 ? resolution : other.resolution);
  }

  /// How many of `count` samples spread evenly over `[firstMillis, lastMillis]` lie within `[fromMillis, toMillis)`.
  public static long share(long count, long firstMillis, long lastMillis, long fromMillis, long toMillis) {
    if (count <= 0 || lastMillis < fromMillis || firstMillis >= toMillis) {
      return 0;
    }
    if (firstMillis >= fromMillis && lastMillis < toMillis) {
      return count;
    }
    boolean holdsAnEnd = firstMillis >= fromMillis || lastMillis < toMillis;
    double overlap = (double) Math.min(lastMillis + 1, toMillis) - Math.max(firstMillis, fromMillis);
    double steps = overlap * (count - 1) / ((double) lastMillis - firstMillis);
    return Math.clamp(holdsAnEnd ? 1 + (long) steps : Math.round(steps), 1, count);
  }
}
