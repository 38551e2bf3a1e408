package io.tidemark.query;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.storage.Estimate;
import io.tidemark.storage.ReadPolicy;
import io.tidemark.storage.StorageConfig;
import io.tidemark.storage.StorageFixture;
import io.tidemark.telemetry.Metrics;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// What a query is said to cost before it runs, beside what it did cost.
class EstimateTest {
  private static final long HOUR = 3_600_000;
  private static final long END = StorageFixture.NOW - HOUR;
  private static final long START = END - 5 * HOUR;
  private static final Pattern CASE = Pattern.compile("\\s+- query: '(.*)'");
  /// The queries that are at hand where the shared cases are not: one or more of each kind of reading.
  private static final List<String> QUERIES = List.of("demo_memory_usage_bytes", "demo_memory_usage_bytes offset 10m",
      "rate(demo_cpu_usage_seconds_total[5m])", "sum by (mode) (rate(demo_cpu_usage_seconds_total{instance=~\".*0\"}[1h]))",
      "demo_intermittent_metric", "max_over_time(rate(demo_cpu_usage_seconds_total[1m])[10m:1m])",
      "demo_num_cpus * on (instance) group_right () demo_cpu_usage_seconds_total", "demo_memory_usage_bytes @ end()",
      "histogram_quantile(0.9, rate(demo_api_request_duration_seconds_bucket[1m]))", "demo_num_cpus and demo_intermittent_metric");

  private final StorageFixture f = new StorageFixture(1, 3, StorageConfig.DEFAULT).open();
  private final List<Runnable> work = new ArrayList<>();

  private QueryEngine engine(QueryConfig config) {
    return new QueryEngine(f.storage, config, work::add, f.time, new Metrics());
  }

  private <T> T await(Future<T> future) {
    f.time.runUntil(() -> {
      List.copyOf(work).forEach(Runnable::run);
      work.clear();
      return future.isComplete();
    });
    return future.succeeded() ? future.result() : null;
  }

  /// Six hours of scrapes: the older ones in blocks, the newest in memory.
  private void load() {
    var random = new Random(5);
    for (long at = START - HOUR; at < END; at += 15_000) {
      for (int i = 0; i < 3; i++) {
        String instance = "demo.promlabs.com:1000" + i;
        for (String type : List.of("used", "free", "buffers", "cached")) {
          add(at + i, random.nextInt(1000), "demo_memory_usage_bytes", "instance", instance, "type", type);
        }
        for (String mode : List.of("user", "system", "idle")) {
          add(at + i, at / 1000.0, "demo_cpu_usage_seconds_total", "instance", instance, "mode", mode);
        }
        for (String plain : List.of("demo_num_cpus", "demo_disk_usage_bytes", "demo_disk_total_bytes", "demo_items_shipped_total",
            "demo_is_holiday", "demo_api_http_requests_in_progress", "demo_batch_last_success_timestamp_seconds",
            "demo_batch_last_run_timestamp_seconds")) {
          add(at + i, 4, plain, "instance", instance, "job", "demo");
        }
        for (String le : List.of("0.1", "1", "+Inf")) {
          add(at + i, 1, "demo_api_request_duration_seconds_bucket", "instance", instance, "method", "GET", "le", le);
        }
        add(at + i, 1, "demo_api_request_duration_seconds_count", "instance", instance, "method", "GET");
        if (at / 180_000 % 3 == 0) {
          add(at + i, 1, "demo_intermittent_metric", "instance", instance);
        }
      }
      if ((at - START) / HOUR == 3 && (at - START) % HOUR == 0) {
        f.settle();
        f.await(f.storage.seal());
      }
    }
    f.settle();
  }

  private void add(long at, double value, String name, String... labels) {
    String[] all = Stream.concat(Stream.of(LabelSet.NAME, name), Stream.of(labels)).toArray(String[]::new);
    f.add(LabelSet.of(all), at, value);
  }

  private static List<String> queries() throws IOException {
    for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      Path cases = at.resolveSibling("shared").resolve("conformance/promql-queries.yml");
      if (Files.exists(cases)) {
        var found = new ArrayList<>(QUERIES);
        Files.readAllLines(cases).forEach(line -> {
          var match = CASE.matcher(line);
          if (match.matches()) {
            found.add(match.group(1).replace("''", "'"));
          }
        });
        return found;
      }
    }
    return QUERIES;
  }

  private static boolean isNear(long estimated, long found) {
    return estimated <= 2 * found && found <= 2 * estimated;
  }

  @Test
  void isWithinTwofoldForNearlyAllQueries() throws IOException {
    load();
    QueryEngine engine = engine(QueryConfig.DEFAULT);
    var far = new ArrayList<String>();
    int compared = 0;
    for (String query : queries()) {
      for (QueryRequest request : List.of(QueryRequest.range(query, START + HOUR, END - 600_000, 60_000),
          QueryRequest.instant(query, END - 20_000))) {
        QueryResult result = await(engine.run(request));
        if (result == null) {
          continue;
        }
        QueryEngine.Explanation explanation = await(engine.explain(request));
        compared++;
        QueryEstimate estimate = explanation.estimate();
        if (!isNear(estimate.samples(), result.stats().samples()) || !isNear(estimate.series(), result.stats().series())) {
          far.add(query + (request.isInstant() ? " at once" : " over a range") + ": said " + estimate.samples() + " of "
              + estimate.series() + ", read " + result.stats().samples() + " of " + result.stats().series());
        }
      }
    }
    System.out.println("EstimateTest: " + (compared - far.size()) + " of " + compared + " estimates are within 2x");
    assertTrue(far.size() * 20 <= compared, far.size() + " of " + compared + ": " + String.join("\n", far));
    assertTrue(compared >= 2 * QUERIES.size());
  }

  @Test
  void countsWhatBlocksAndMemoryHold() {
    load();
    try (var view = f.await(f.storage.view(ReadPolicy.DEFAULT))) {
      List<Matcher> cpus = List.of(Matcher.equal(LabelSet.NAME, "demo_num_cpus"));
      assertEquals(new Estimate(3, 6 * 240 * 3, true), view.estimate(cpus, TimeRange.ALL));
      Estimate hour = view.estimate(cpus, new TimeRange(START, START + HOUR));
      assertEquals(3, hour.series());
      assertTrue(Math.abs(hour.samples() - 720) <= 3, hour.toString());
      assertEquals(Estimate.NOTHING, view.estimate(cpus, new TimeRange(0, 1)));
      assertEquals(Estimate.NOTHING, view.estimate(List.of(Matcher.equal(LabelSet.NAME, "none")), TimeRange.ALL));
      Estimate all = view.estimate(List.of(), TimeRange.ALL);
      assertTrue(all.samples() > 6 * 240 * 3 && all.series() >= 3, all.toString());
    }
  }

  /// Of more series than are looked at, some stand for all.
  @Test
  void countsManySeriesBySome() {
    for (int i = 0; i < 10_000; i++) {
      add(START, 1, "many", "i", String.valueOf(i));
      if (i % 2 == 0) {
        add(START + 1, 1, "many", "i", String.valueOf(i));
      }
    }
    f.settle();
    try (var view = f.await(f.storage.view(ReadPolicy.DEFAULT))) {
      Estimate many = view.estimate(List.of(Matcher.equal(LabelSet.NAME, "many")), TimeRange.ALL);
      assertTrue(Math.abs(many.series() - 10_000) < 500, many.toString());
      assertTrue(Math.abs(many.samples() - 15_000) < 3_000, many.toString());
    }
  }

  @Test
  void explainsWhatEachSelectorWouldRead() {
    load();
    var request = QueryRequest.range("sum(rate(demo_cpu_usage_seconds_total{mode=\"idle\"}[5m])) / sum(demo_num_cpus @ end())",
        START, START + HOUR, 60_000);
    QueryEngine.Explanation explanation = await(engine(QueryConfig.DEFAULT).explain(request));
    assertEquals("""
        binary /: both sides in memory, matched once for all steps
          aggregation sum: series by series, partial groups merged in order
            call rate: column by column
              select demo_cpu_usage_seconds_total{mode="idle"}[5m]: about 782 samples of 3 series
          aggregation sum: series by series, partial groups merged in order, once for all steps
            select demo_num_cpus @ end(): about 3 samples of 3 series
        """, explanation.plan());
    assertEquals(785, explanation.estimate().samples());
    assertEquals(6, explanation.estimate().series());
    assertEquals(3 * 61 + 3, explanation.estimate().points());
  }

  @Test
  void refusesBeforeAnySampleIsRead() {
    load();
    QueryConfig few = QueryConfig.DEFAULT.withBudgets(5_000, 7, 1 << 20, 1 << 20);
    var metrics = new Metrics();
    var engine = new QueryEngine(f.storage, few, work::add, f.time, metrics);
    var samples = engine.run(QueryRequest.range("rate(demo_num_cpus[5m]) + rate(demo_disk_total_bytes[5m])", START, END, 60_000));
    await(samples);
    var refusal = (TidemarkException) samples.cause();
    assertEquals(ErrorCode.TOO_EXPENSIVE, refusal.code());
    assertTrue(refusal.getMessage().matches("query would read about 7\\d{3} samples of 6 series, 1806 values in columns; "
        + "query.samples_max allows 5000 samples, query.series_max 7 series; narrow its selectors or its range"), refusal.getMessage());
    assertTrue(metrics.print().contains("\ntidemark_query_samples_total 0\n"), metrics.print());
    var series = engine.run(QueryRequest.instant("demo_memory_usage_bytes", END));
    await(series);
    assertEquals(ErrorCode.TOO_EXPENSIVE, ((TidemarkException) series.cause()).code());
    assertFalse(engine.run(QueryRequest.instant("demo_num_cpus", END)).failed());
  }
}
