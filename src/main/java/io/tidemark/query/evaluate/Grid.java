package io.tidemark.query.evaluate;

/// Evaluation times: `count` of them from `firstMillis`, `stepMillis` apart.
record Grid(long firstMillis, long stepMillis, int count) {
  long millis(int step) {
    return firstMillis + step * stepMillis;
  }

  long lastMillis() {
    return millis(count - 1);
  }

  /// The first time alone: where expressions are evaluated that give the same at every step.
  Grid first() {
    return new Grid(firstMillis, stepMillis, 1);
  }
}
