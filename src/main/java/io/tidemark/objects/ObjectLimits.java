package io.tidemark.objects;

/// Bounds of one store.
///
/// @param concurrency calls that run at once
/// @param waitingMax  calls that may wait for one of them to end; past it they fail with `UNAVAILABLE`
/// @param partBytes   files above this are sent in parts of this size; S3 asks for 5 MiB at least
public record ObjectLimits(int concurrency, int waitingMax, int partBytes) {
  public static final ObjectLimits DEFAULT = new ObjectLimits(16, 1024, 8 << 20);

  public ObjectLimits {
    if (concurrency < 1 || waitingMax < 0 || partBytes < 5 << 20) {
      throw new IllegalArgumentException("object store limits out of bounds: " + concurrency + " calls at once, " + waitingMax
          + " waiting, parts of " + partBytes + " bytes");
    }
  }
}
