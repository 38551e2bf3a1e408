package io.tidemark.notify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.catalog.MemoryCatalog;
import io.tidemark.cluster.LeaseConfig;
import io.tidemark.model.Alert;
import io.tidemark.model.LabelSet;
import io.tidemark.notify.receiver.IntegrationConfig;
import io.tidemark.state.MemoryState;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Loop;
import io.tidemark.time.VirtualTime;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Random alerts, failing receivers and restarts at any moment; afterwards nobody misses a page and nobody got one twice.
class NotifierSimulationTest {
  private static final long HOUR_MILLIS = 3_600_000;
  private static final NotifyConfig CONFIG = NotifyConfig.parse("""
      route:
        receiver: team
        group_by: [alertname]
        group_wait: 10s
        group_interval: 1m
        repeat_interval: 1000h
      receivers:
        - name: team
          webhook_configs: [{url: "http://hook.test/"}]
      """, "test.yml", Path.of("."));

  /// What the receiver was told and took, by group.
  private final Map<LabelSet, List<Notification>> taken = new HashMap<>();
  private final Map<LabelSet, Alert> firing = new LinkedHashMap<>();
  private final Map<LabelSet, Alert> over = new LinkedHashMap<>();
  private boolean healthy;
  private VirtualTime time;
  private MemoryState state;
  private Loop loop;
  private Notifier notifier;

  private final class FlakyIntegration implements Integration {
    private final RandomGenerator random;

    FlakyIntegration(RandomGenerator random) {
      this.random = random;
    }

    @Override
    public Future<Outcome> send(Notification notification) {
      int dice = healthy ? 9 : random.nextInt(10);
      if (dice < 3) {
        return Future.succeededFuture(new Outcome.Retry("HTTP 500", 0));
      } else if (dice == 3) {
        return Future.succeededFuture(new Outcome.Rejected("HTTP 400"));
      }
      // It takes a while; a crash meanwhile means that nobody got it.
      Promise<Outcome> promise = Promise.promise();
      loop.after(random.nextInt(3_000), () -> {
        taken.computeIfAbsent(notification.groupLabels(), _ -> new ArrayList<>()).add(notification);
        promise.complete(new Outcome.Delivered("ok"));
        // The answer and the entry in the log are one step here: a crash between them may repeat a notification, by design.
        time.run();
      });
      return promise.future();
    }

    @Override
    public Future<Void> close() {
      return Future.succeededFuture();
    }
  }

  private void start(RandomGenerator random) {
    loop = time.loop("notifier");
    Integrations integrations = (IntegrationConfig _, Texts _) -> new FlakyIntegration(random);
    Silences silences = Silences.open(new MemoryCatalog(), time, time.entropy(), new Metrics()).result();
    notifier = new Notifier(CONFIG, new NotifyPorts(integrations, state, LeaseConfig.SINGLE, silences, loop, time, time.entropy(),
        new Metrics(), "http://tidemark.test", NotifyLimits.DEFAULT));
    notifier.start(Future::succeededFuture);
    time.run();
  }

  private void repeatAll() {
    var all = new ArrayList<Alert>();
    firing.replaceAll((labels, alert) -> new Alert(labels, alert.annotations(), alert.startsAtMillis(), time.millis() + HOUR_MILLIS, ""));
    all.addAll(firing.values());
    all.addAll(over.values());
    loop.execute(() -> notifier.receive(all));
    time.run();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30})
  void losesNoPageAndDoublesNone(long seed) {
    var seeded = new SplittableRandom(seed);
    time = new VirtualTime(seed);
    state = new MemoryState(time);
    start(seeded);
    for (int step = 0; step < 200; step++) {
      LabelSet labels = LabelSet.of("alertname", "A" + seeded.nextInt(3), "instance", "i" + seeded.nextInt(3));
      switch (seeded.nextInt(6)) {
        case 0, 1 -> {
          over.remove(labels);
          firing.computeIfAbsent(labels, l -> new Alert(l, LabelSet.EMPTY, time.millis(), time.millis() + HOUR_MILLIS, ""));
        }
        case 2, 3 -> {
          Alert alert = firing.remove(labels);
          if (alert != null) {
            over.put(labels, new Alert(labels, LabelSet.EMPTY, alert.startsAtMillis(), time.millis(), ""));
          }
        }
        case 4 -> {
          time.crash();
          start(seeded);
        }
        default -> { }
      }
      repeatAll();
      time.advance(seeded.nextInt(40_000));
    }
    healthy = true;
    repeatAll();
    time.advance(10 * 60_000);
    repeatAll();
    time.advance(10 * 60_000);
    assertEverybodyKnows(seed);
    assertNobodyWasToldTwice(seed);
  }

  private void assertEverybodyKnows(long seed) {
    taken.forEach((group, notifications) -> {
      var expected = new HashSet<LabelSet>();
      firing.keySet().stream().filter(labels -> labels.only(List.of("alertname")).equals(group)).forEach(expected::add);
      assertEquals(expected, firing(notifications.getLast()), () -> "seed " + seed + ": what fires of " + group);
    });
    firing.keySet().forEach(labels ->
        assertTrue(taken.containsKey(labels.only(List.of("alertname"))), () -> "seed " + seed + ": " + labels));
  }

  private void assertNobodyWasToldTwice(long seed) {
    taken.forEach((group, notifications) -> {
      for (int i = 1; i < notifications.size(); i++) {
        Notification before = notifications.get(i - 1);
        Notification after = notifications.get(i);
        boolean same = firing(before).containsAll(firing(after)) && !firing(after).isEmpty()
            && resolved(before).containsAll(resolved(after)) || firing(before).isEmpty() && firing(after).isEmpty();
        assertTrue(!same, () -> "seed " + seed + ": " + group + " was told twice: " + before + " and " + after);
      }
    });
  }

  private static Set<LabelSet> firing(Notification notification) {
    var labels = new HashSet<LabelSet>();
    notification.firing().forEach(alert -> labels.add(alert.labels()));
    return labels;
  }

  private static Set<LabelSet> resolved(Notification notification) {
    var labels = new HashSet<LabelSet>();
    notification.resolved().forEach(alert -> labels.add(alert.labels()));
    return labels;
  }
}
