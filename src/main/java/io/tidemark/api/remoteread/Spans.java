package io.tidemark.api.remoteread;

/// Runs of neighbouring buckets, as Prometheus' messages and chunks tell which buckets there are.
final class Spans {
  private Spans() {}

  /// The end of the run that begins at `from`.
  static int end(int[] indexes, int from) {
    int to = from + 1;
    while (to < indexes.length && indexes[to] == indexes[to - 1] + 1) {
      to++;
    }
    return to;
  }

  /// How many runs there are.
  static int count(int[] indexes) {
    int count = 0;
    for (int from = 0; from < indexes.length; from = end(indexes, from)) {
      count++;
    }
    return count;
  }
}
