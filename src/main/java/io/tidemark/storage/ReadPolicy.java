package io.tidemark.storage;

/// What a reader may do when it cannot have everything.
///
/// @param partialAllowed whether shards may be missing, with a warning; otherwise the read fails
/// @param timeoutMillis  how long all reads of the view may take together
public record ReadPolicy(boolean partialAllowed, long timeoutMillis) {
  /// For reads that a person waits for.
  public static final ReadPolicy DEFAULT = new ReadPolicy(true, 120_000);
}
