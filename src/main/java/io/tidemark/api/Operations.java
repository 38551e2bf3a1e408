package io.tidemark.api;

import io.tidemark.model.Matcher;
import io.tidemark.model.TimeRange;
import io.tidemark.storage.Integrity;
import io.vertx.core.Future;
import java.util.List;

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

  /// Erases all samples that were acknowledged before, with times in `range`, of the series that one of the selectors names. Fails with
  /// `UNAVAILABLE`, `RATE_LIMITED` or `TOO_LARGE`, and with what the log fails with; it may be repeated then.
  Future<Void> erase(List<List<Matcher>> selectors, TimeRange range);

  /// Takes what was erased off the disk of this process now.
  Future<Void> clean();

  /// Begins to read all local blocks of this process to find damage, unless that is under way; completes when it has begun.
  Future<Void> scrub();

  /// What is known of damage in the blocks of this process; nothing without shards.
  Integrity integrity();

  /// The engine's own metrics as text.
  String metrics();
}
