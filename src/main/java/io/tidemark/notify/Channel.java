package io.tidemark.notify;

import io.tidemark.notify.receiver.IntegrationConfig;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Histogram;
import io.tidemark.telemetry.Metrics;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;

/// One integration of one receiver with what is remembered about it between notifications. Belongs to one loop.
final class Channel {
  final String receiver;
  final IntegrationConfig config;
  /// Its number among the receiver's integrations of the same kind.
  final int index;
  final Integration integration;
  final Circuit circuit;
  final Counter notifications;
  final Counter failedRejected;
  final Counter failedTimeout;
  final Counter sentAlone;
  final Counter requests;
  final Counter requestsFailed;
  final Histogram latency;
  private final int attemptsMax;
  private final Queue<Runnable> waiting = new ArrayDeque<>();
  /// When the receiver wants to hear of a group again, by group key; of the clock that nobody sets.
  private final Map<String, Long> retryAfterMillis = new HashMap<>();
  private int attempts;

  Channel(String receiver, IntegrationConfig config, int index, Integration integration, NotifyLimits limits, Metrics metrics) {
    this.receiver = receiver;
    this.config = config;
    this.index = index;
    this.integration = integration;
    this.circuit = new Circuit(limits);
    this.attemptsMax = limits.attemptsMax();
    String kind = config.kind();
    notifications = metrics.counter("tidemark_notifications_total", "Notifications attempted, retries not counted", "integration", kind);
    String failedHelp = "Notifications given up; the group's next flush tries again";
    failedRejected = metrics.counter("tidemark_notifications_failed_total", failedHelp, "integration", kind, "reason", "rejected");
    failedTimeout = metrics.counter("tidemark_notifications_failed_total", failedHelp, "integration", kind, "reason", "timeout");
    sentAlone = metrics.counter("tidemark_notifications_alone_total",
        "Notifications attempted while the state was away; another node may have sent them too", "integration", kind);
    requests = metrics.counter("tidemark_notification_requests_total", "Attempts to deliver a notification", "integration", kind);
    requestsFailed = metrics.counter("tidemark_notification_requests_failed_total", "Attempts that failed", "integration", kind);
    latency = metrics.histogram("tidemark_notification_latency_seconds", "Time of one attempt", Histogram.SECONDS, "integration", kind);
    metrics.gauge("tidemark_notification_circuit_open", "Whether attempts are held back because the integration keeps failing",
        () -> circuit.isOpen() ? 1 : 0, "receiver", receiver, "integration", name());
    metrics.gauge("tidemark_notification_queue_length", "Attempts that wait for a free slot of the integration", waiting::size,
        "receiver", receiver, "integration", name());
  }

  /// `webhook[0]`.
  String name() {
    return config.kind() + "[" + index + "]";
  }

  /// Keeps a receiver's Retry-After over flushes: nothing goes out about the group before `atMillis` of the steady clock.
  void retryAfter(String groupKey, long atMillis) {
    retryAfterMillis.put(groupKey, atMillis);
  }

  /// How long a notification about the group has to wait for the receiver's Retry-After, 0 when not at all.
  long retryWaitMillis(String groupKey, long steadyMillis) {
    Long at = retryAfterMillis.get(groupKey);
    return at == null ? 0 : Math.max(0, at - steadyMillis);
  }

  /// Forgets waits that are over.
  void sweep(long steadyMillis) {
    retryAfterMillis.values().removeIf(at -> at - steadyMillis <= 0);
  }

  /// Runs `attempt` now or when one of the running ones has ended; it must call {@link #attemptEnded}. The queue is bounded by the
  /// number of groups: each has at most one attempt per channel.
  void enqueue(Runnable attempt) {
    if (attempts < attemptsMax) {
      attempts++;
      attempt.run();
    } else {
      waiting.add(attempt);
    }
  }

  void attemptEnded() {
    Runnable next = waiting.poll();
    if (next == null) {
      attempts--;
    } else {
      next.run();
    }
  }
}
