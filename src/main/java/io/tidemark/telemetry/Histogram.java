package io.tidemark.telemetry;

import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;

/// Counts observations in buckets with fixed upper bounds. Safe on any thread.
public final class Histogram {
  /// Bounds for durations from 100 µs to 30 s, in seconds.
  public static final double[] SECONDS =
      {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};

  private final double[] bounds;
  private final LongAdder[] buckets;
  private final DoubleAdder sum = new DoubleAdder();

  Histogram(double[] bounds) {
    this.bounds = bounds.clone();
    buckets = new LongAdder[bounds.length + 1];
    for (int i = 0; i < buckets.length; i++) {
      buckets[i] = new LongAdder();
    }
  }

  public void observe(double value) {
    int i = 0;
    while (i < bounds.length && value > bounds[i]) {
      i++;
    }
    buckets[i].increment();
    sum.add(value);
  }

  /// Observes the time from `startNanos` to `endNanos`, both of the monotonic clock, in seconds.
  public void observeNanos(long startNanos, long endNanos) {
    observe((endNanos - startNanos) / 1e9);
  }

  void print(StringBuilder out, String name, String labels) {
    long cumulative = 0;
    for (int i = 0; i < buckets.length; i++) {
      cumulative += buckets[i].sum();
      String le = i < bounds.length ? Metrics.number(bounds[i]) : "+Inf";
      out.append(name).append("_bucket{").append(labels).append(labels.isEmpty() ? "" : ",").append("le=\"").append(le).append("\"} ")
          .append(cumulative).append('\n');
    }
    String braces = labels.isEmpty() ? "" : "{" + labels + "}";
    out.append(name).append("_sum").append(braces).append(' ').append(Metrics.number(sum.sum())).append('\n');
    out.append(name).append("_count").append(braces).append(' ').append(cumulative).append('\n');
  }
}
