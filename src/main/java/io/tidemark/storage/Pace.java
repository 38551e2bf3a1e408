package io.tidemark.storage;

/// Counts the rounds of a loop and beats at every {@link #ROUNDS}th. Owned by one thread.
final class Pace {
  static final int ROUNDS = 1_024;

  private final ReadWatch watch;
  private int round;

  Pace(ReadWatch watch) {
    this.watch = watch;
  }

  void round() {
    if ((++round & ROUNDS - 1) == 0) {
      watch.beat();
    }
  }
}
