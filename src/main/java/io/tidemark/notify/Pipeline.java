package io.tidemark.notify;

import io.tidemark.cluster.LeaseTenure;
import io.tidemark.model.LabelSet;
import io.tidemark.notify.NotificationLogEntry.Intent;
import io.tidemark.telemetry.Counter;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What happens when a group is flushed: leave out what is inhibited, muted or silenced, then tell each integration of the receiver
/// what it was not told yet. Belongs to one loop.
final class Pipeline {
  private static final Logger LOG = LoggerFactory.getLogger(Pipeline.class);
  /// Shortest time that a flush may take, however short the group interval.
  private static final long TIMEOUT_MIN_MILLIS = 10_000;
  /// How long the state may take to note that a notification is about to go out.
  private static final long INTENT_MILLIS = 2_000;

  private final NotifyConfig config;
  private final NotifyPorts ports;
  private final NotificationLog log;
  private final Inhibitor inhibitor;
  private final Map<String, List<Channel>> channels = new HashMap<>();
  /// By slot, so that those of a lost one can be ended.
  private final Map<Delivery, UnderWay> underWay = new LinkedHashMap<>();
  private final Deque<DeliveryView> finished;
  private final Counter suppressed;
  private final Counter logFailures;

  private record UnderWay(int slot, Future<Boolean> end) {}

  Pipeline(NotifyConfig config, NotifyPorts ports, NotificationLog log, Inhibitor inhibitor, Deque<DeliveryView> finished) {
    this.config = config;
    this.ports = ports;
    this.log = log;
    this.inhibitor = inhibitor;
    this.finished = finished;
    var texts = new Texts(config.templates(), ports.metrics());
    config.receivers().values().forEach(receiver -> channels.put(receiver.name(), open(receiver, texts)));
    suppressed = ports.metrics().counter("tidemark_notifications_suppressed_total",
        "Alerts left out of a flush because they were inhibited, silenced or muted");
    logFailures = ports.metrics().counter("tidemark_notification_log_failures_total",
        "Entries of the notification log that could not be made durable; after a crash their notification may be sent again");
  }

  private List<Channel> open(Receiver receiver, Texts texts) {
    var opened = new ArrayList<Channel>();
    var counts = new HashMap<String, Integer>();
    for (var integration : receiver.integrations()) {
      int index = counts.merge(integration.kind(), 1, Integer::sum) - 1;
      opened.add(new Channel(receiver.name(), integration, index, ports.integrations().open(integration, texts), ports.limits(),
          ports.metrics()));
    }
    return opened;
  }

  /// Tells about one group; completes on the loop, true when nobody has to be told again.
  Future<Boolean> flush(AlertGroup group, List<NotifiedAlert> alerts, LeaseTenure tenure, long nowMillis) {
    List<NotifiedAlert> told = alerts.stream().filter(alert -> inhibitor.inhibitorOf(alert.labels(), nowMillis).isEmpty())
        .filter(alert -> ports.silences().silencing(alert.labels(), nowMillis).isEmpty()).toList();
    if (!mutedBy(group.route, nowMillis).isEmpty()) {
      told = List.of();
    }
    suppressed.add(alerts.size() - told.size());
    if (told.isEmpty()) {
      return Future.succeededFuture(true);
    }
    var results = new ArrayList<Future<Boolean>>();
    for (Channel channel : channels.getOrDefault(group.route.receiver(), List.of())) {
      results.add(tell(channel, group, told, tenure, nowMillis));
    }
    return Future.join(results).map(_ -> results.stream().allMatch(Future::result)).otherwise(false);
  }

  /// The intervals that keep a route quiet now: mute intervals it is in, or all active intervals when it is in none of them.
  List<String> mutedBy(Route route, long nowMillis) {
    List<String> active = route.activeTimeIntervals();
    if (!active.isEmpty() && active.stream().noneMatch(name -> isIn(name, nowMillis))) {
      return active;
    }
    return route.muteTimeIntervals().stream().filter(name -> isIn(name, nowMillis)).toList();
  }

  private boolean isIn(String interval, long nowMillis) {
    return config.timeIntervals().getOrDefault(interval, List.of()).stream().anyMatch(times -> times.contains(nowMillis));
  }

  private Future<Boolean> tell(Channel channel, AlertGroup group, List<NotifiedAlert> alerts, LeaseTenure tenure, long nowMillis) {
    Route route = group.route;
    boolean sendResolved = channel.config.sendResolved();
    if (!isDue(channel, group, alerts, nowMillis)) {
      return Future.succeededFuture(true);
    }
    List<NotifiedAlert> wanted = sendResolved ? alerts : alerts.stream().filter(alert -> !alert.isResolved()).toList();
    if (wanted.isEmpty()) {
      // All over, and the receiver does not want to hear it; noted, so that a new start is news again.
      return remember(channel, group, alerts, tenure);
    }
    Intent intent = log.intent(group, channel, tenure, nowMillis, alerts);
    var notification = new Notification(group.key, route.receiver(), group.labels, wanted, ports.externalUrl(), nowMillis,
        NotificationLog.idempotencyKey(group, channel, intent));
    long patienceMillis = Math.max(TIMEOUT_MIN_MILLIS, route.groupIntervalMillis());
    var delivery = new Delivery(channel, notification, tenure, patienceMillis, ports.loop(), ports.clock(), ports.entropy());
    Future<Boolean> told = noteIntent(channel, group, intent, tenure, nowMillis).compose(_ -> {
      if (tenure.isAlone()) {
        channel.sentAlone.increment();
      }
      delivery.start();
      return delivery.future();
    }).compose(result -> {
      record(channel, notification, result, group.labels);
      return result.delivered() ? remember(channel, group, alerts, tenure) : withdraw(channel, group, tenure);
    });
    underWay.put(delivery, new UnderWay(group.slot, told));
    told.onComplete(_ -> underWay.remove(delivery));
    return told;
  }

  private boolean isDue(Channel channel, AlertGroup group, List<NotifiedAlert> alerts, long nowMillis) {
    boolean anyFiring = alerts.stream().anyMatch(alert -> !alert.isResolved());
    return log.find(group, channel).map(entry ->
        entry.isOutdatedBy(alerts, channel.config.sendResolved(), group.route.repeatIntervalMillis(), nowMillis)
            // A start that may have arrived before its sender died needs its end told.
            || !anyFiring && log.isUnsettled(group, channel) && entry.intent().firing().length > 0).orElse(anyFiring);
  }

  /// Completes when the intent is noted, or when it is known that it cannot be: by a state that renews leases and refuses to write (a full
  /// disk), or is away while this node goes on alone; a page does not wait for that. A node that lost the group finds out here, and one
  /// that is only cut off leaves the page to its successor.
  private Future<Void> noteIntent(Channel channel, AlertGroup group, Intent intent, LeaseTenure tenure, long nowMillis) {
    return OnLoop.within(ports.loop(), INTENT_MILLIS, log.begin(group, channel, tenure, intent, nowMillis)).recover(cause -> {
      if (!tenure.holds()) {
        return Future.succeededFuture();
      }
      logFailures.increment();
      LOG.warn("notification goes out without a note, its sender's death may send it again receiver=\"{}\" integration={} group=\"{}\""
          + " reason=\"{}\"", channel.receiver, channel.name(), group.key, cause.getMessage());
      return tenure.confirmed().otherwiseEmpty();
    });
  }

  private Future<Boolean> withdraw(Channel channel, AlertGroup group, LeaseTenure tenure) {
    Future<Void> withdrawn = OnLoop.within(ports.loop(), INTENT_MILLIS, log.withdraw(group, channel, tenure));
    return withdrawn.onFailure(_ -> logFailures.increment()).transform(_ -> Future.succeededFuture(false));
  }

  /// The notification is out: a log that cannot be written is told, and does not send it again now.
  private Future<Boolean> remember(Channel channel, AlertGroup group, List<NotifiedAlert> alerts, LeaseTenure tenure) {
    Future<Void> durable = log.put(group, channel, tenure, ports.clock().millis(), alerts);
    return OnLoop.await(ports.loop(), durable).map(true).otherwise(cause -> {
      logFailures.increment();
      LOG.error("notification log entry not durable, a restart may send it again receiver=\"{}\" integration={} group=\"{}\" reason=\"{}\"",
          channel.receiver, channel.name(), group.key, cause.getMessage());
      return true;
    });
  }

  private void record(Channel channel, Notification notification, Delivery.Result result, LabelSet groupLabels) {
    if (finished.size() >= ports.limits().deliveriesMax()) {
      finished.removeFirst();
    }
    finished.addLast(new DeliveryView(notification.atMillis(), ports.clock().millis() - notification.atMillis(), notification.groupKey(),
        groupLabels, channel.receiver, channel.name(), notification.firing().size(), notification.resolved().size(), result.delivered(),
        result.attempts(), result.detail()));
    if (result.delivered()) {
      LOG.info("notification delivered receiver=\"{}\" integration={} group=\"{}\" firing={} resolved={} attempts={}", channel.receiver,
          channel.name(), notification.groupKey(), notification.firing().size(), notification.resolved().size(), result.attempts());
    } else {
      LOG.error("notification failed, the next flush tries again receiver=\"{}\" integration={} group=\"{}\" attempts={} reason=\"{}\"",
          channel.receiver, channel.name(), notification.groupKey(), result.attempts(), result.detail());
    }
  }

  /// Forgets what channels need not remember any more.
  void sweep() {
    long steadyMillis = ports.clock().nanos() / 1_000_000;
    channels.values().forEach(all -> all.forEach(channel -> channel.sweep(steadyMillis)));
  }

  int underWay() {
    return underWay.size();
  }

  /// Starts no further attempt for groups of a slot; completes when those under way, whose time is bounded, have ended.
  Future<Void> abandon(int slot) {
    return end(underWay.entrySet().stream().filter(entry -> entry.getValue().slot == slot).map(Map.Entry::getKey).toList());
  }

  private Future<Void> end(List<Delivery> deliveries) {
    List<Future<Boolean>> ends = deliveries.stream().map(delivery -> underWay.get(delivery).end).toList();
    deliveries.forEach(Delivery::stop);
    return Future.join(ends).otherwiseEmpty().mapEmpty();
  }

  /// Starts no further attempt, waits for those under way (whose time is bounded), then releases the integrations.
  Future<Void> stop() {
    return end(List.copyOf(underWay.keySet())).compose(_ -> {
      var closed = new ArrayList<Future<Void>>();
      channels.values().forEach(all -> all.forEach(channel -> closed.add(channel.integration.close())));
      return Future.join(closed).mapEmpty();
    });
  }
}
