package io.tidemark.notify;

/// Holds attempts back from an integration that keeps failing, so that a dead receiver is probed, not hammered. Attempts wait, they
/// are never dropped for it. Its times are of a clock that is never set. Belongs to one loop.
final class Circuit {
  /// How soon the others look again while one probes.
  private static final long PROBE_POLL_MILLIS = 1_000;

  private final int failuresMax;
  private final long openMillis;
  private int failuresInRow;
  private long openUntilMillis;
  private boolean probing;

  Circuit(NotifyLimits limits) {
    this.failuresMax = limits.circuitFailures();
    this.openMillis = limits.circuitMillis();
  }

  /// How long an attempt has to wait, 0 when it may go now; the caller that gets 0 must report how it went.
  long admit(long nowMillis) {
    if (failuresInRow < failuresMax) {
      return 0;
    }
    if (nowMillis < openUntilMillis) {
      return openUntilMillis - nowMillis;
    }
    if (probing) {
      return Math.min(openMillis, PROBE_POLL_MILLIS);
    }
    probing = true;
    return 0;
  }

  /// The attempt that was let through is not made.
  void abandoned() {
    probing = false;
  }

  void succeeded() {
    failuresInRow = 0;
    probing = false;
  }

  void failed(long nowMillis) {
    failuresInRow++;
    probing = false;
    if (failuresInRow >= failuresMax) {
      openUntilMillis = nowMillis + openMillis;
    }
  }

  boolean isOpen() {
    return failuresInRow >= failuresMax;
  }
}
