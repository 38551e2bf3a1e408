package io.tidemark.server;

import io.tidemark.log.AlertEvents;
import io.tidemark.log.Log;
import io.tidemark.model.Alert;
import io.tidemark.rules.AlertSink;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Metrics;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Where the rule engine's alerts go: they are durable in the alert log, in the partition of their severity, before they count as told.
/// Any thread.
final class AlertOutbox implements AlertSink {
  private static final Logger LOG = LoggerFactory.getLogger(AlertOutbox.class);

  private final Log log;
  private final Optional<Consumer<List<Alert>>> past;
  private final Counter undurable;

  private AlertOutbox(Log log, Optional<Consumer<List<Alert>>> past, Metrics metrics) {
    this.log = log;
    this.past = past;
    undurable = metrics.counter("tidemark_alert_events_undurable_total", "Alerts that the alert log refused and the notifier got past it.");
  }

  /// For a process that tells nobody itself: what the log refuses is refused, and the rule engine repeats it.
  static AlertOutbox of(Log log, Metrics metrics) {
    return new AlertOutbox(log, Optional.empty(), metrics);
  }

  /// For a process with a notifier: when the log cannot take alerts, a full disk for one, it gets them at once, because a page must not
  /// wait for room. What a crash then loses, the rule engine repeats.
  static AlertOutbox of(Log log, Consumer<List<Alert>> notifier, Metrics metrics) {
    return new AlertOutbox(log, Optional.of(notifier), metrics);
  }

  /// All words about one alert lie in one partition, so they keep their order.
  static int partition(Alert alert, int partitions) {
    return Math.floorMod(alert.labels().value("severity").hashCode(), partitions);
  }

  @Override
  public Future<Void> send(List<Alert> alerts) {
    var byPartition = new TreeMap<Integer, List<Alert>>();
    alerts.forEach(alert -> byPartition.computeIfAbsent(partition(alert, log.partitions()), _ -> new ArrayList<>()).add(alert));
    var appends = new ArrayList<Future<Void>>();
    byPartition.forEach((partition, part) -> appends.add(append(partition, part)));
    return Future.join(appends).mapEmpty();
  }

  private Future<Void> append(int partition, List<Alert> alerts) {
    return log.append(partition, AlertEvents.encode(alerts)).<Void>mapEmpty().recover(cause -> {
      if (past.isEmpty()) {
        return Future.failedFuture(cause);
      }
      undurable.add(alerts.size());
      LOG.atWarn().addKeyValue("alerts", alerts.size()).addKeyValue("reason", cause.getMessage())
          .log("The alert log takes no events; the notifier gets them past it.");
      past.get().accept(alerts);
      return Future.succeededFuture();
    });
  }
}
