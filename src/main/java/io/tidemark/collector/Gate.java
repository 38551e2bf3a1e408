package io.tidemark.collector;

import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/// Lets requests in: by the rate of their service and by the bytes that are in the house already. One for all loops; safe on any
/// thread, never waits.
public final class Gate {
  /// The service of a request that names none.
  public static final String DEFAULT_SERVICE = "default";
  /// How long a byte keeps the house busy, and how long all of them together at most: from 250 kB a second on it always is.
  private static final long BUSY_NANOS_A_BYTE = 4_000;
  private static final long BUSY_NANOS_MAX = 1_000_000_000;
  /// The service that all share when there are too many.
  private static final String OTHERS = "others";

  private final IngestLimits limits;
  private final Clock clock;
  private final Map<String, RateBucket> buckets = new ConcurrentHashMap<>();
  private final AtomicLong inflightBytes = new AtomicLong();
  private final AtomicLong busyUntilNanos;
  private final Counter rateLimited;
  private final Counter overInflight;

  public Gate(IngestLimits limits, Clock clock, Metrics metrics) {
    this.limits = limits;
    this.clock = clock;
    busyUntilNanos = new AtomicLong(clock.nanos());
    rateLimited = metrics.counter("tidemark_collector_rate_limited_requests_total", "Requests refused because of their service's rate.");
    overInflight = metrics.counter("tidemark_collector_inflight_refused_requests_total",
        "Requests refused because of all bytes in flight.");
    metrics.gauge("tidemark_collector_inflight_bytes", "Bytes of bodies being received or waiting for the log.", inflightBytes::get);
    metrics.gauge("tidemark_collector_inflight_bytes_max", "Bound of the bytes in flight.", limits::inflightBytesMax);
    metrics.gauge("tidemark_collector_services", "Services told apart by the rate limit.", buckets::size);
  }

  /// How long `service` must wait before its next request, in milliseconds, rounded up; 0 when it may come in.
  public long waitMillis(String service) {
    long nanos = bucket(service).waitNanos(clock.nanos());
    if (nanos <= 0) {
      return 0;
    }
    rateLimited.increment();
    return nanos / 1_000_000 + 1;
  }

  /// Charges a service for the samples of a request that was let in.
  public void charge(String service, long samples) {
    bucket(service).take(samples, clock.nanos());
  }

  private RateBucket bucket(String service) {
    RateBucket known = buckets.get(service);
    if (known != null) {
      return known;
    }
    String name = buckets.size() < limits.servicesMax() || limits.serviceRates().containsKey(service) ? service : OTHERS;
    long rate = limits.serviceRates().getOrDefault(name, limits.samplesPerSecond());
    return buckets.computeIfAbsent(name, _ -> new RateBucket(rate, clock.nanos()));
  }

  /// Takes room for `bytes`; false, and nothing taken, when there is none.
  public boolean enter(long bytes) {
    if (inflightBytes.addAndGet(bytes) <= limits.inflightBytesMax()) {
      long now = clock.nanos();
      long nanos = Math.min(bytes, BUSY_NANOS_MAX / BUSY_NANOS_A_BYTE) * BUSY_NANOS_A_BYTE;
      busyUntilNanos.updateAndGet(until -> now + Math.min(BUSY_NANOS_MAX, Math.max(0, until - now) + nanos));
      return true;
    }
    inflightBytes.addAndGet(-bytes);
    overInflight.increment();
    return false;
  }

  /// Whether so many bytes came in within the last second that those who wait for their acknowledgement need a processor for themselves.
  public boolean isBusy() {
    return busyUntilNanos.get() - clock.nanos() > 0;
  }

  /// Gives the room of `bytes` back.
  public void leave(long bytes) {
    inflightBytes.addAndGet(-bytes);
  }
}
