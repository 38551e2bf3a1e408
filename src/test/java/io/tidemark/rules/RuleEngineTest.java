package io.tidemark.rules;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.Alert;
import io.tidemark.model.Histogram;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Stale;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RuleEngineTest {
  private static final String ALERT = """
      groups:
        - name: g
          interval: 30s
          rules:
            - alert: High
              expr: x > 10
      """;
  private final World world = new World();

  private static RuleSettings atMost(int alerts) {
    var d = RuleSettings.DEFAULT;
    return new RuleSettings(List.of(), d.evaluationIntervalMillis(), d.evaluationTimeoutMillis(), 0, d.resendDelayMillis(),
        d.refreshMillis(), alerts, URI.create("http://t"), LabelSet.EMPTY);
  }

  private double metric(String line) {
    return world.metrics.print().lines().filter(l -> l.startsWith(line + " ")).map(l -> Double.parseDouble(l.substring(line.length())))
        .findFirst().orElseThrow();
  }

  @Test
  void recordsUnderTheNewNameWithLabelsReplaced() {
    world.samples("1x5 2x40", LabelSet.NAME, "x", "job", "a", "env", "dev");
    world.load("groups: [{name: r, interval: 1m, rules: [{record: 'x:copy', expr: x, labels: {env: prod, job: ''}}]}]");
    world.advanceSeconds(300);
    var samples = world.log.samples(LabelSet.NAME, "x:copy", "env", "prod");
    assertEquals(5, samples.size());
    assertEquals(2.0, samples.lastEntry().getValue());
    assertEquals(RuleHealth.OK, world.rule("x:copy").health());
  }

  @Test
  void endsRecordedSeriesThatVanish() {
    world.samples("12x4 9x40", LabelSet.NAME, "x");
    world.load("groups: [{name: r, interval: 30s, rules: [{record: 'x:high', expr: x > 10}]}]");
    world.advanceSeconds(300);
    var samples = world.log.samples(LabelSet.NAME, "x:high");
    assertTrue(Stale.is(samples.lastEntry().getValue()));
    assertEquals(1, samples.values().stream().filter(Stale::is).count());
  }

  @Test
  void recordsHistogramsAndEndsThem() {
    LabelSet source = LabelSet.of(LabelSet.NAME, "latency", "pod", "a");
    for (int i = 0; i < 20; i++) {
      var buckets = new Histogram.Buckets(new int[] {0, 2}, new double[] {i, 2 * i});
      world.log.add(source, World.START_MILLIS + i * 15_000, new Histogram(0, 3 * i, 5 * i, 0, 0, buckets, Histogram.Buckets.NONE,
          new double[0], Histogram.Reset.UNKNOWN));
    }
    world.log.add(source, World.START_MILLIS + 300_000, Stale.VALUE);
    world.load("groups: [{name: r, interval: 1m, rules: [{record: 'latency:sum', expr: 2 * sum(latency)}, "
        + "{alert: A, expr: latency, annotations: {summary: 'at {{ $value }}'}}]}]");
    world.advanceSeconds(400);
    TreeMap<Long, Histogram> recorded = world.log.histograms.get(LabelSet.of(LabelSet.NAME, "latency:sum"));
    for (var sample : recorded.entrySet()) {
      long scraped = Math.floorDiv(sample.getKey() - World.START_MILLIS, 15_000);
      assertArrayEquals(new double[] {2 * scraped, 4 * scraped}, sample.getValue().positive().counts());
      assertEquals(10 * scraped, sample.getValue().sum());
    }
    assertTrue(recorded.size() >= 4);
    assertTrue(Stale.is(world.log.samples(LabelSet.NAME, "latency:sum").lastEntry().getValue()));
    assertTrue(world.tellings("A").getFirst().endsWith("firing at 0"), "as in Prometheus, an alert of a histogram has the value 0");
    assertEquals(RuleHealth.OK, world.rule("latency:sum").health());
  }

  @Test
  void recordsAScalar() {
    world.load("groups: [{name: r, interval: 30s, rules: [{record: 'one', expr: 1}]}]");
    world.advanceSeconds(30);
    assertEquals(1.0, world.log.samples(LabelSet.NAME, "one").firstEntry().getValue());
  }

  @Test
  void queryOffsetMovesQueriesAndSamplesBack() {
    world.samples("1x5 2x40", LabelSet.NAME, "x");
    world.load("groups: [{name: r, interval: 30s, query_offset: 10s, rules: [{record: 'x:r', expr: x}, {alert: A, expr: x > 1}]}]");
    world.advanceSeconds(200);
    GroupView group = world.groups().getFirst();
    assertEquals(group.lastEvaluationMillis() - 10_000, world.log.samples(LabelSet.NAME, "x:r").lastKey());
    assertEquals(group.lastEvaluationMillis() - 10_000,
        world.log.samples(LabelSet.NAME, "ALERTS", "alertname", "A", "alertstate", "firing").lastKey());
    long slot = group.rules().get(1).alerts().getFirst().activeAtMillis();
    assertEquals(0, (group.lastEvaluationMillis() - slot) % 30_000);
  }

  @Test
  void aHangingQueryTimesOutAndMissedIterationsAreCountedNotQueued() {
    world.samples("12x40", LabelSet.NAME, "x");
    world.load(ALERT.replace("30s", "5s"));
    world.queries.hanging = true;
    world.advanceSeconds(60);
    assertEquals(RuleHealth.ERROR, world.rule("High").health());
    assertEquals("evaluation took longer than 30000 ms", world.rule("High").lastError());
    assertEquals(2, world.queries.asked);
    assertTrue(metric("tidemark_rule_group_iterations_missed_total") >= 9, world.metrics::print);
    world.queries.hanging = false;
    world.advanceSeconds(35);
    assertEquals(RuleHealth.OK, world.rule("High").health());
    assertEquals(1, world.told.stream().filter(t -> t.alerts().size() == 1).limit(1).count());
  }

  @Test
  void aFailedQueryNeitherResolvesNorEndsAnything() {
    world.samples("12x100", LabelSet.NAME, "x");
    world.load(ALERT);
    world.advanceSeconds(60);
    world.queries.failing = true;
    world.advanceSeconds(120);
    GroupView.RuleView rule = world.rule("High");
    assertEquals(RuleHealth.ERROR, rule.health());
    assertEquals(AlertState.FIRING, rule.state());
    assertTrue(world.told.stream().noneMatch(t -> t.alerts().getFirst().isResolvedAt(t.atMillis())));
    assertTrue(world.log.samples(LabelSet.NAME, "ALERTS", "alertname", "High", "alertstate", "firing").values().stream()
        .noneMatch(Stale::is));
    assertTrue(metric("tidemark_rule_evaluation_failures_total") >= 3);
  }

  /// The longest time after the first telling of an alert for which nobody had said that it fires.
  private static long longestUnsaidMillis(World world) {
    long longest = 0;
    long saidUntil = world.told.getFirst().atMillis();
    for (World.Told told : world.told) {
      longest = Math.max(longest, told.atMillis() - saidUntil);
      saidUntil = Math.max(saidUntil, told.alerts().getFirst().endsAtMillis());
    }
    return Math.max(longest, world.time.millis() - saidUntil);
  }

  private static RuleSettings resendEvery(long millis) {
    var d = RuleSettings.DEFAULT;
    return new RuleSettings(List.of(), d.evaluationIntervalMillis(), d.evaluationTimeoutMillis(), 0, millis,
        d.refreshMillis(), d.alertsMax(), URI.create("http://t"), LabelSet.EMPTY);
  }

  @Test
  void firingAlertsAreRepeatedWhileTheirRuleFails() {
    var quick = new World(resendEvery(5_000));
    quick.samples("1x100", LabelSet.NAME, "dup", "i", "1");
    quick.load("groups: [{name: g, interval: 5s, rules: [{alert: Dup, expr: dup == 1, labels: {i: fixed}}]}]");
    quick.advanceSeconds(30);
    for (int i = 0; i < 8; i++) {
      quick.log.add(LabelSet.of(LabelSet.NAME, "dup", "i", "2"), quick.time.millis(), 1);
      quick.advanceSeconds(10);
    }
    assertTrue(quick.rule("Dup").lastError().contains("same labelset"), quick.rule("Dup").lastError());
    quick.log.add(LabelSet.of(LabelSet.NAME, "dup", "i", "2"), quick.time.millis(), Stale.VALUE);
    quick.advanceSeconds(20);
    assertEquals(RuleHealth.OK, quick.rule("Dup").health());
    assertEquals(0, longestUnsaidMillis(quick));
    assertEquals(1, quick.told.stream().map(t -> t.alerts().getFirst().startsAtMillis()).distinct().count());
  }

  @Test
  void firingAlertsAreRepeatedWhileEvaluationsAreSkipped() {
    var quick = new World(resendEvery(5_000));
    quick.samples("12x9 9x100", LabelSet.NAME, "x");
    quick.load(ALERT.replace("30s", "5s") + "      - alert: Later\n        expr: vector(1)\n");
    quick.advanceSeconds(30);
    quick.queries.hanging = true;
    quick.advanceSeconds(130);
    assertTrue(quick.told.stream().noneMatch(t -> t.alerts().getFirst().isResolvedAt(t.atMillis())), () -> "" + quick.told);
    for (String name : List.of("High", "Later")) {
      long saidUntil = quick.told.stream().flatMap(t -> t.alerts().stream()).filter(a -> a.name().equals(name))
          .mapToLong(Alert::endsAtMillis).max().orElseThrow();
      assertTrue(saidUntil > quick.time.millis(), name);
    }
    quick.queries.hanging = false;
    quick.advanceSeconds(70);
    assertEquals(AlertState.INACTIVE, quick.rule("High").state());
    assertTrue(quick.tellings("High").getLast().contains("resolved"), quick.tellings("High")::toString);
    assertTrue(quick.tellings("Later").stream().noneMatch(t -> t.contains("resolved")), quick.tellings("Later")::toString);
  }

  @Test
  void tooManyAlertsFailTheRuleAndLeaveOthersAlone() {
    var bounded = new World(atMost(3));
    for (int i = 0; i < 5; i++) {
      bounded.samples("12x40", LabelSet.NAME, "x", "i", "" + i);
    }
    bounded.samples("1x40", LabelSet.NAME, "y");
    bounded.load(ALERT + "      - alert: Other\n        expr: y > 0\n      - record: x:r\n        expr: x\n");
    bounded.advanceSeconds(60);
    assertEquals("exceeded limit of 3 with 5 alerts", bounded.rule("High").lastError());
    assertEquals("exceeded limit of 3 with 5 series", bounded.rule("x:r").lastError());
    assertEquals(AlertState.FIRING, bounded.rule("Other").state());
    assertEquals(List.of(), bounded.tellings("High"));
  }

  @Test
  void theGroupsOwnLimitCounts() {
    world.samples("12x40", LabelSet.NAME, "x", "i", "1");
    world.samples("12x40", LabelSet.NAME, "x", "i", "2");
    world.load(ALERT.replace("interval: 30s", "interval: 30s\n    limit: 1"));
    world.advanceSeconds(30);
    assertEquals("exceeded limit of 1 with 2 alerts", world.rule("High").lastError());
  }

  @Test
  void aRefusedSendingIsRepeatedWithTheNextEvaluation() {
    world.samples("12x100", LabelSet.NAME, "x");
    world.sinkDown = true;
    world.load(ALERT);
    world.advanceSeconds(90);
    assertEquals(List.of(), world.told);
    world.sinkDown = false;
    world.advanceSeconds(30);
    assertEquals(1, world.told.size());
    assertEquals(3.0, metric("tidemark_rule_alert_sends_failed_total"));
  }

  @Test
  void aFullDiskOrALostStateStoreKeepsNoPageBack() {
    world.samples("12x100", LabelSet.NAME, "x");
    world.load(ALERT);
    world.log.full = true;
    world.state.fail(true);
    world.advanceSeconds(30);
    assertEquals(1, world.told.size());
    assertTrue(world.rule("High").lastError().contains("no room"), world.rule("High").lastError());
    assertEquals(0, world.savedAlerts());
    world.log.full = false;
    world.state.fail(false);
    world.advanceSeconds(30);
    assertEquals(RuleHealth.OK, world.rule("High").health());
    assertEquals(1, world.savedAlerts(), "what could not be saved is saved later");
  }

  @Test
  void aSinkThatNeverAnswersIsAskedAgain() {
    world.samples("12x100", LabelSet.NAME, "x");
    world.sinkHangs = true;
    world.load(ALERT);
    world.advanceSeconds(60);
    world.sinkHangs = false;
    world.advanceSeconds(60);
    assertTrue(world.told.size() >= 1);
    assertEquals(AlertState.FIRING, world.rule("High").state());
    assertTrue(metric("tidemark_rule_alert_sends_failed_total") >= 1);
  }

  @Test
  void aWallClockSetBackOrForwardStopsNoGroup() {
    world.load("groups: [{name: r, interval: 30s, rules: [{record: one, expr: 1}]}]");
    world.advanceSeconds(60);
    world.skewMillis = -3_600_000;
    int asked = world.queries.asked;
    world.advanceSeconds(90);
    assertTrue(world.queries.asked >= asked + 2, () -> "asked " + world.queries.asked);
    assertEquals(World.START_MILLIS + 150_000 - 3_600_000, world.groups().getFirst().lastEvaluationMillis(), 30_000);
    world.skewMillis = 3_600_000;
    double missed = metric("tidemark_rule_group_iterations_missed_total");
    world.advanceSeconds(60);
    assertEquals(World.START_MILLIS + 210_000 + 3_600_000, world.groups().getFirst().lastEvaluationMillis(), 30_000);
    assertEquals(240, metric("tidemark_rule_group_iterations_missed_total") - missed, 1);
  }

  @Test
  void reloadingTheSameRulesDisturbsNothing() {
    world.samples("12x100", LabelSet.NAME, "x");
    world.load(ALERT);
    world.advanceSeconds(60);
    GroupView before = world.groups().getFirst();
    world.load(ALERT);
    assertEquals(before, world.groups().getFirst());
  }

  @Test
  void anEditedGroupKeepsTheAlertsOfRulesThatStay() {
    world.samples("12x100", LabelSet.NAME, "x");
    world.load(ALERT + "      - alert: Gone\n        expr: x > 11\n");
    world.advanceSeconds(60);
    long activeAt = world.rule("High").alerts().getFirst().activeAtMillis();
    assertEquals(2, world.savedAlerts());
    world.load(ALERT.replace("> 10", "> 9"));
    assertEquals(activeAt, world.rule("High").alerts().getFirst().activeAtMillis());
    assertEquals(1, world.savedAlerts());
    var gone = world.log.samples(LabelSet.NAME, "ALERTS", "alertname", "Gone", "alertstate", "firing");
    assertTrue(Stale.is(gone.lastEntry().getValue()));
    world.advanceSeconds(60);
    assertEquals(activeAt, world.rule("High").alerts().getFirst().activeAtMillis());
  }

  @Test
  void aRemovedGroupEndsItsSeriesAndForgetsItsAlerts() {
    world.samples("12x100", LabelSet.NAME, "x");
    world.load(ALERT);
    world.advanceSeconds(60);
    world.load("groups: []");
    assertEquals(List.of(), world.groups());
    assertEquals(0, world.savedAlerts());
    assertTrue(Stale.is(world.log.samples(LabelSet.NAME, "ALERTS_FOR_STATE", "alertname", "High").lastEntry().getValue()));
    int asked = world.queries.asked;
    world.advanceSeconds(120);
    assertEquals(asked, world.queries.asked);
  }

  @Test
  void groupsSpreadOverTheInterval() {
    String groups = IntStream.range(0, 20).mapToObj(i -> "{name: g" + i + ", interval: 1m, rules: [{record: r" + i + ", expr: 1}]}")
        .collect(Collectors.joining(", ", "groups: [", "]"));
    world.load(groups);
    world.advanceSeconds(120);
    var offsets = new ArrayList<>(world.groups().stream().map(g -> g.lastEvaluationMillis() % 60_000).distinct().toList());
    assertTrue(offsets.size() > 15, offsets::toString);
    assertNotEquals(0, offsets.stream().filter(o -> o > 30_000).count());
    assertNotEquals(0, offsets.stream().filter(o -> o < 30_000).count());
    assertEquals(20.0, metric("tidemark_rules"));
  }

  @Test
  void stopEndsEvaluations() {
    world.load(ALERT);
    world.advanceSeconds(30);
    var stopped = world.engine.stop();
    world.time.run();
    assertTrue(stopped.succeeded());
    int asked = world.queries.asked;
    world.advanceSeconds(120);
    assertEquals(asked, world.queries.asked);
  }

  @Test
  void alertsWhoseRuleNeverComesBackAreForgotten() {
    world.samples("12x400", LabelSet.NAME, "x");
    world.load(ALERT);
    world.advanceSeconds(60);
    world.restart(1000, "groups: []");
    assertEquals(1, world.savedAlerts(), "the rule may still come back");
    world.advanceSeconds(901);
    assertEquals(0, world.savedAlerts());
  }

  @Test
  void anEmptyGroupGoesOn() {
    world.load("groups: [{name: empty, interval: 15s}]");
    world.advanceSeconds(60);
    assertEquals(0.0, metric("tidemark_rule_group_iterations_missed_total"));
  }
}
