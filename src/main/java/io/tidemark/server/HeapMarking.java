package io.tidemark.server;

import com.sun.management.HotSpotDiagnosticMXBean;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Loop;
import java.lang.management.ManagementFactory;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/// Has the garbage collector find out what is left when much memory was let go, so that it gives the rest back to the system.
///
/// By itself the collector marks the heap only when it fills up: what a seal left behind would stay resident until as much again was
/// allocated, for hours on a quiet server. A marking runs beside everything else and costs about 1 ms of CPU a MB that is alive.
///
/// Calls that come within a short time share one marking, and there is never more than one in {@link #BETWEEN_MILLIS}.
final class HeapMarking {
  static final long DELAY_MILLIS = 1_000;
  static final long BETWEEN_MILLIS = 10_000;
  private static final String OPTION = "ExplicitGCInvokesConcurrent";

  private final Loop loop;
  private final Clock clock;
  private final Executor worker;
  private final Runnable mark;
  private final Counter markings;
  private boolean waits;
  private long notBeforeNanos;

  /// @param worker runs `mark`, which may take seconds
  HeapMarking(Loop loop, Clock clock, Executor worker, Runnable mark, Metrics metrics) {
    this.loop = loop;
    this.clock = clock;
    this.worker = worker;
    this.mark = mark;
    notBeforeNanos = clock.nanos();
    markings = metrics.counter("tidemark_heap_markings_total", "Markings of the heap that were asked for after memory was let go.");
  }

  /// Marks by the JVM's own means; does nothing where they would stop all threads for that long.
  static Runnable ofThisProcess() {
    var diagnostics = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
    boolean isConcurrent = diagnostics != null && Boolean.parseBoolean(diagnostics.getVMOption(OPTION).getValue());
    return isConcurrent ? System::gc : () -> { };
  }

  /// Says that much memory was let go. Any thread; returns at once.
  void ask() {
    loop.execute(() -> {
      if (!waits) {
        waits = true;
        loop.after(Math.max(DELAY_MILLIS, (notBeforeNanos - clock.nanos()) / 1_000_000), this::start);
      }
    });
  }

  private void start() {
    waits = false;
    notBeforeNanos = clock.nanos() + BETWEEN_MILLIS * 1_000_000;
    try {
      worker.execute(mark);
      markings.increment();
    } catch (RejectedExecutionException e) {
      // The process ends, or has so much to do that the collector runs anyhow; whoever lets go next asks again.
      notBeforeNanos = clock.nanos();
    }
  }
}
