package io.tidemark.telemetry;

import java.io.IOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.nio.file.Files;
import java.nio.file.Path;

/// The process as the operating system and the JVM see it, under the names that Prometheus' client libraries use.
public final class ProcessMetrics {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final String RESIDENT = "VmRSS:";

  private ProcessMetrics() {}

  /// Registers everything with `metrics`. Each value is read when it is printed.
  public static void register(Metrics metrics) {
    var runtime = ManagementFactory.getRuntimeMXBean();
    metrics.gauge("process_start_time_seconds", "Start of the process, seconds since 1970.", () -> runtime.getStartTime() / 1000.0);
    if (ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.UnixOperatingSystemMXBean system) {
      metrics.counterFrom("process_cpu_seconds_total", "CPU time of the process.", () -> system.getProcessCpuTime() / 1e9);
      metrics.gauge("process_open_fds", "Open file descriptors.", system::getOpenFileDescriptorCount);
      metrics.gauge("process_max_fds", "Most file descriptors allowed.", system::getMaxFileDescriptorCount);
    }
    if (Files.isReadable(STATUS)) {
      metrics.gauge("process_resident_memory_bytes", "Resident memory of the process.", ProcessMetrics::residentBytes);
    }
    var memory = ManagementFactory.getMemoryMXBean();
    heap(metrics, "heap", memory::getHeapMemoryUsage);
    heap(metrics, "nonheap", memory::getNonHeapMemoryUsage);
    metrics.gauge("jvm_threads_current", "Live threads.", ManagementFactory.getThreadMXBean()::getThreadCount);
    for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
      metrics.counterFrom("jvm_gc_collections_total", "Garbage collections.", collector::getCollectionCount, "gc", collector.getName());
      metrics.counterFrom("jvm_gc_seconds_total", "Time in garbage collections.", () -> collector.getCollectionTime() / 1e3,
          "gc", collector.getName());
    }
  }

  private interface Usage {
    MemoryUsage now();
  }

  private static void heap(Metrics metrics, String area, Usage usage) {
    metrics.gauge("jvm_memory_used_bytes", "Memory in use by the JVM.", () -> usage.now().getUsed(), "area", area);
    metrics.gauge("jvm_memory_committed_bytes", "Memory that the JVM holds.", () -> usage.now().getCommitted(), "area", area);
    metrics.gauge("jvm_memory_max_bytes", "Most memory that the JVM may use, -1 for no bound.", () -> usage.now().getMax(), "area", area);
  }

  /// NaN when the system does not say.
  private static double residentBytes() {
    try {
      for (String line : Files.readAllLines(STATUS)) {
        if (line.startsWith(RESIDENT)) {
          return Double.parseDouble(line.substring(RESIDENT.length()).replace("kB", "").strip()) * 1024;
        }
      }
      return Double.NaN;
    } catch (IOException | NumberFormatException e) {
      return Double.NaN;
    }
  }
}
