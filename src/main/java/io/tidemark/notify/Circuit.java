package io.tidemark.notify;

import java.util.LinkedHashSet;

/// Holds further attempts back from an integration that keeps failing, so that a dead receiver is probed, not hammered. Attempts wait,
/// they are never dropped for it, and the probe goes round among those that wait. A notification's first attempt does not ask here: what
/// fails may be the message of one other group. Its times are of a clock that is never set. Belongs to one loop.
final class Circuit {
  /// How soon the others look again while one probes.
  private static final long PROBE_POLL_MILLIS = 1_000;

  private final int failuresMax;
  private final long openMillis;
  /// Who asked and was not let through yet, the first one to be let through first.
  private final LinkedHashSet<Object> waiting = new LinkedHashSet<>();
  private int failuresInRow;
  private long openUntilMillis = Long.MIN_VALUE;
  private boolean probing;

  Circuit(NotifyLimits limits) {
    this.failuresMax = limits.circuitFailures();
    this.openMillis = limits.circuitMillis();
  }

  /// How long `who` has to wait with a further attempt, 0 when it may go now; who gets 0 must report how it went, who waits must ask
  /// again or {@link #leave}.
  long admit(Object who, long nowMillis) {
    if (!isOpen()) {
      waiting.remove(who);
      return 0;
    }
    waiting.add(who);
    if (nowMillis < openUntilMillis) {
      return openUntilMillis - nowMillis;
    }
    if (probing || waiting.getFirst() != who) {
      return Math.min(openMillis, PROBE_POLL_MILLIS);
    }
    waiting.removeFirst();
    probing = true;
    return 0;
  }

  /// Makes no further attempt.
  void leave(Object who) {
    waiting.remove(who);
  }

  /// The attempt that was let through is not made.
  void abandoned() {
    probing = false;
  }

  void succeeded() {
    failuresInRow = 0;
    openUntilMillis = Long.MIN_VALUE;
    probing = false;
  }

  void failed(long nowMillis) {
    failuresInRow++;
    probing = false;
    // First attempts that fail meanwhile do not put the probe off.
    if (isOpen() && nowMillis >= openUntilMillis) {
      openUntilMillis = nowMillis + openMillis;
    }
  }

  boolean isOpen() {
    return failuresInRow >= failuresMax;
  }
}
