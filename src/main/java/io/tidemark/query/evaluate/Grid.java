package io.tidemark.query.evaluate;

import io.tidemark.query.QueryRequest;

/// Evaluation times: `count` of them from `firstMillis`, `stepMillis` apart.
record Grid(long firstMillis, long stepMillis, int count) {
  static Grid of(QueryRequest request, long startMillis, long endMillis) {
    long step = request.stepMillis();
    return new Grid(startMillis, step, request.isInstant() ? 1 : (int) ((endMillis - startMillis) / step + 1));
  }

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
