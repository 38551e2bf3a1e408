package io.tidemark.rules;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.Alert;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Stale;
import java.net.URI;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/// The life of alerts from sample to telling, minute by minute, under virtual time.
class AlertingScenarioTest {
  private static final String TEMPERATURE = """
      groups:
        - name: kiln
          interval: 30s
          rules:
            - alert: TooHot
              expr: kiln_degrees > 10
              for: 6m
              labels: {crew: "{{ $labels.kiln }}-team"}
              annotations: {summary: "{{$value}} {{.Value}}"}
      """;
  private static final String ERRORS = """
      groups:
        - name: shop
          interval: 5s
          rules:
            - alert: Errors
              expr: sum(rate(errs_total[30s])) > 0.1
              for: 130s
              annotations: {summary: "{{ $labels.alertname }}"}
      """;
  /// Where the group's evaluations lie within the interval.
  private final World world = new World();
  private double errors;

  private long slotOffsetMillis() {
    return (world.groups().getFirst().lastEvaluationMillis() - World.START_MILLIS) % 30_000;
  }

  @Test
  void pendingFiringResolvedPendingFiringResolved() {
    world.samples("2 6x3 9x2 12x12 14x30 20x15 7x18 14x43 6x20", LabelSet.NAME, "kiln_degrees", "kiln", "a");
    world.load(TEMPERATURE);
    world.advanceSeconds(90);
    assertEquals(AlertState.INACTIVE, world.rule("TooHot").state());
    world.advanceSeconds(60);
    assertEquals(AlertState.PENDING, world.rule("TooHot").state());
    GroupView.AlertView pending = world.rule("TooHot").alerts().getFirst();
    assertEquals(LabelSet.of("alertname", "TooHot", "kiln", "a", "crew", "a-team"), pending.labels());
    assertEquals("1.2e+01", pending.value());
    assertEquals(OptionalLong.empty(), pending.keepFiringSinceMillis());
    assertEquals(List.of(), world.told);

    long activeAt = pending.activeAtMillis();
    world.time.advance(activeAt + 360_000 - world.time.millis() - 1);
    assertEquals(AlertState.PENDING, world.rule("TooHot").state());
    world.time.advance(1);
    assertEquals(AlertState.FIRING, world.rule("TooHot").state());
    Alert first = world.told.getFirst().alerts().getFirst();
    assertEquals(activeAt + 360_000, first.startsAtMillis());
    assertEquals(activeAt + 360_000 + 240_000, first.endsAtMillis());
    assertEquals("14 14", first.annotations().value("summary"));
    assertEquals("http://127.0.0.1:9070/graph?g0.expr=kiln_degrees+%3E+10&g0.tab=1", first.generatorUrl());

    world.advanceSeconds(3600);
    List<String> tellings = world.tellings("TooHot");
    assertTrue(tellings.stream().anyMatch(t -> t.endsWith("firing 20 20")), tellings::toString);
    int resolved = tellings.indexOf(tellings.stream().filter(t -> t.contains("resolved")).findFirst().orElseThrow());
    List<String> afterwards = tellings.subList(resolved, tellings.size());
    long firesAgain = afterwards.stream().takeWhile(t -> t.contains("resolved")).count();
    // Resolved at 20 min, pending again at 25 min: the resolved one is told until then and not any more while the new one pends.
    assertTrue(firesAgain >= 3 && firesAgain <= 5, tellings::toString);
    assertTrue(afterwards.getLast().contains("resolved 14 14"), tellings::toString);
  }

  @Test
  void tellsFiringAlertsAgainAfterTheResendDelay() {
    world.samples("12x200", LabelSet.NAME, "kiln_degrees");
    world.load(TEMPERATURE.replace("for: 6m", "for: 0s"));
    world.advanceSeconds(600);
    List<Long> times = world.told.stream().map(World.Told::atMillis).toList();
    for (int i = 1; i < times.size(); i++) {
      // More than a minute ago: at the third evaluation after the last telling.
      assertEquals(90_000, times.get(i) - times.get(i - 1));
    }
    assertTrue(times.size() >= 6, times::toString);
  }

  @Test
  void shortPendingIsNeverTold() {
    world.samples("3 12x8 9", LabelSet.NAME, "kiln_degrees");
    world.load(TEMPERATURE);
    world.advanceSeconds(1800);
    assertEquals(List.of(), world.told);
    assertEquals(AlertState.INACTIVE, world.rule("TooHot").state());
    var pending = world.log.samples(LabelSet.NAME, "ALERTS", "alertname", "TooHot", "alertstate", "pending", "crew", "-team");
    assertTrue(Stale.is(pending.lastEntry().getValue()), "the series ends with a staleness marker");
    assertEquals(1.0, pending.firstEntry().getValue());
  }

  @Test
  void stopsTellingFifteenMinutesAfterResolution() {
    world.samples("12x8 9x100", LabelSet.NAME, "kiln_degrees");
    world.load(TEMPERATURE.replace("for: 6m", "for: 15s"));
    world.advanceSeconds(3000);
    List<World.Told> resolved = world.told.stream().filter(t -> t.alerts().getFirst().isResolvedAt(t.atMillis())).toList();
    long resolvedAt = resolved.getFirst().alerts().getFirst().endsAtMillis();
    assertTrue(resolved.getLast().atMillis() <= resolvedAt + 900_000);
    assertTrue(resolved.getLast().atMillis() > resolvedAt + 780_000, "told again until shortly before");
    assertEquals(0, world.savedAlerts(), "nothing is left behind");
  }

  @Test
  void firesInTheSecondEvaluationWhenForIsShorterThanTheInterval() {
    world.samples("12x20", LabelSet.NAME, "kiln_degrees");
    world.load(TEMPERATURE.replace("for: 6m", "for: 15s"));
    world.advanceSeconds(30);
    assertEquals(AlertState.PENDING, world.rule("TooHot").state());
    world.advanceSeconds(30);
    assertEquals(AlertState.FIRING, world.rule("TooHot").state());
    var forState = world.log.samples(LabelSet.NAME, "ALERTS_FOR_STATE", "alertname", "TooHot", "crew", "-team");
    double activeAtSeconds = (World.START_MILLIS + slotOffsetMillis()) / 1000;
    assertEquals(List.of(activeAtSeconds), forState.values().stream().distinct().toList());
  }

  @Test
  void keepsFiringForAWhile() {
    world.samples("12x8 9x40", LabelSet.NAME, "kiln_degrees");
    world.load(TEMPERATURE.replace("for: 6m", "keep_firing_for: 5m"));
    world.advanceSeconds(240);
    GroupView.AlertView kept = world.rule("TooHot").alerts().getFirst();
    assertEquals(AlertState.FIRING, kept.state());
    long since = kept.keepFiringSinceMillis().orElseThrow();
    world.time.advance(since + 299_999 - world.time.millis());
    assertEquals(AlertState.FIRING, world.rule("TooHot").state());
    world.time.advance(1);
    assertEquals(AlertState.INACTIVE, world.rule("TooHot").state());
  }

  @Test
  void laterRulesSeeWhatEarlierOnesWroteAtTheSameTime() {
    world.samples("1x3 12x60", LabelSet.NAME, "kiln_degrees", "kiln", "a");
    world.samples("1x11 12x60", LabelSet.NAME, "kiln_degrees", "kiln", "b");
    world.load("""
        groups:
          - name: order
            interval: 30s
            rules:
              - alert: One
                expr: kiln_degrees > 10
                for: 1m
                labels: {team: bar}
              - alert: Both
                expr: |
                  ALERTS{alertname="One",alertstate="firing",kiln="a"}
                    + ignoring(kiln) ALERTS{alertname="One",alertstate="firing",kiln="b"} == 2
                labels: {team: foo}
                annotations:
                  summary: old {{$labels.alertname}} {{.Labels.team}}
        """);
    world.advanceSeconds(600);
    var both = world.log.samples(LabelSet.NAME, "ALERTS", "alertname", "Both", "alertstate", "firing", "team", "foo");
    var second = world.log.samples(LabelSet.NAME, "ALERTS", "alertname", "One", "alertstate", "firing", "kiln", "b", "team", "bar");
    assertEquals(second.firstKey(), both.firstKey(), "in the same run of the group, at the same timestamp");
    assertTrue(world.tellings("Both").getFirst().endsWith("firing old One bar"), world.tellings("Both")::toString);
    List<Long> starts = world.rule("One").alerts().stream().map(GroupView.AlertView::activeAtMillis).toList();
    assertEquals(120_000, starts.get(1) - starts.get(0), "each alert has its own time");
  }

  @Test
  void restartInTheMiddleOfForGoesOnCounting() {
    world.samples("12x200", LabelSet.NAME, "kiln_degrees");
    world.load(TEMPERATURE);
    world.advanceSeconds(180);
    long activeAt = world.rule("TooHot").alerts().getFirst().activeAtMillis();
    world.restart(60_000, TEMPERATURE);
    world.advanceSeconds(60);
    assertEquals(activeAt, world.rule("TooHot").alerts().getFirst().activeAtMillis());
    world.time.advance(activeAt + 360_000 - world.time.millis() - 1);
    assertEquals(AlertState.PENDING, world.rule("TooHot").state());
    world.time.advance(1);
    assertEquals(AlertState.FIRING, world.rule("TooHot").state());
  }

  @Test
  void restartForgetsNoFiringAlertAndTellsItsResolution() {
    world.samples("12x20 9x200", LabelSet.NAME, "kiln_degrees");
    world.load(TEMPERATURE.replace("for: 6m", "for: 1m"));
    world.advanceSeconds(240);
    assertEquals(AlertState.FIRING, world.rule("TooHot").state());
    long startsAt = world.told.getFirst().alerts().getFirst().startsAtMillis();
    world.restart(300_000, TEMPERATURE.replace("for: 6m", "for: 1m"));
    world.told.clear();
    world.advanceSeconds(300);
    assertEquals(AlertState.FIRING, world.rule("TooHot").state(), "the samples may be missing");
    world.advanceSeconds(90);
    Alert resolved = world.told.stream().flatMap(told -> told.alerts().stream()).filter(a -> a.isResolvedAt(world.time.millis()))
        .findFirst().orElseThrow();
    assertEquals(startsAt, resolved.startsAtMillis());
    var firing = world.log.samples(LabelSet.NAME, "ALERTS", "alertname", "TooHot", "alertstate", "firing", "crew", "-team");
    assertTrue(Stale.is(firing.lastEntry().getValue()), "the series of before the restart is ended");
  }

  /// A scrape every 5 s from now on, each with one more error or as many as before.
  private void scrape(long seconds, boolean failing) {
    for (long i = 0; i < seconds; i += 5) {
      errors += failing ? 1 : 0;
      world.log.add(LabelSet.of(LabelSet.NAME, "errs_total"), world.time.millis(), errors);
      world.advanceSeconds(5);
    }
  }

  @Test
  void aPendingAlertOutlivesARestartThatLeavesItsRangeEmpty() {
    world.load(ERRORS);
    scrape(100, true);
    long activeAt = world.rule("Errors").alerts().getFirst().activeAtMillis();
    world.restart(42_000, ERRORS);
    world.advanceSeconds(6);
    assertEquals(AlertState.PENDING, world.rule("Errors").state(), "no scrape yet");
    scrape(60, true);
    GroupView.AlertView alert = world.rule("Errors").alerts().getFirst();
    assertEquals(activeAt, alert.activeAtMillis());
    assertEquals(AlertState.FIRING, alert.state());
  }

  @Test
  void aFiringAlertOutlivesARestartThatLeavesItsRangeEmpty() {
    world.load(ERRORS);
    scrape(200, true);
    long startsAt = world.told.getFirst().alerts().getFirst().startsAtMillis();
    world.restart(42_000, ERRORS);
    int before = world.told.size();
    world.advanceSeconds(6);
    assertEquals(before + 1, world.told.size(), "it is repeated before its samples are back");
    scrape(120, true);
    assertTrue(world.tellings("Errors").stream().noneMatch(t -> t.contains("resolved")), world.tellings("Errors")::toString);
    assertTrue(world.told.stream().allMatch(t -> t.alerts().getFirst().startsAtMillis() == startsAt), () -> "" + world.told);
    scrape(60, false);
    assertTrue(world.tellings("Errors").getLast().contains("resolved"), "once met, it ends as ever");
  }

  @Test
  void anAnswerFromSamplesOfBeforeTheRestartDoesNotEndTheHold() {
    world.load(ERRORS);
    scrape(200, true);
    world.restart(8_000, ERRORS);
    world.advanceSeconds(20);
    assertEquals(AlertState.FIRING, world.rule("Errors").state(), "first met, then missed");
    scrape(60, true);
    assertTrue(world.tellings("Errors").stream().noneMatch(t -> t.contains("resolved")), world.tellings("Errors")::toString);
  }

  @Test
  void aSecondRestartRightAfterTheFirstEndsNoHold() {
    world.load(ERRORS);
    scrape(200, true);
    world.restart(42_000, ERRORS);
    world.advanceSeconds(8);
    world.restart(1_000, ERRORS);
    world.advanceSeconds(8);
    assertEquals(AlertState.FIRING, world.rule("Errors").state(), "no scrape yet");
    scrape(60, true);
    assertTrue(world.tellings("Errors").stream().noneMatch(t -> t.contains("resolved")), world.tellings("Errors")::toString);
  }

  @Test
  void aRestoredAlertThatIsOverEndsWhenItsRangeIsFilledAgain() {
    world.load(ERRORS);
    scrape(200, true);
    world.restart(42_000, ERRORS);
    long startedAt = world.time.millis();
    scrape(30, false);
    assertEquals(AlertState.FIRING, world.rule("Errors").state());
    scrape(15, false);
    assertEquals(AlertState.INACTIVE, world.rule("Errors").state());
    long endsAt = world.told.getLast().alerts().getFirst().endsAtMillis();
    assertTrue(endsAt >= startedAt + 35_000 && endsAt <= startedAt + 40_000, () -> endsAt - startedAt + " ms after the start");
  }

  @Test
  void keepFiringForGoesOnCountingOverARestart() {
    String kept = ERRORS.replace("for: 130s", "keep_firing_for: 2m");
    world.load(kept);
    scrape(60, true);
    scrape(60, false);
    long since = world.rule("Errors").alerts().getFirst().keepFiringSinceMillis().orElseThrow();
    world.restart(since + 110_000 - world.time.millis(), kept);
    scrape(15, false);
    assertEquals(AlertState.INACTIVE, world.rule("Errors").state());
  }

  @Test
  void anAlertThatEndsDuringAMomentaryRestartIsToldAtOnce() {
    world.samples("12x8 9x100", LabelSet.NAME, "kiln_degrees");
    world.load(TEMPERATURE.replace("for: 6m", "for: 0s"));
    world.advanceSeconds(130);
    world.restart(10_000, TEMPERATURE.replace("for: 6m", "for: 0s"));
    world.advanceSeconds(35);
    assertEquals(AlertState.INACTIVE, world.rule("TooHot").state());
  }

  @Test
  void aFiringAlertIsToldAgainAtOnceAfterARestart() {
    world.samples("12x200", LabelSet.NAME, "kiln_degrees");
    world.load(TEMPERATURE.replace("for: 6m", "for: 0s"));
    world.advanceSeconds(60);
    world.restart(1_000, TEMPERATURE.replace("for: 6m", "for: 0s"));
    world.told.clear();
    world.advanceSeconds(30);
    assertEquals(1, world.told.size());
  }

  @Test
  void twoAlertsWithTheSameLabelsFailTheRule() {
    world.samples("12x20", LabelSet.NAME, "kiln_degrees", "kiln", "a");
    world.samples("12x20", LabelSet.NAME, "kiln_degrees", "kiln", "b");
    world.load(TEMPERATURE.replace("crew: \"{{ $labels.kiln }}-team\"", "kiln: all").replace("for: 6m", "for: 0s"));
    world.advanceSeconds(120);
    GroupView.RuleView rule = world.rule("TooHot");
    assertEquals(RuleHealth.ERROR, rule.health());
    assertTrue(rule.lastError().contains("same labelset after applying alert labels"), rule.lastError());
    assertEquals(List.of(), world.told);
    assertTrue(world.log.series.keySet().stream().noneMatch(l -> l.metricName().startsWith("ALERTS")));
  }

  @Test
  void externalLabelsAreToldButDoNotOverride() {
    var d = RuleSettings.DEFAULT;
    var settings = new RuleSettings(d.ruleFiles(), d.evaluationIntervalMillis(), d.evaluationTimeoutMillis(), 0, d.resendDelayMillis(),
        d.refreshMillis(), d.alertsMax(), URI.create("http://tide.example"), LabelSet.of("region", "eu", "kiln", "none"));
    var elsewhere = new World(settings);
    elsewhere.samples("12x20", LabelSet.NAME, "kiln_degrees", "kiln", "a");
    elsewhere.load(TEMPERATURE.replace("for: 6m", "for: 0s").replace("{{.Value}}", "{{$externalLabels.region}} {{externalURL}}"));
    elsewhere.advanceSeconds(60);
    Alert alert = elsewhere.told.getFirst().alerts().getFirst();
    assertEquals(LabelSet.of("alertname", "TooHot", "crew", "a-team", "kiln", "a", "region", "eu"), alert.labels());
    assertEquals("12 eu http://tide.example", alert.annotations().value("summary"));
    assertEquals("http://tide.example/graph?g0.expr=kiln_degrees+%3E+10&g0.tab=1", alert.generatorUrl());
  }

  @Test
  void valuesAreUnderstoodInEveryAnnotationEvenWhenATemplateFails() {
    world.samples("12x20", LabelSet.NAME, "kiln_degrees");
    world.load(TEMPERATURE.replace("for: 6m", "for: 0s").replace("{{.Value}}", "{{ query \\\"kiln_degrees\\\" | first | value }}")
        .replace("annotations: {", "annotations: {broken: \"{{ gt $value 10 }}\", "));
    world.advanceSeconds(30);
    LabelSet texts = world.told.getFirst().alerts().getFirst().annotations();
    assertEquals("12 12", texts.value("summary"));
    assertTrue(texts.value("broken").startsWith("<error expanding template: template broken:1:"), texts.value("broken"));
  }

  @Test
  void evaluationTimesAreTheSameMultiplesAfterARestart() {
    world.samples("12x100", LabelSet.NAME, "kiln_degrees");
    world.load(TEMPERATURE);
    world.advanceSeconds(100);
    long before = slotOffsetMillis();
    world.restart(12_345, TEMPERATURE);
    world.advanceSeconds(100);
    assertEquals(before, slotOffsetMillis());
  }
}
