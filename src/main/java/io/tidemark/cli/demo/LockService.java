package io.tidemark.cli.demo;

import io.tidemark.time.Entropy;
import java.util.List;

/// A simulated distributed lock service of three regions, after the example system of the project's first requirements: requests,
/// errors, latencies and contention of its lock servers, the disks of its etcd nodes and the memory of its Redis.
///
/// Not thread-safe: one event loop advances and prints it.
final class LockService {
  /// The regions, one lock server and one etcd node each.
  static final List<String> REGIONS = List.of("us-east", "us-west", "eu-west");
  private static final double[] LATENCY_BOUNDS = {0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.25, 0.5, 1};
  private static final String[] RESOURCE_TYPES = {"order", "user", "inventory"};
  private static final String[] ERROR_TYPES = {"etcd_timeout", "rate_limit_exceeded"};
  private static final double DISK_BYTES = 100e9;
  private static final double REDIS_BYTES = 4e9;

  /// What one region has counted since the start.
  private static final class Region {
    double requests;
    double successes;
    double cpuSeconds;
    double latencySum;
    double holdSum;
    final double[] buckets = new double[LATENCY_BOUNDS.length + 1];
    final double[] errors = new double[ERROR_TYPES.length];
    final double[] contentions = new double[RESOURCE_TYPES.length];
    double active = 40_000;
  }

  private final Entropy entropy;
  private final Region[] regions = {new Region(), new Region(), new Region()};

  LockService(Entropy entropy) {
    this.entropy = entropy;
  }

  /// Lets `seconds` of traffic happen.
  void advance(double seconds, Breakage breakage) {
    for (int i = 0; i < regions.length; i++) {
      boolean broken = breakage.degradedRegion() == i;
      Region region = regions[i];
      double requests = (20_000 + 2_000 * i + 1_000 * gaussian()) * seconds;
      double failed = requests * (broken ? 0.06 : 0.0004) * (0.8 + 0.4 * entropy.nextDouble());
      double contended = requests * (broken ? 0.12 : 0.01);
      region.requests += Math.rint(requests);
      region.successes += Math.rint(requests - failed);
      region.errors[0] += Math.rint(failed * 0.7);
      region.errors[1] += Math.rint(failed * 0.3);
      for (int t = 0; t < RESOURCE_TYPES.length; t++) {
        region.contentions[t] += Math.rint(contended * (t == 0 ? 0.6 : 0.2));
      }
      double median = broken ? 0.08 : 0.008 + 0.001 * i;
      double below = 0;
      for (int b = 0; b < region.buckets.length; b++) {
        double share = b < LATENCY_BOUNDS.length ? 1 - Math.exp(-Math.pow(LATENCY_BOUNDS[b] / median, 1.5) * 0.693) : 1;
        region.buckets[b] += Math.rint(requests * (share - below));
        below = share;
      }
      region.latencySum += requests * median;
      region.holdSum += requests * 28;
      region.cpuSeconds += seconds * (broken ? 3.1 : 1.2 + 0.1 * entropy.nextDouble());
      region.active = Math.max(1_000, region.active + 500 * gaussian());
    }
  }

  private double gaussian() {
    return entropy.nextDouble() + entropy.nextDouble() + entropy.nextDouble() - 1.5;
  }

  /// The lock server's page of metrics in one region.
  String lockServer(int index, Breakage breakage) {
    Region region = regions[index];
    String where = "region=\"" + REGIONS.get(index) + "\"";
    var out = new StringBuilder(4096);
    head(out, "lock_requests_total", "counter", "Lock requests received.");
    line(out, "lock_requests_total", where, region.requests);
    head(out, "lock_acquisitions_total", "counter", "Lock acquisitions by outcome.");
    line(out, "lock_acquisitions_total", where + ",status=\"success\"", region.successes);
    line(out, "lock_acquisitions_total", where + ",status=\"failure\"", region.requests - region.successes);
    head(out, "lock_errors_total", "counter", "Failed requests by cause.");
    for (int i = 0; i < ERROR_TYPES.length; i++) {
      line(out, "lock_errors_total", where + ",type=\"" + ERROR_TYPES[i] + "\"", region.errors[i]);
    }
    head(out, "lock_contentions_total", "counter", "Acquisitions that found the lock held.");
    for (int i = 0; i < RESOURCE_TYPES.length; i++) {
      line(out, "lock_contentions_total", where + ",resource_type=\"" + RESOURCE_TYPES[i] + "\"", region.contentions[i]);
    }
    head(out, "lock_acquisition_latency_seconds", "histogram", "Time to acquire a lock.");
    double cumulative = 0;
    for (int b = 0; b < region.buckets.length; b++) {
      cumulative += region.buckets[b];
      String le = b < LATENCY_BOUNDS.length ? String.valueOf(LATENCY_BOUNDS[b]) : "+Inf";
      line(out, "lock_acquisition_latency_seconds_bucket", where + ",le=\"" + le + "\"", cumulative);
    }
    line(out, "lock_acquisition_latency_seconds_sum", where, region.latencySum);
    line(out, "lock_acquisition_latency_seconds_count", where, cumulative);
    head(out, "lock_hold_seconds", "summary", "How long locks are held.");
    line(out, "lock_hold_seconds_sum", where, region.holdSum);
    line(out, "lock_hold_seconds_count", where, region.requests);
    head(out, "active_locks_count", "gauge", "Locks held now.");
    line(out, "active_locks_count", where, Math.rint(region.active));
    head(out, "lock_service_degraded", "gauge", "1 while the server's own health check fails.");
    line(out, "lock_service_degraded", where, breakage.degradedRegion() == index ? 1 : 0);
    head(out, "process_cpu_seconds_total", "counter", "CPU time of the server.");
    line(out, "process_cpu_seconds_total", "", region.cpuSeconds);
    head(out, "process_resident_memory_bytes", "gauge", "Memory of the server.");
    line(out, "process_resident_memory_bytes", "", 310e6 + region.active * 120);
    return out.toString();
  }

  /// The etcd node's page of metrics in one region.
  String etcd(int index) {
    var out = new StringBuilder(1024);
    head(out, "node_filesystem_size_bytes", "gauge", "Size of the file system.");
    line(out, "node_filesystem_size_bytes", "mountpoint=\"/var/lib/etcd\"", DISK_BYTES);
    head(out, "node_filesystem_avail_bytes", "gauge", "Free room of the file system.");
    line(out, "node_filesystem_avail_bytes", "mountpoint=\"/var/lib/etcd\"", DISK_BYTES * (0.32 - 0.04 * index));
    head(out, "etcd_network_peer_sent_bytes_total", "counter", "Bytes sent to peers.");
    line(out, "etcd_network_peer_sent_bytes_total", "remote_id=\"etcd-" + ((index + 1) % 3 + 1) + "\"", regions[index].requests * 210);
    return out.toString();
  }

  /// The Redis exporter's page of metrics.
  String redis() {
    var out = new StringBuilder(512);
    double locks = 0;
    for (Region region : regions) {
      locks += region.active;
    }
    head(out, "redis_memory_used_bytes", "gauge", "Memory in use.");
    line(out, "redis_memory_used_bytes", "", 2.6e9 + locks * 3_000);
    head(out, "redis_memory_max_bytes", "gauge", "Memory allowed.");
    line(out, "redis_memory_max_bytes", "", REDIS_BYTES);
    return out.toString();
  }

  private static void head(StringBuilder out, String name, String type, String help) {
    out.append("# HELP ").append(name).append(' ').append(help).append("\n# TYPE ").append(name).append(' ').append(type).append('\n');
  }

  private static void line(StringBuilder out, String name, String labels, double value) {
    out.append(name);
    if (!labels.isEmpty()) {
      out.append('{').append(labels).append('}');
    }
    out.append(' ').append(value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value)).append('\n');
  }
}
