package io.tidemark.storage;

import io.tidemark.model.Stale;

/// What of a series' samples somebody needs. Each aspect of a bucket is a few samples with times within the bucket, so that what
/// companions tell of one time and samples as they came of another are put side by side and read alike: {@link Downsampler} says which.
public enum Aspect {
  /// Real samples: of each bucket the first and the last, both sides of each step down and each NaN, and a staleness marker that is the
  /// very last. Enough for what looks at ends, and for resets.
  EDGES,
  /// Of these at least the first, the last and the marker. Enough for what looks at ends only.
  ENDS,
  /// For each of the edges, or of the ends where there are no others, how many samples it stands for: itself and those left out since the
  /// one before. A marker stands for none and stays one.
  COUNT,
  /// The compensated sum of each bucket.
  SUM,
  /// The smallest value of each bucket, NaN when there is nothing else.
  MIN,
  /// The largest.
  MAX;

  /// Adds to `counts` how many each of the samples as they came, from index `begin` on, stands for.
  static void countRaw(SampleBuffer samples, int begin, SampleBuffer counts) {
    int before = counts.count;
    for (int i = begin; i < samples.count; i++) {
      counts.add(samples.timestampsMillis[i], samples.values[i]);
    }
    COUNT.takeRaw(counts, before);
  }

  /// Turns samples as they came, from index `begin` on, into this aspect of them. Histograms stay what they are.
  void takeRaw(SampleBuffer samples, int begin) {
    if (this == COUNT) {
      for (int i = begin; i < samples.count; i++) {
        if (Double.doubleToRawLongBits(samples.values[i]) != Stale.BITS) {
          samples.values[i] = 1;
        }
      }
    }
  }
}
