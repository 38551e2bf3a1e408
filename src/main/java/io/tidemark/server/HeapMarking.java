package io.tidemark.server;

import com.sun.management.HotSpotDiagnosticMXBean;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Loop;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongSupplier;

/// Has the garbage collector find out what is left when much memory was let go, so that it gives the rest back to the system.
///
/// By itself the collector marks the heap only when it fills up: what a seal left behind would stay resident until as much again was
/// allocated, for hours on a quiet server. A marking runs beside everything else and costs about 1 ms of CPU a MB that is alive.
///
/// It waits until the process has little to do, so that it finds what was let go at the end too and is in nobody's way; on a server that is
/// never calm, until {@link #PATIENCE_MILLIS} are over. Calls in between share one marking, and none begins within
/// {@link #BETWEEN_MILLIS} of another.
final class HeapMarking {
  static final long LOOK_MILLIS = 1_000;
  static final long PATIENCE_MILLIS = 30_000;
  static final long BETWEEN_MILLIS = 5_000;
  /// Calm is a process that uses less than this part of one core.
  private static final int CALM_PART = 4;
  /// Collections after a marking, and the memory used for them at most.
  private static final int COLLECTIONS = 6;
  private static final int USED_BYTES_MAX = 1 << 30;
  private static final int PIECE_BYTES = 64 * 1024;
  private static final String OPTION = "ExplicitGCInvokesConcurrent";

  /// Where memory is used to be let go, so that the compiler does not leave it out.
  private static volatile byte[] piece = new byte[0];

  private final Loop loop;
  private final Clock clock;
  private final LongSupplier cpuNanos;
  private final Executor worker;
  private final Runnable mark;
  private final Counter markings;
  private boolean waits;
  private long askedNanos;
  private long notBeforeNanos;

  /// @param cpuNanos CPU time of the process so far
  /// @param worker   runs `mark`, which may take seconds
  HeapMarking(Loop loop, Clock clock, LongSupplier cpuNanos, Executor worker, Runnable mark, Metrics metrics) {
    this.loop = loop;
    this.clock = clock;
    this.cpuNanos = cpuNanos;
    this.worker = worker;
    this.mark = mark;
    notBeforeNanos = clock.nanos();
    markings = metrics.counter("tidemark_heap_markings_total", "Markings of the heap that were asked for after memory was let go.");
  }

  /// Marks by the JVM's own means; does nothing where they would stop all threads for that long.
  static Runnable ofThisProcess() {
    var diagnostics = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
    boolean isConcurrent = diagnostics != null && Boolean.parseBoolean(diagnostics.getVMOption(OPTION).getValue());
    return isConcurrent ? HeapMarking::markAndCollect : () -> { };
  }

  /// A marking frees regions that are garbage as a whole. Those that are so in part are emptied by the young collections that come next,
  /// which come when memory is used; a calm process uses too little, so it is used here.
  private static void markAndCollect() {
    System.gc();
    long end = collections() + COLLECTIONS;
    for (int used = 0; used < USED_BYTES_MAX && collections() < end; used += PIECE_BYTES) {
      piece = new byte[PIECE_BYTES];
    }
    piece = new byte[0];
    // The heap shrinks at the end of a marking only.
    System.gc();
  }

  private static long collections() {
    return ManagementFactory.getGarbageCollectorMXBeans().stream().mapToLong(GarbageCollectorMXBean::getCollectionCount).sum();
  }

  /// CPU time of this process; always 0 where the system does not tell, so that it counts as calm.
  static long cpuNanos() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean system
        ? Math.max(0, system.getProcessCpuTime()) : 0;
  }

  /// Says that much memory was let go. Any thread; returns at once.
  void ask() {
    loop.execute(() -> {
      if (!waits) {
        waits = true;
        askedNanos = clock.nanos();
        lookLater();
      }
    });
  }

  private void lookLater() {
    long nanos = clock.nanos();
    long cpu = cpuNanos.getAsLong();
    loop.after(LOOK_MILLIS, () -> look(nanos, cpu));
  }

  private void look(long nanosBefore, long cpuBefore) {
    long nanos = clock.nanos();
    boolean isCalm = (cpuNanos.getAsLong() - cpuBefore) * CALM_PART < nanos - nanosBefore;
    if (nanos >= notBeforeNanos && (isCalm || nanos - askedNanos >= PATIENCE_MILLIS * 1_000_000)) {
      start();
    } else {
      lookLater();
    }
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
