package io.tidemark.storage;

/// What a reader may do when it cannot have everything, and who watches over it.
///
/// @param partialAllowed whether shards may be missing, with a warning; otherwise the read fails
/// @param timeoutMillis  how long all reads of the view may take together
/// @param watch          told of the work and memory of the view's reads
public record ReadPolicy(boolean partialAllowed, long timeoutMillis, ReadWatch watch) {
  /// For reads that a person waits for.
  public static final ReadPolicy DEFAULT = new ReadPolicy(true, 120_000);

  public ReadPolicy(boolean partialAllowed, long timeoutMillis) {
    this(partialAllowed, timeoutMillis, ReadWatch.NONE);
  }
}
