package io.tidemark.query.kernel;

/// Called by loops whose cost grows with samples times steps, once a step, so that a query can be stopped within them.
@FunctionalInterface
public interface Pulse {
  /// Returns to go on, throws to stop.
  void beat();
}
