package io.tidemark.notify;

import io.tidemark.cluster.LeaseKeeper;
import io.tidemark.cluster.LeaseTenure;
import io.tidemark.model.Alert;
import io.tidemark.model.LabelSet;
import io.tidemark.telemetry.Counter;
import io.vertx.core.Future;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Receives alerts and tells people about them, as Alertmanager does.
///
/// What it holds in memory is rebuilt after a restart from the senders, who repeat firing alerts every minute; what it told whom is
/// in the notification log, so that the rebuilt groups stay quiet about what was told before and still tell of its end. Of several
/// notifiers each holds all alerts and groups, and tells about the groups whose slot it has leased, see `Duty`.
///
/// `receive` belongs to the loop of its {@link NotifyPorts}; the other methods may be called from any thread and complete on the loop.
public final class Notifier {
  private static final Logger LOG = LoggerFactory.getLogger(Notifier.class);
  private static final long SWEEP_MILLIS = 30_000;

  private final NotifyPorts ports;
  private final NotificationLog log;
  private final Duty duty;
  private final AlertTable alerts;
  private final Deque<DeliveryView> finished = new ArrayDeque<>();
  private final Counter received;
  private final Counter refused;
  private final EarlyEnds earlyEnds;
  private NotifyConfig config;
  private Inhibitor inhibitor;
  private Pipeline pipeline;
  private Dispatcher dispatcher;
  private boolean reconfiguring;
  private boolean stopped;

  /// Takes alerts from now on; tells nobody before `start`.
  public Notifier(NotifyConfig config, NotifyPorts ports) {
    this.ports = ports;
    log = new NotificationLog(ports.state(), ports.loop(), ports.metrics());
    duty = new Duty(ports, log, slot -> dispatcher().resume(slot), slot -> pipeline().abandon(slot));
    this.config = config;
    alerts = new AlertTable(ports.limits().alertsMax());
    earlyEnds = new EarlyEnds(ports.clock().millis(), ports.limits().alertsMax());
    ports.loop().after(EarlyEnds.GRACE_MILLIS, () -> receive(earlyEnds.release()));
    ports.loop().after(SWEEP_MILLIS, this::sweep);
    inhibitor = new Inhibitor(config.inhibitRules(), alerts);
    pipeline = new Pipeline(config, ports, log, inhibitor, finished);
    dispatcher = new Dispatcher(config, pipeline, duty, ports.loop(), ports.clock(), ports.limits().groupsMax());
    received = ports.metrics().counter("tidemark_notify_alerts_received_total", "Alerts received, repeats included");
    refused = ports.metrics().counter("tidemark_notify_alerts_refused_total",
        "Alerts refused because the table of alerts or groups is full");
    ports.metrics().gauge("tidemark_notify_alerts", "Alerts held", alerts::size);
    ports.metrics().gauge("tidemark_notify_groups", "Alert groups held", () -> dispatcher.groups().size());
    ports.metrics().gauge("tidemark_notify_deliveries", "Notifications under way, retries and waits included", () -> pipeline.underWay());
    ports.metrics().gauge("tidemark_notify_log_entries", "Entries of the notification log", log::size);
    ports.metrics().gauge("tidemark_notify_log_unsaved", "Entries of the notification log that are not durable yet", log::unsaved);
  }

  /// Takes part in telling: to be called when the alerts that were known before a restart have been received. Completes when groups are
  /// flushed that no other node has; never fails, a state that is away is asked again.
  ///
  /// @param caughtUp completes when every alert event has been received that was durable when it was called
  public Future<Void> start(Supplier<Future<Void>> caughtUp) {
    return duty.start(caughtUp);
  }

  private Dispatcher dispatcher() {
    return dispatcher;
  }

  private Pipeline pipeline() {
    return pipeline;
  }

  /// Takes new and repeated alerts; one counts as resolved when its end is not after now. Ends of alerts that this process has not
  /// seen firing wait until senders had time to repeat them, see `EarlyEnds`.
  public void receive(List<Alert> batch) {
    assert ports.loop().isCurrent();
    if (stopped) {
      return;
    }
    long now = ports.clock().millis();
    for (Alert alert : batch) {
      received.increment();
      if (earlyEnds.holds(alert, alerts.find(alert.labels()).isPresent(), now)) {
        continue;
      }
      boolean taken = alerts.put(alert, now).map(known -> {
        inhibitor.add(known.labels());
        return reconfiguring || dispatcher.dispatch(known);
      }).orElse(false);
      if (!taken) {
        refused.increment();
        LOG.error("alert refused, table full alerts={} groups={} alert=\"{}\"", alerts.size(), dispatcher.groups().size(), alert.labels());
      }
    }
  }

  /// On a timer of its own: a node without alerts has a log to save and entries to forget as well.
  private void sweep() {
    if (stopped) {
      return;
    }
    ports.loop().after(SWEEP_MILLIS, this::sweep);
    long nowMillis = ports.clock().millis();
    dispatcher.sweep();
    alerts.sweep(nowMillis);
    inhibitor.sweep();
    pipeline.sweep();
    for (LeaseTenure tenure : duty.all()) {
      log.expire(tenure, nowMillis)
          .onFailure(e -> LOG.warn("old entries of the notification log not removed reason=\"{}\"", e.getMessage()));
      log.saveAgain(tenure).onFailure(e -> LOG.warn("notification log not saved, tried again later reason=\"{}\"", e.getMessage()));
    }
  }

  /// Runs with another configuration once the attempts under way have ended; until then alerts are taken and wait. Groups are formed
  /// anew, the notification log keeps them from repeating themselves. The next call has to wait for this one's end.
  public Future<Void> reconfigure(NotifyConfig newConfig) {
    Future<Void> oldEnded = OnLoop.call(ports.loop(), () -> {
      reconfiguring = true;
      dispatcher.stop();
      return pipeline;
    }).compose(Pipeline::stop);
    return OnLoop.await(ports.loop(), oldEnded).map(_ -> {
      config = newConfig;
      inhibitor = new Inhibitor(config.inhibitRules(), alerts);
      pipeline = new Pipeline(config, ports, log, inhibitor, finished);
      dispatcher = new Dispatcher(config, pipeline, duty, ports.loop(), ports.clock(), ports.limits().groupsMax());
      reconfiguring = false;
      alerts.all().forEach(dispatcher::dispatch);
      return null;
    });
  }

  /// The configuration in force.
  public Future<NotifyConfig> config() {
    return OnLoop.call(ports.loop(), () -> config);
  }

  /// Every alert held, sorted by labels.
  public Future<List<AlertView>> alerts() {
    return OnLoop.call(ports.loop(), () -> {
      long now = ports.clock().millis();
      return alerts.all().stream().sorted(Comparator.comparing(Alert::labels)).map(alert -> view(alert, now)).toList();
    });
  }

  /// Every group with alerts, sorted by receiver and labels.
  public Future<List<GroupView>> groups() {
    return OnLoop.call(ports.loop(), () -> {
      long now = ports.clock().millis();
      var views = new ArrayList<GroupView>();
      for (AlertGroup group : dispatcher.groups()) {
        if (!group.alerts().isEmpty()) {
          views.add(new GroupView(group.key, group.route.id(), group.route.receiver(), group.labels,
              group.alerts().stream().sorted(Comparator.comparing(Alert::labels)).map(alert -> view(alert, now)).toList(),
              pipeline.mutedBy(group.route, now)));
        }
      }
      views.sort(Comparator.comparing(GroupView::receiver).thenComparing(GroupView::labels).thenComparing(GroupView::routeId));
      return List.copyOf(views);
    });
  }

  /// The slots of alert groups that this node tells about. Any thread.
  public List<LeaseKeeper.Held> leases() {
    return duty.held();
  }

  /// The latest deliveries, newest first.
  public Future<List<DeliveryView>> deliveries() {
    return OnLoop.call(ports.loop(), () -> List.copyOf(finished.reversed()));
  }

  /// The receivers that an alert with these labels would go to.
  public Future<List<String>> route(LabelSet labels) {
    return OnLoop.call(ports.loop(), () -> dispatcher.receivers(labels));
  }

  private AlertView view(Alert alert, long nowMillis) {
    List<String> inhibitedBy = inhibitor.inhibitorOf(alert.labels(), nowMillis)
        .map(by -> List.of(Fingerprint.print(Fingerprint.of(by.labels())))).orElse(List.of());
    return new AlertView(alert, Fingerprint.print(Fingerprint.of(alert.labels())), alert.isResolvedAt(nowMillis),
        dispatcher.receivers(alert.labels()), ports.silences().silencing(alert.labels(), nowMillis), inhibitedBy);
  }

  /// Stops timers and retries, hands the groups over to other nodes, and releases the integrations. Notifications that were not delivered
  /// are sent by who has the group next.
  public Future<Void> stop() {
    return OnLoop.call(ports.loop(), () -> {
      stopped = true;
      dispatcher.stop();
      return pipeline;
    }).compose(last -> duty.close().compose(_ -> last.stop()));
  }
}
