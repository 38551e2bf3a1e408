package io.tidemark.notify;

import io.tidemark.cluster.LeaseTenure;
import io.tidemark.model.Alert;
import io.tidemark.model.LabelSet;
import io.tidemark.time.Clock;
import io.tidemark.time.Loop;
import io.tidemark.time.Timers;
import io.vertx.core.Future;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Alerts that are told together, and the timer that says when. Belongs to one loop.
///
/// The first flush comes `group_wait` after the first alert (at once for an alert that began longer ago than that), the next ones
/// every `group_interval`. A flush that comes due while one is under way follows right behind it: flushes of a group never overlap.
/// On a node that has not the group's slot the times pass without a flush; one that gains the slot makes up for it at once.
/// Source of the rules: Alertmanager's dispatcher.
final class AlertGroup {
  private static final Logger LOG = LoggerFactory.getLogger(AlertGroup.class);

  final Route route;
  final LabelSet labels;
  final String key;
  final int slot;
  private final Pipeline pipeline;
  private final Duty duty;
  private final Loop loop;
  private final Clock clock;
  private final Map<LabelSet, Alert> alerts = new LinkedHashMap<>();
  private Timers.Timer timer;
  private boolean flushedOnce;
  private boolean flushing;
  private boolean due;
  private boolean missed;
  private boolean stopped;

  AlertGroup(Route route, LabelSet labels, Pipeline pipeline, Duty duty, Loop loop, Clock clock) {
    this.route = route;
    this.labels = labels;
    this.key = route.groupKey(labels);
    this.slot = duty.slotOf(key);
    this.pipeline = pipeline;
    this.duty = duty;
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
    Optional<LeaseTenure> tenure = duty.of(slot);
    missed = tenure.isEmpty();
    if (missed) {
      // Ends that another node has told, or will: kept as long as they may have to be told here.
      alerts.values().removeIf(alert -> alert.endsAtMillis() <= clock.millis() - AlertTable.RESOLVED_KEPT_MILLIS);
    } else {
      flush(tenure.get());
    }
  }

  /// The slot is this node's now.
  void resume() {
    if (missed) {
      tick();
    }
  }

  private void flush(LeaseTenure tenure) {
    if (alerts.isEmpty()) {
      return;
    }
    long now = clock.millis();
    List<Alert> taken = List.copyOf(alerts.values());
    List<NotifiedAlert> snapshot = taken.stream().map(alert -> NotifiedAlert.at(now, alert)).sorted(NotifiedAlert.ORDER).toList();
    flushing = true;
    // Composed, so that a defect on the way costs this flush and not all that follow.
    Future.succeededFuture(snapshot).compose(told -> pipeline.flush(this, told, tenure, now)).onComplete(result -> {
      flushing = false;
      if (result.failed()) {
        LOG.error("flush failed, the next one tries again group=\"{}\"", key, result.cause());
      }
      if (result.succeeded() && result.result()) {
        snapshot.stream().filter(NotifiedAlert::isResolved).forEach(told -> alerts.remove(told.labels(), told.alert()));
      }
      missed |= !tenure.holds();
      if (due) {
        tick();
      } else if (missed && duty.of(slot).isPresent()) {
        // The slot went and came back meanwhile.
        resume();
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
