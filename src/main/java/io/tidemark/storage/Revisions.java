package io.tidemark.storage;

/// Tells what has changed in the past of the stored series: what a cache of answers has to know. Safe on any thread, never blocks.
///
/// A change is told no later than it can be read by a view that had to wait for it, so who opens a view and asks then misses nothing
/// that the view had to show.
public interface Revisions {
  /// What changes are counted from. Only the reader that gave it understands it.
  interface Revision {}

  /// As of now.
  Revision now();

  /// The lowest time of a sample that came, went or changed since; rounded down, so perhaps somewhat lower. `Long.MAX_VALUE` for no
  /// change, `Long.MIN_VALUE` when it is not known.
  long changedFromMillis(Revision since);

  /// The lowest time that a delete erased since, whether or not it had a sample there. `Long.MAX_VALUE` for no delete, `Long.MIN_VALUE`
  /// when it is not known. Samples that came late or were lost do not count.
  long erasedFromMillis(Revision since);
}
