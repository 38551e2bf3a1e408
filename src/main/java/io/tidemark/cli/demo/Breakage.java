package io.tidemark.cli.demo;

/// What is broken in the lock service at a moment of the demo's three-minute cycle.
///
/// @param degradedRegion index of the region with errors and high latency, or -1
/// @param silentRegion   index of the region whose server does not answer, or -1
record Breakage(int degradedRegion, int silentRegion) {
  /// Length of a cycle.
  static final int CYCLE_SECONDS = 180;
  private static final int EU_WEST = 2;

  /// Everything works for 20 s, `eu-west` degrades for 40 s, works, its server is silent for 30 s, and works again.
  static Breakage at(long secondsSinceStart) {
    long second = secondsSinceStart % CYCLE_SECONDS;
    return new Breakage(second >= 20 && second < 60 ? EU_WEST : -1, second >= 100 && second < 130 ? EU_WEST : -1);
  }
}
