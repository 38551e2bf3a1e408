package io.tidemark.api.prometheus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.LabelSet;
import io.tidemark.query.QueryRequest;
import io.tidemark.query.QueryResult;
import io.tidemark.query.Value;
import io.tidemark.telemetry.Metrics;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class AnswerTextsTest {
  private static final QueryResult.Stats STATS = new QueryResult.Stats(0, 0, 1, 0, 0, 0, 0, new long[0], List::of);
  private static final int STEP = 15_000;

  private final Metrics metrics = new Metrics();
  private AnswerTexts texts = new AnswerTexts(64 << 20, metrics);

  private String answer(Value.Matrix matrix, QueryRequest request) {
    var result = new QueryResult(matrix, List.of(), List.of(), STATS);
    try (var body = new AnswerBody(result, request, Optional.empty(), texts.take(request))) {
      return AnswerBodyTest.written(body);
    }
  }

  private static QueryRequest refresh(int step) {
    return QueryRequest.range("x", 1_700_000_000_000L + (long) step * STEP, 1_700_000_000_000L + (step + 100L) * STEP, STEP);
  }

  private long points(String from) {
    return metrics.print().lines().filter(line -> line.startsWith("tidemark_http_answer_points_total{from=\"" + from + "\"}"))
        .mapToLong(line -> Long.parseLong(line.substring(line.lastIndexOf(' ') + 1))).sum();
  }

  private long bytes() {
    return metrics.print().lines().filter(line -> line.startsWith("tidemark_http_answer_texts_bytes"))
        .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1))).sum();
  }

  /// Series that come, go, change some points and have gaps, over a range that moves both ways.
  private static final class Panel {
    final Random random;
    final TreeMap<LabelSet, TreeMap<Long, Double>> series = new TreeMap<>();

    Panel(long seed) {
      random = new Random(seed);
    }

    Value.Matrix at(int first, int steps) {
      if (series.isEmpty() || random.nextInt(10) == 0) {
        series.put(LabelSet.of("s", "s" + random.nextInt(8)), new TreeMap<>());
      }
      if (series.size() > 1 && random.nextInt(15) == 0) {
        series.remove(series.firstKey());
      }
      var answer = new ArrayList<Value.Series>();
      series.forEach((labels, points) -> {
        for (int step = first; step < first + steps; step++) {
          long time = 1_700_000_000_000L + (long) step * STEP;
          if (!points.containsKey(time) ? step % 7 != 3 : random.nextInt(2_000) == 0) {
            points.put(time, random.nextInt(30) == 0 ? Double.NaN : random.nextInt(9) == 0 ? -0.0 : random.nextGaussian());
          }
        }
        var within = new ArrayList<>(points.subMap(1_700_000_000_000L + (long) first * STEP,
            1_700_000_000_000L + (first + (long) steps) * STEP).entrySet());
        if (!within.isEmpty()) {
          answer.add(new Value.Series(labels, within.stream().mapToLong(Map.Entry::getKey).toArray(),
              within.stream().mapToDouble(Map.Entry::getValue).toArray(), within.size()));
        }
      });
      return new Value.Matrix(answer);
    }
  }

  @Test
  void theTextIsThatOfAnAnswerWrittenAnew() {
    for (long seed = 1; seed <= 10; seed++) {
      texts = new AnswerTexts(seed % 3 == 0 ? 100_000 : 64 << 20, new Metrics());
      var panel = new Panel(seed);
      int first = 0;
      for (int refresh = 0; refresh < 100; refresh++) {
        first += panel.random.nextInt(12) == 0 ? panel.random.nextInt(200) - 100 : panel.random.nextInt(3);
        Value.Matrix matrix = panel.at(first, 1 + panel.random.nextInt(120));
        assertEquals(AnswerBodyTest.written(matrix), answer(matrix, refresh(first)), "seed " + seed + ", refresh " + refresh);
      }
    }
  }

  @Test
  void aRefreshedPanelIsWrittenOnceAndThenPointByPoint() {
    var points = new TreeMap<Long, Double>();
    for (int step = 0; step < 130; step++) {
      points.put(1_700_000_000_000L + (long) step * STEP, step / 3.0);
    }
    for (int refresh = 0; refresh < 30; refresh++) {
      var within = points.subMap(1_700_000_000_000L + (long) refresh * STEP, 1_700_000_000_000L + (refresh + 100L) * STEP);
      answer(new Value.Matrix(List.of(new Value.Series(LabelSet.of("a", "b"), within.keySet().stream().mapToLong(t -> t).toArray(),
          within.values().stream().mapToDouble(v -> v).toArray(), within.size()))), refresh(refresh));
    }
    // The first is not kept; the second is written whole, each later one has one new point.
    assertEquals(100 + 28, points("writer"));
    assertEquals(28 * 99, points("cache"));
  }

  @Test
  void longAnswersAreWrittenAndLongTextsForgotten() {
    texts = new AnswerTexts(200_000, metrics);
    var random = new Random(5);
    for (int query = 0; query < 40; query++) {
      int count = query % 4 == 0 ? 20_000 : 200;
      long[] times = new long[count];
      double[] values = new double[count];
      for (int i = 0; i < count; i++) {
        times[i] = 1_700_000_000_000L + (long) i * STEP;
        values[i] = random.nextDouble();
      }
      var matrix = new Value.Matrix(List.of(new Value.Series(LabelSet.of("a", "b"), times, values, count),
          new Value.Series(LabelSet.of("a", "c"), times, values, count)));
      QueryRequest request = QueryRequest.range("x" + query, times[0], times[count - 1], STEP);
      for (int time = 0; time < 3; time++) {
        assertEquals(AnswerBodyTest.written(matrix), answer(matrix, request));
        assertTrue(bytes() <= 200_000, () -> bytes() + " bytes are kept");
      }
    }
    assertTrue(bytes() > 50_000, () -> bytes() + " bytes are kept");
  }
}
