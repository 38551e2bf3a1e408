package io.tidemark.query.kernel;

/// The windows of a range function: for step `i` the left-open span `(end - range, end]` with `end = firstEnd + i * step`.
///
/// @param firstEndMillis end of the first window, inclusive
/// @param stepMillis     distance of ends; 0 when `@` pins every window to the same place
/// @param count          how many windows
/// @param rangeMillis    length of each
/// @param firstEvalMillis evaluation time of the first step; differs from the end by offset and `@`
/// @param evalStepMillis  distance of evaluation times
public record Windows(long firstEndMillis, long stepMillis, int count, long rangeMillis, long firstEvalMillis, long evalStepMillis) {
  public long endMillis(int step) {
    return firstEndMillis + step * stepMillis;
  }

  public long startMillis(int step) {
    return endMillis(step) - rangeMillis;
  }

  public long evalMillis(int step) {
    return firstEvalMillis + step * evalStepMillis;
  }

  /// The index of the first of `timestamps[from..count)` after `millis`, or `count`.
  ///
  /// Scrapes are regular, so an edge mostly moves on by as many samples as the step before: two looks settle that, whatever the count.
  ///
  /// @param stride how far the edge moved last time
  static int past(long[] timestamps, int from, int count, long millis, int stride) {
    int at = from + stride;
    if (at < count && timestamps[at] > millis && (stride == 0 || timestamps[at - 1] <= millis)) {
      return at;
    }
    at = from;
    while (at < count && timestamps[at] <= millis) {
      at++;
    }
    return at;
  }
}
