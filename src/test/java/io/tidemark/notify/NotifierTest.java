package io.tidemark.notify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.catalog.MemoryCatalog;
import io.tidemark.cluster.LeaseConfig;
import io.tidemark.model.Alert;
import io.tidemark.model.LabelSet;
import io.tidemark.state.MemoryState;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Loop;
import io.tidemark.time.VirtualTime;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class NotifierTest {
  private static final NotifyConfig CONFIG = NotifyConfig.parse("""
      route:
        receiver: team
        group_by: [alertname]
        group_wait: 10s
        group_interval: 1m
        routes:
          - matchers: [severity=critical]
            receiver: oncall
            continue: true
          - matchers: [severity=~".+"]
      inhibit_rules:
        - source_matchers: [severity=critical]
          target_matchers: [severity=warning]
      receivers:
        - name: team
          webhook_configs: [{url: "http://hook.test/"}]
        - name: oncall
          webhook_configs: [{url: "http://hook.test/"}]
      """, "test.yml", Path.of("."));

  private final VirtualTime time = new VirtualTime(3);
  private final Loop loop = time.loop("notifier");
  private final Metrics metrics = new Metrics();
  private final MemoryState state = new MemoryState(time);
  private final RecordingIntegrations integrations = new RecordingIntegrations(time);
  private final Silences silences = Silences.open(new MemoryCatalog(), time, time.entropy(), new Metrics()).result();

  private Notifier open(NotifyLimits limits) {
    var notifier = new Notifier(CONFIG, new NotifyPorts(integrations, state, LeaseConfig.SINGLE, silences, loop, time, time.entropy(),
        metrics, "http://tidemark.test", limits));
    await(notifier.start(Future::succeededFuture));
    return notifier;
  }

  private <T> T await(Future<T> future) {
    time.run();
    assertTrue(future.succeeded(), () -> String.valueOf(future.cause()));
    return future.result();
  }

  private void receive(Notifier notifier, LabelSet... alerts) {
    long now = time.millis();
    loop.execute(() -> notifier.receive(List.of(alerts).stream()
        .map(labels -> new Alert(labels, LabelSet.EMPTY, now, now + 3_600_000, "")).toList()));
    time.run();
  }

  @Test
  void showsAlertsWithTheirReceiversAndWhatKeepsThemQuiet() {
    Notifier notifier = open(NotifyLimits.DEFAULT);
    LabelSet critical = LabelSet.of("alertname", "Dead", "severity", "critical");
    LabelSet warning = LabelSet.of("alertname", "Slow", "severity", "warning");
    receive(notifier, critical, warning);
    Silence silence = silences.create(new Silence("", Matchers.parse("alertname=Dead"), time.millis(), time.millis() + 60_000, "a", "b", 0),
        "a").result();
    List<AlertView> alerts = await(notifier.alerts());
    assertEquals(List.of(critical, warning), alerts.stream().map(view -> view.alert().labels()).toList());
    assertEquals(List.of("oncall", "team"), alerts.get(0).receivers());
    assertEquals(List.of(silence.id()), alerts.get(0).silencedBy());
    assertEquals(List.of(alerts.get(0).fingerprint()), alerts.get(1).inhibitedBy());
    assertEquals("suppressed", alerts.get(1).state());
    assertEquals(List.of("oncall", "team"), await(notifier.route(critical)));
  }

  @Test
  void showsGroupsAndDeliveries() {
    Notifier notifier = open(NotifyLimits.DEFAULT);
    receive(notifier, LabelSet.of("alertname", "Dead", "severity", "critical"), LabelSet.of("alertname", "Plain"));
    integrations.answer("team", "400");
    time.advance(10_000);
    assertEquals(List.of("{}/{severity=\"critical\"}:{alertname=\"Dead\"}", "{}/{severity=~\".+\"}:{alertname=\"Dead\"}",
        "{}:{alertname=\"Plain\"}"), await(notifier.groups()).stream().map(GroupView::key).toList());
    List<DeliveryView> deliveries = await(notifier.deliveries());
    assertEquals(3, deliveries.size());
    assertEquals(1, deliveries.stream().filter(delivery -> !delivery.delivered()).count());
    assertEquals("webhook[0]", deliveries.getFirst().integration());
    assertTrue(metrics.print().contains("tidemark_notifications_failed_total{integration=\"webhook\",reason=\"rejected\"} 1"));
  }

  @Test
  void refusesAndCountsWhatDoesNotFit() {
    Notifier notifier = open(new NotifyLimits(2, 100, 10, 1, 10, 30_000));
    receive(notifier, LabelSet.of("alertname", "A"), LabelSet.of("alertname", "B"), LabelSet.of("alertname", "C"),
        LabelSet.of("alertname", "A"));
    assertEquals(2, await(notifier.alerts()).size());
    assertTrue(metrics.print().contains("tidemark_notify_alerts_refused_total 1"));
  }

  @Test
  void keepsNoMoreDeliveriesThanItsBound() {
    Notifier notifier = open(new NotifyLimits(100, 100, 2, 1, 10, 30_000));
    receive(notifier, LabelSet.of("alertname", "A"), LabelSet.of("alertname", "B"), LabelSet.of("alertname", "C"));
    time.advance(11_000);
    assertEquals(3, integrations.sent.size());
    assertEquals(List.of("{alertname=\"C\"}", "{alertname=\"B\"}"),
        await(notifier.deliveries()).stream().map(delivery -> delivery.groupLabels().toString()).toList());
  }

  @Test
  void holdsAttemptsBackFromADeadReceiverAndSendsWhenItIsBack() {
    Notifier notifier = open(new NotifyLimits(100, 100, 10, 1, 3, 30_000));
    for (int i = 0; i < 4; i++) {
      integrations.answer("team", "500");
    }
    receive(notifier, LabelSet.of("alertname", "A"));
    time.advance(10_000 + 30_000);
    assertEquals(3, integrations.sent.size(), "three failures open the circuit");
    assertTrue(metrics.print().contains("tidemark_notification_circuit_open{receiver=\"team\",integration=\"webhook[0]\"} 1"));
    time.advance(5 * 60_000);
    assertEquals(5, integrations.sent.size(), "one probe fails, the next one gets through");
    assertTrue(metrics.print().contains("tidemark_notification_circuit_open{receiver=\"team\",integration=\"webhook[0]\"} 0"));
  }

  @Test
  void tellsAGroupAtOnceWhileTheMessagesOfAnotherKeepFailing() {
    Notifier notifier = open(new NotifyLimits(100, 100, 10, 2, 3, 30_000));
    integrations.answer(LabelSet.of("alertname", "Bad"), "500", 1_000);
    receive(notifier, LabelSet.of("alertname", "Bad"));
    time.advance(20_000);
    assertTrue(metrics.print().contains("tidemark_notification_circuit_open{receiver=\"team\",integration=\"webhook[0]\"} 1"));
    receive(notifier, LabelSet.of("alertname", "Good"));
    time.advance(10_000);
    assertEquals("30s sent team webhook {alertname=\"Good\"} firing {alertname=\"Good\"}", integrations.sent.getLast());
  }

  @Test
  void letsThoseThatWaitForAFailingReceiverProbeInTurn() {
    Notifier notifier = open(new NotifyLimits(100, 100, 10, 4, 3, 10_000));
    for (int i = 0; i < 5; i++) {
      integrations.answer(LabelSet.of("alertname", "Bad" + i), "500", 1_000);
      receive(notifier, LabelSet.of("alertname", "Bad" + i));
    }
    time.advance(10_000);
    int first = integrations.sent.size();
    assertEquals(5, first, "the first attempts");
    time.advance(55_000);
    List<String> probes = integrations.sent.subList(first, integrations.sent.size());
    assertEquals(5, probes.size(), () -> "one each 10 s: " + probes);
    assertEquals(5, probes.stream().map(probe -> probe.replaceFirst("^\\S+", "")).distinct().count(), probes::toString);
  }

  @Test
  void countsAnIntegrationThatThrowsAsAFailedAttempt() {
    Notifier notifier = open(NotifyLimits.DEFAULT);
    integrations.answer("team", "throw");
    receive(notifier, LabelSet.of("alertname", "A"));
    time.advance(12_000);
    assertEquals(2, integrations.sent.size());
    assertTrue(await(notifier.deliveries()).getFirst().delivered());
  }

  @Test
  void stopsWithoutLosingWhatWasNotDelivered() {
    Notifier notifier = open(NotifyLimits.DEFAULT);
    receive(notifier, LabelSet.of("alertname", "A"));
    integrations.answer("team", "500");
    time.advance(10_000);
    await(notifier.stop());
    assertEquals(1, integrations.sent.size());
    Notifier next = open(NotifyLimits.DEFAULT);
    receive(next, LabelSet.of("alertname", "A"));
    time.advance(10_000);
    assertEquals(2, integrations.sent.size());
  }

  @Test
  void forgetsAlertsAndGroupsThatAreOver() {
    Notifier notifier = open(NotifyLimits.DEFAULT);
    receive(notifier, LabelSet.of("alertname", "A"));
    time.advance(2 * 3_600_000);
    assertEquals(List.of(), await(notifier.alerts()));
    assertTrue(metrics.print().contains("tidemark_notify_groups 0"), metrics.print());
  }
}
