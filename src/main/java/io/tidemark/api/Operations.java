package io.tidemark.api;

import io.vertx.core.Future;

/// What operators may ask of the running node. Safe on any thread.
public interface Operations {
  /// Whether writes and queries work now.
  boolean isReady();

  /// Reads the configuration again; fails with `BAD_DATA` and changes nothing when it has a problem.
  Future<Void> reload();

  /// Seals everything that the heads hold.
  Future<Void> flush();

  /// Seals, then merges blocks as far as they go.
  Future<Void> compact();

  /// The engine's own metrics as text.
  String metrics();
}
