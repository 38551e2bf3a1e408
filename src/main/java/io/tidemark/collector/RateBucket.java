package io.tidemark.collector;

import java.util.concurrent.atomic.AtomicLong;

/// A token bucket of one second, kept as the one instant at which all that was taken is paid for. Safe on any thread, never waits.
///
/// How many samples a request holds is known only when it is decoded, so a request is let in while the bucket is not empty and pays
/// afterwards: the bucket may go into debt by one request a loop, and over time exactly the rate passes.
/// Source: the generic cell rate algorithm, ITU-T I.371.
final class RateBucket {
  private static final long BURST_NANOS = 1_000_000_000L;
  /// Longest debt that is kept, so that one huge request does not shut a service out for hours.
  private static final long DEBT_NANOS_MAX = 60_000_000_000L;

  private final double nanosPerSample;
  private final AtomicLong paidAtNanos;

  RateBucket(long samplesPerSecond, long nowNanos) {
    nanosPerSample = 1e9 / samplesPerSecond;
    paidAtNanos = new AtomicLong(nowNanos);
  }

  /// How long until the bucket is not empty, in nanoseconds; 0 or less when it is not empty now.
  long waitNanos(long nowNanos) {
    return paidAtNanos.get() - nowNanos - BURST_NANOS + 1;
  }

  void take(long samples, long nowNanos) {
    long cost = (long) Math.min(DEBT_NANOS_MAX, samples * nanosPerSample);
    paidAtNanos.updateAndGet(paidAt -> {
      long since = paidAt - nowNanos < 0 ? nowNanos : paidAt;
      return Math.min(since - nowNanos + cost, DEBT_NANOS_MAX) + nowNanos;
    });
  }
}
