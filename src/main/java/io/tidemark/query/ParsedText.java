package io.tidemark.query;

import io.tidemark.promql.Expr;

/// The tree of a text, and how many steps of it were answered in no time. Safe on any thread.
///
/// What comes again and is answered within {@link #QUICK_NANOS} costs more to hand to a worker and back than to evaluate: four wake-ups.
final class ParsedText {
  /// How long one query may hold up an event loop: a fifth of a turn of the shards.
  static final long QUICK_NANOS = 200_000;
  /// Values of columns that it may come to, and with it the size of its answer, which is written there too.
  static final long QUICK_CELLS = 4_000;

  final Expr tree;
  private volatile long quickSteps;

  ParsedText(Expr tree) {
    this.tree = tree;
  }

  /// Whether so many steps were answered quickly when they were asked for last. A text that was never evaluated is not quick.
  boolean isQuick(long steps) {
    return steps <= quickSteps;
  }

  /// What an evaluation took. Of two at once one may be forgotten.
  void took(long nanos, long cells, long steps) {
    quickSteps = nanos <= QUICK_NANOS && cells <= QUICK_CELLS ? Math.max(quickSteps, steps) : Math.min(quickSteps, steps - 1);
  }
}
