package io.tidemark.query;

import io.tidemark.promql.Expr;
import java.util.function.LongSupplier;

/// The tree of a text, and what of it was answered in no time. Safe on any thread.
///
/// What comes again and is answered within {@link #QUICK_NANOS} costs more to hand to a worker and back than to evaluate: four wake-ups.
final class ParsedText {
  /// How long one query may hold up an event loop: a fifth of a turn of the shards.
  static final long QUICK_NANOS = 200_000;
  /// Values of columns that it may come to, and with it the size of its answer, which is written there too.
  static final long QUICK_CELLS = 4_000;
  /// Samples that may be read on an event loop whatever was read before.
  static final long FEW_SAMPLES = 1_000;

  final Expr tree;
  private volatile Quick quick = new Quick(0, 0);

  ParsedText(Expr tree) {
    this.tree = tree;
  }

  /// The largest request that was answered quickly when it was asked for last.
  ///
  /// @param samples an upper bound of what it read
  private record Quick(long steps, long samples) {
    /// Whether a request is not larger. An eighth more samples are let pass, as a range that moves along never has quite the same number.
    boolean covers(long otherSteps, LongSupplier otherSamples) {
      return otherSteps <= steps && otherSamples.getAsLong() <= Math.max(FEW_SAMPLES, samples + samples / 8);
    }
  }

  /// Whether the evaluation of so many steps over so many samples was quick when it was asked for last. A text that was never evaluated is
  /// not quick.
  ///
  /// @param samples tells an upper bound of what will be read; asked only if it matters
  boolean isQuick(long steps, LongSupplier samples) {
    return quick.covers(steps, samples);
  }

  /// What an evaluation took. Of two at once one may be forgotten.
  ///
  /// @param steps   those that did not come from earlier answers
  /// @param samples upper bound of what was read for them
  void took(long nanos, long cells, long steps, long samples) {
    if (steps == 0) {
      return;
    }
    Quick known = quick;
    boolean isKnown = known.covers(steps, () -> samples);
    if (nanos > QUICK_NANOS || cells > QUICK_CELLS) {
      if (isKnown) {
        quick = new Quick(steps - 1, known.samples);
      }
    } else if (!isKnown) {
      quick = new Quick(steps, samples);
    }
  }
}
