package io.tidemark.rules;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tidemark.model.Alert;
import io.tidemark.model.LabelSet;
import io.tidemark.time.Entropy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// An engine that crashes again and again must live the same life as one that never does.
class RestartPropertyTest {
  private static final int ROUNDS = 60;
  private static final String RULES = """
      groups:
        - name: g
          interval: 30s
          rules:
            - alert: Plain
              expr: x > 10
            - alert: Held
              expr: x > 10
              for: 90s
              labels: {was: "{{ $labels.i }}"}
            - alert: Kept
              expr: x > 10
              for: 30s
              keep_firing_for: 1m
      """;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void restartsChangeNeitherSeriesNorTimesOfAlerts(long seed) {
    World steady = live(seed, 0);
    World everyRound = live(seed, 100);
    World sometimes = live(seed, 30);
    assertEquals(alertSeries(steady), alertSeries(everyRound));
    assertEquals(alertSeries(steady), alertSeries(sometimes));
    assertEquals(lives(steady), lives(everyRound));
    assertEquals(lives(steady), lives(sometimes));
  }

  /// @param restartPercent how often it crashes between two rounds
  private static World live(long seed, int restartPercent) {
    var world = new World();
    Entropy samples = Entropy.seeded(seed);
    for (int series = 0; series < 4; series++) {
      for (int i = 0; i < ROUNDS * 2; i++) {
        int spell = i / 5;
        double value = Entropy.seeded(seed * 1000 + series * 100 + spell).nextInt(2) * 12 + samples.nextDouble();
        world.log.add(LabelSet.of(LabelSet.NAME, "x", "i", "" + series), World.START_MILLIS + i * 15_000L, value);
      }
    }
    world.load(RULES);
    Entropy crashes = Entropy.seeded(seed + 77);
    for (int round = 0; round < ROUNDS; round++) {
      world.advanceSeconds(30);
      if (crashes.nextInt(100) < restartPercent) {
        world.restart(0, RULES);
      }
    }
    return world;
  }

  private static Map<LabelSet, List<String>> alertSeries(World world) {
    var series = new TreeMap<LabelSet, List<String>>();
    world.log.series.forEach((labels, samples) -> {
      if (labels.metricName().startsWith("ALERTS")) {
        var bits = new ArrayList<String>();
        samples.forEach((at, value) -> bits.add(at + "=" + Long.toHexString(Double.doubleToRawLongBits(value))));
        series.put(labels, bits);
      }
    });
    return series;
  }

  /// Every alert told with its start, and its end when it was resolved.
  private static TreeSet<String> lives(World world) {
    var lives = new TreeSet<String>();
    for (World.Told told : world.told) {
      for (Alert alert : told.alerts()) {
        String end = alert.isResolvedAt(told.atMillis()) ? " ended " + alert.endsAtMillis() : "";
        lives.add(alert.labels() + " started " + alert.startsAtMillis() + end);
      }
    }
    return lives;
  }
}
