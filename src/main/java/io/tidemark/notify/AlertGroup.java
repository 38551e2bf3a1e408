package io.tidemark.notify;

import io.tidemark.model.Alert;
import io.tidemark.model.LabelSet;
import io.tidemark.time.Clock;
import io.tidemark.time.Loop;
import io.tidemark.time.Timers;
import io.vertx.core.Future;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Alerts that are told together, and the timer that says when. Belongs to one loop.
///
/// The first flush comes `group_wait` after the first alert (at once for an alert that began longer ago than that), the next ones
/// every `group_interval`. A flush that comes due while one is under way follows right behind it: flushes of a group never overlap.
/// Source of the rules: Alertmanager's dispatcher.
final class AlertGroup {
  private static final Logger LOG = LoggerFactory.getLogger(AlertGroup.class);

  final Route route;
  final LabelSet labels;
  final String key;
  private final Pipeline pipeline;
  private final Loop loop;
  private final Clock clock;
  private final Map<LabelSet, Alert> alerts = new LinkedHashMap<>();
  private Timers.Timer timer;
  private boolean flushedOnce;
  private boolean flushing;
  private boolean due;
  private boolean stopped;

  AlertGroup(Route route, LabelSet labels, Pipeline pipeline, Loop loop, Clock clock) {
    this.route = route;
    this.labels = labels;
    this.key = route.groupKey(labels);
    this.pipeline = pipeline;
    this.loop = loop;
    this.clock = clock;
    this.timer = loop.after(route.groupWaitMillis(), this::tick);
  }

  void insert(Alert alert) {
    assert loop.isCurrent();
    alerts.put(alert.labels(), alert);
    if (!flushedOnce && alert.startsAtMillis() + route.groupWaitMillis() < clock.millis()) {
      timer.cancel();
      timer = loop.after(0, this::tick);
    }
  }

  private void tick() {
    if (stopped) {
      return;
    }
    if (flushing) {
      due = true;
      return;
    }
    due = false;
    flushedOnce = true;
    timer.cancel();
    timer = loop.after(route.groupIntervalMillis(), this::tick);
    flush();
  }

  private void flush() {
    if (alerts.isEmpty()) {
      return;
    }
    long now = clock.millis();
    List<Alert> taken = List.copyOf(alerts.values());
    List<NotifiedAlert> snapshot = taken.stream().map(alert -> NotifiedAlert.at(now, alert)).sorted(NotifiedAlert.ORDER).toList();
    flushing = true;
    // Composed, so that a defect on the way costs this flush and not all that follow.
    Future.succeededFuture(snapshot).compose(told -> pipeline.flush(this, told, now)).onComplete(result -> {
      flushing = false;
      if (result.failed()) {
        LOG.error("flush failed, the next one tries again group=\"{}\"", key, result.cause());
      }
      if (result.succeeded() && result.result()) {
        snapshot.stream().filter(NotifiedAlert::isResolved).forEach(told -> alerts.remove(told.labels(), told.alert()));
      }
      if (due) {
        tick();
      }
    });
  }

  /// Nothing in it and nothing under way.
  boolean isIdle() {
    return alerts.isEmpty() && !flushing;
  }

  List<Alert> alerts() {
    return List.copyOf(alerts.values());
  }

  void stop() {
    stopped = true;
    timer.cancel();
  }
}
