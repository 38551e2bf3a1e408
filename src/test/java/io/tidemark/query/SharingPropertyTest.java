package io.tidemark.query;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.Histogram;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Stale;
import io.tidemark.promql.Features;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// Queries that ask for the same vector in several places. One that counts the samples of its steps evaluates every place, so it tells
/// what the other, which evaluates the vector once, must answer and remark.
class SharingPropertyTest {
  private static final int QUERIES = 600;
  /// `$` stands for a generated vector, `&` for another.
  private static final String[] SHAPES = {
      "($) / (($) + (&))", "sum($) / count($)", "sum by (x) ($) - on (x) avg by (x) ($)", "($) or (($))",
      "max_over_time(($)[5m:1m]) - min_over_time(($)[5m:1m])", "topk(2, $) + ($)", "abs(($) * 2) and ($) * 2",
      "($) - timestamp($)", "quantile(2, $) + quantile(2, $) * 2", "histogram_count($) / (histogram_count($) + ($))",
      "absent($) or histogram_quantile(0.9, $) > histogram_quantile(0.9, $)", "(($) + (&)) * (($) + (&)) - (&)",
      "histogram_quantile(0.5, label_replace($, \"le\", \"$1\", \"y\", \"y(.)\")) + "
          + "abs(histogram_quantile(0.5, label_replace($, \"le\", \"$1\", \"y\", \"y(.)\")))"};

  private final Random random = new Random(20_265);
  private final QueryGenerator generator = new QueryGenerator(random);
  private final MemoryReader reader = new MemoryReader();

  /// Numbers, and histograms beside them in a third of the series; buckets of `+Inf` too.
  private void load() {
    var counters = new MemoryReader();
    generator.load(counters);
    counters.forEach((labels, samples) -> samples.forEach((at, value) -> {
      if (labels.value("y").equals("y2") && !Stale.is(value) && at % 7 > 0) {
        reader.add(labels, at, new Histogram(0, value, value, 0.5, 0, new Histogram.Buckets(new int[] {1}, new double[] {value}),
            new Histogram.Buckets(new int[0], new double[0]), new double[0], Histogram.Reset.UNKNOWN));
      } else {
        reader.add(labels, at, value);
      }
    }));
  }

  private QueryEngine engine(QueryConfig config) {
    return new QueryEngine(reader, config, Runnable::run, Clock.system(), new Metrics());
  }

  @Test
  void whatIsEvaluatedOnceIsAnsweredAndRemarkedAsEverywhere() {
    load();
    QueryEngine engine = engine(QueryConfig.DEFAULT.withFeatures(Features.STANDARD));
    int answered = 0;
    int remarked = 0;
    long fewer = 0;
    for (int i = 0; i < QUERIES; i++) {
      String query = SHAPES[random.nextInt(SHAPES.length)].replace("$1", "%").replace("$", generator.vector(2))
          .replace("&", generator.vector(1)).replace("%", "$1");
      long start = 600_000 + random.nextInt(600_000);
      var request = random.nextInt(4) == 0 ? QueryRequest.instant(query, start)
          : QueryRequest.range(query, start, start + random.nextInt(900_000), 500 + random.nextInt(200_000));
      Future<QueryResult> shared = engine.run(request);
      Future<QueryResult> apart = engine.run(request.countingSteps(true));
      assertEquals(failure(apart), failure(shared), query);
      if (apart.succeeded()) {
        assertEquals(text(apart.result().value()), text(shared.result().value()), query);
        assertEquals(Set.copyOf(apart.result().warnings()), Set.copyOf(shared.result().warnings()), query);
        assertEquals(Set.copyOf(apart.result().infos()), Set.copyOf(shared.result().infos()), query);
        answered++;
        remarked += apart.result().infos().isEmpty() && apart.result().warnings().isEmpty() ? 0 : 1;
        fewer += apart.result().stats().samples() > shared.result().stats().samples() ? 1 : 0;
        assertTrue(shared.result().stats().samples() <= apart.result().stats().samples(), query);
      }
    }
    assertTrue(answered > QUERIES / 3 && remarked > QUERIES / 10 && fewer > QUERIES / 4,
        "of " + QUERIES + " generated queries " + answered + " have an answer, " + remarked + " remarks, " + fewer + " read less");
  }

  @Test
  void aVectorTooLargeToKeepIsReadInEveryPlace() {
    load();
    var request = QueryRequest.range("sum(rate(a_total[5m])) / count(rate(a_total[5m]))", 600_000, 3_000_000, 2_000);
    QueryResult kept = engine(QueryConfig.DEFAULT).run(request).result();
    QueryConfig d = QueryConfig.DEFAULT;
    QueryResult apart = engine(d.withBudgets(d.samplesMax(), d.seriesMax(), 300_000, d.memoryTotalBytesMax())).run(request).result();
    assertEquals(text(kept.value()), text(apart.value()));
    assertEquals(2 * kept.stats().samples(), apart.stats().samples());
    assertEquals(kept.stats().series(), apart.stats().series(), "the selector is looked up once");
  }

  private static String failure(Future<QueryResult> future) {
    return future.failed() ? future.cause().getMessage() : "";
  }

  /// With the bits of every number; which NaN it is does not matter.
  private static String text(Value value) {
    return switch (value) {
      case Value.Matrix matrix -> matrix.series().stream().map(SharingPropertyTest::text).collect(Collectors.joining("\n"));
      case Value.Vector vector -> vector.elements().toString();
      case Value.Scalar scalar -> scalar.toString();
      case Value.Text text -> text.toString();
    };
  }

  private static String text(Value.Series series) {
    List<Object> all = new ArrayList<>();
    all.add(series.labels());
    all.add(Arrays.toString(Arrays.copyOf(series.timestampsMillis(), series.count())));
    for (int i = 0; i < series.count(); i++) {
      Histogram histogram = series.histogram(i);
      all.add(histogram == null ? series.values()[i] : histogram);
    }
    return all.toString();
  }
}
