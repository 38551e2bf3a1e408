package io.tidemark.query;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.config.Problems;
import io.tidemark.config.Yaml;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QueryEngineTest {
  private static final long MINUTE = 60_000;

  private final MemoryReader reader = new MemoryReader();
  private final Metrics metrics = new Metrics();
  private final QueryEngine engine = new QueryEngine(reader, QueryConfig.DEFAULT, Runnable::run, Clock.system(), metrics);

  private static QueryConfig config(long samplesMax, int seriesMax, long memoryMax, int concurrency, int queueMax) {
    return QueryConfig.DEFAULT.withBudgets(samplesMax, seriesMax, memoryMax, 1 << 20)
        .withPlaces(concurrency, queueMax, 1, new QueryConfig.Share(concurrency, 0));
  }

  private void loadRequests() {
    for (int host = 0; host < 3; host++) {
      for (String job : List.of("api", "web")) {
        for (int minute = 0; minute <= 20; minute++) {
          reader.add(LabelSet.of("__name__", "requests_total", "job", job, "host", "h" + host), minute * MINUTE,
              minute * 60.0 * (host + 1));
        }
      }
    }
  }

  private String print(String query, long atMillis) {
    return print(engine.run(QueryRequest.instant(query, atMillis)).result().value());
  }

  private static String print(Value value) {
    return switch (value) {
      case Value.Scalar scalar -> Double.toString(scalar.value());
      case Value.Text text -> text.value();
      case Value.Vector vector -> vector.elements().stream().map(e -> e.labels() + "=" + e.value()).collect(Collectors.joining(" "));
      case Value.Matrix matrix -> matrix.series().stream().map(QueryEngineTest::print).collect(Collectors.joining(" "));
    };
  }

  private static String print(Value.Series series) {
    var out = new StringBuilder(series.labels().toString()).append("=[");
    for (int i = 0; i < series.count(); i++) {
      out.append(i == 0 ? "" : " ").append(series.values()[i]).append('@').append(series.timestampsMillis()[i] / 1000);
    }
    return out.append(']').toString();
  }

  private static TidemarkException failure(Future<QueryResult> future) {
    assertTrue(future.failed(), () -> "expected a failure, got " + future.result());
    return assertInstanceOf(TidemarkException.class, future.cause());
  }

  private static void assertFails(ErrorCode code, String message, Future<QueryResult> future) {
    TidemarkException failure = failure(future);
    assertEquals(message, failure.getMessage());
    assertEquals(code, failure.code());
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      1 + 2 * 3                                                       | 7.0
      "text"                                                          | text
      sum(requests_total)                                             | {}=14400.0
      sum by (job) (rate(requests_total[5m]))                         | {job="api"}=6.0 {job="web"}=6.0
      max without (job) (requests_total)                              | {host="h0"}=1200.0 {host="h1"}=2400.0 {host="h2"}=3600.0
      topk(1, requests_total{job="api"})                              | requests_total{host="h2", job="api"}=3600.0
      sort_desc(requests_total{job="api"}) > 2400                     | requests_total{host="h2", job="api"}=3600.0
      requests_total{host="h0"} / on (host, job) requests_total       | {host="h0", job="api"}=1.0 {host="h0", job="web"}=1.0
      count(requests_total) > bool 5                                  | {}=1.0
      absent(nothing{a="b", c=~"d"})                                  | {a="b"}=1.0
      scalar(sum(requests_total{host="h0"}))                          | 2400.0
      label_replace(requests_total{host="h0",job="api"}, "n", "$1", "host", "h(.)") | requests_total{host="h0", job="api", n="0"}=1200.0
      max_over_time(sum(requests_total)[10m:5m])                      | {}=14400.0
      requests_total{host="h0",job="api"} @ 60 offset -1m             | requests_total{host="h0", job="api"}=120.0
      timestamp(requests_total{host="h0",job="api"} offset 30s)       | {host="h0", job="api"}=1140.0
      count_values("v", requests_total / 1200)                        | {v="1"}=2.0 {v="2"}=2.0 {v="3"}=2.0
      quantile(0.5, requests_total)                                   | {}=2400.0
      histogram_count(requests_total)                                 | ''
      requests_total{host="h9"} or vector(1)                          | {}=1.0
      requests_total{host="h0"} unless on (job) requests_total{job="web"} | requests_total{host="h0", job="api"}=1200.0
      requests_total{host="h0",job="api"}[2m]                         | requests_total{host="h0", job="api"}=[1140.0@1140 1200.0@1200]
      """)
  void answersInstantQueries(String query, String expected) {
    loadRequests();
    assertEquals(expected, print(query, 20 * MINUTE));
    assertEquals(0, reader.open, "every selection is closed");
  }

  @Test
  void answersRangeQueriesInLabelOrder() {
    loadRequests();
    var result = engine.run(QueryRequest.range("sum by (host) (requests_total{job='api'})", 0, 2 * MINUTE, MINUTE)).result();
    assertEquals("{host=\"h0\"}=[0.0@0 60.0@60 120.0@120] {host=\"h1\"}=[0.0@0 120.0@60 240.0@120] "
        + "{host=\"h2\"}=[0.0@0 180.0@60 360.0@120]", print(result.value()));
    var times = engine.run(QueryRequest.range("time()", MINUTE, 2 * MINUTE, MINUTE)).result();
    assertEquals("{}=[60.0@60 120.0@120]", print(times.value()));
  }

  @Test
  void tellsWhereAWarningBelongs() {
    loadRequests();
    var result = engine.run(QueryRequest.instant("1 +\n  quantile(2, requests_total)", 20 * MINUTE)).result();
    assertEquals(List.of("PromQL warning: quantile value should be between 0 and 1, got 2 (2:12)"), result.warnings());
    reader.add(LabelSet.of("__name__", "temperature"), MINUTE, 1, 2, 3);
    var info = engine.run(QueryRequest.instant("rate(temperature[5m])", 2 * MINUTE)).result();
    assertEquals(List.of("PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "
        + "\"temperature\" (1:6)"), info.infos());
  }

  @Test
  void refusesWhatPromqlRefuses() {
    loadRequests();
    long at = 20 * MINUTE;
    assertFails(ErrorCode.EXECUTION, "found duplicate series for the match group {host=\"h0\"} on the right hand-side of the operation: "
        + "[{__name__=\"requests_total\", host=\"h0\", job=\"api\"}, {__name__=\"requests_total\", host=\"h0\", job=\"web\"}];"
        + "many-to-many matching not allowed: matching labels must be unique on one side",
        engine.run(QueryRequest.instant("requests_total{job='api'} * on (host) requests_total", at)));
    assertFails(ErrorCode.EXECUTION, "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)",
        engine.run(QueryRequest.instant("requests_total * on (host) requests_total{job='api'}", at)));
    assertFails(ErrorCode.EXECUTION, "vector cannot contain metrics with the same labelset",
        engine.run(QueryRequest.instant("label_replace(requests_total, 'host', 'x', '', '')", at)));
    assertFails(ErrorCode.EXECUTION, "Parameter value is NaN", engine.run(QueryRequest.instant("topk(NaN, requests_total)", at)));
    assertFails(ErrorCode.EXECUTION, "Scalar value +Inf overflows int64",
        engine.run(QueryRequest.instant("topk(Inf, requests_total)", at)));
    assertEquals(ErrorCode.BAD_DATA, failure(engine.run(QueryRequest.instant("sum(", at))).code());
    assertEquals(0, reader.open);
  }

  @Test
  void refusesRequestsThatCannotBeEvaluated() {
    assertFails(ErrorCode.BAD_DATA, "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution "
        + "(?step=XX)", engine.run(QueryRequest.range("1", 0, 11_001_000, 1_000)));
    assertFalse(engine.run(QueryRequest.range("1", 0, 11_000_999, 1_000)).failed());
    assertFails(ErrorCode.BAD_DATA, "end timestamp must not be before start time", engine.run(QueryRequest.range("1", 5, 4, 1)));
    assertFails(ErrorCode.BAD_DATA, "invalid expression type \"range vector\" for range query, must be Scalar or instant Vector",
        engine.run(QueryRequest.range("x[5m]", 0, 5, 1)));
    assertEquals(ErrorCode.BAD_DATA, failure(engine.run(QueryRequest.instant("x", Long.MIN_VALUE))).code());
    assertFalse(engine.run(QueryRequest.instant("x[200y] offset 290y", QueryEngine.TIME_MILLIS_MAX)).failed());
  }

  @Test
  void explainsHowAQueryRuns() {
    assertEquals("""
        binary /: both sides in memory, matched once for all steps
          aggregation sum by (job): series by series, partial groups merged in order
            call rate: column by column
              select x_total[5m]
          binary +: column by column, once for all steps
            select y @ 10.000
            number 1
        """, engine.explain("sum by (job) (rate(x_total[5m])) / (y @ 10 + 1)"));
  }

  @Test
  void readsItsConfigurationAndNamesUnknownFeatures() {
    var problems = new Problems("tidemark.yml");
    var section = Yaml.parse("timeout: 5s\nsamples_max: 7\nfeatures: [promql-delayed-name-removal, warp-drive]\n", problems);
    QueryConfig config = QueryConfig.read(section);
    section.done();
    assertEquals(QueryConfig.DEFAULT.memoryBytesMax(), config.memoryBytesMax());
    var shares = Yaml.parse("memory_total_max: 64MiB\nprincipal:\n  concurrency: 3\n  samples_per_minute: 9\ncache:\n"
        + "  enabled: false\n  edge: 2m\n  memory_max: 1MiB\n", problems);
    QueryConfig shared = QueryConfig.read(shares);
    shares.done();
    assertEquals(64 << 20, shared.memoryTotalBytesMax());
    assertEquals(32 << 20, shared.memoryBytesMax(), "half of all, unless it is set");
    assertEquals(new QueryConfig.Share(3, 9), shared.principal());
    assertEquals(new QueryConfig.Cache(false, 120_000, 1 << 20), shared.cache());
    assertEquals(5_000, config.timeoutMillis());
    assertEquals(7, config.samplesMax());
    assertTrue(config.delayedNameRemoval());
    assertEquals(1, problems.texts().size());
    assertTrue(problems.texts().getFirst().contains("unknown feature \"warp-drive\" in query.features"), () -> problems.texts().toString());
  }

  @Test
  void refusesAHugeSubqueryFromItsNumbersAlone() {
    loadRequests();
    TidemarkException failure = failure(engine.run(QueryRequest.instant("max_over_time(requests_total[10y:1ms])", 20 * MINUTE)));
    assertEquals(ErrorCode.TOO_EXPENSIVE, failure.code());
    assertTrue(failure.getMessage().contains("315360000000 times"), failure.getMessage());
    assertEquals(0, reader.open, "nothing was selected");
  }

  @Test
  void staysWithinItsBudgets() {
    loadRequests();
    var few = new QueryEngine(reader, config(20, 100, 1 << 20, 1, 1), Runnable::run, Clock.system(), metrics);
    assertEquals(ErrorCode.TOO_EXPENSIVE, failure(few.run(QueryRequest.instant("requests_total[20m]", 20 * MINUTE))).code());
    var narrow = new QueryEngine(reader, config(1_000, 5, 1 << 20, 1, 1), Runnable::run, Clock.system(), metrics);
    assertEquals(ErrorCode.TOO_EXPENSIVE, failure(narrow.run(QueryRequest.instant("requests_total", 20 * MINUTE))).code());
    var small = new QueryEngine(reader, config(1_000, 100, 64, 1, 1), Runnable::run, Clock.system(), metrics);
    assertEquals(ErrorCode.TOO_EXPENSIVE, failure(small.run(QueryRequest.range("requests_total", 0, 20 * MINUTE, MINUTE))).code());
    assertEquals(0, reader.open);
  }

  @Test
  void queuesUpToItsBoundAndRunsInOrder() {
    var work = new ArrayDeque<Runnable>();
    var one = new QueryEngine(reader, config(1_000, 100, 1 << 20, 1, 1), work::add, Clock.system(), metrics);
    var first = one.run(QueryRequest.instant("1", 0));
    var second = one.run(QueryRequest.instant("2", 0));
    assertEquals(ErrorCode.UNAVAILABLE, failure(one.run(QueryRequest.instant("3", 0))).code());
    assertEquals(List.of("1", "2"), one.active().stream().map(ActiveQuery::text).toList());
    assertTrue(metrics.print().contains("tidemark_query_queue_length 1\n"));
    work.remove().run();
    assertEquals("1.0", print(first.result().value()));
    work.remove().run();
    assertEquals("2.0", print(second.result().value()));
    assertEquals(List.of(), one.active());
  }

  @Test
  void leavesAProcessorToPushes() {
    int processors = Runtime.getRuntime().availableProcessors();
    for (int i = 0; i < 128 * (processors + 1); i++) {
      reader.add(LabelSet.of("__name__", "many", "i", "" + i), 0, 1);
    }
    for (boolean pushesComeIn : new boolean[] {false, true}) {
      var work = new ArrayDeque<Runnable>();
      var config = QueryConfig.DEFAULT.withPlaces(1, 1, processors, new QueryConfig.Share(1, 0));
      var beside = new QueryEngine(reader, config, work::add, () -> pushesComeIn, Clock.system(), new Metrics());
      var sum = beside.run(QueryRequest.instant("sum(abs(many))", 0));
      work.remove().run();
      assertEquals("{}=" + 128.0 * (processors + 1), print(sum.result().value()));
      // The query itself is one of its threads, the others were asked for while it ran.
      assertEquals((pushesComeIn ? Math.max(1, processors - 1) : processors) - 1, work.size());
    }
  }

  @Test
  void cancelsWaitingAndRunningQueries() {
    var work = new ArrayDeque<Runnable>();
    var one = new QueryEngine(reader, config(1_000, 100, 1 << 20, 1, 1), work::add, Clock.system(), metrics);
    var running = one.run(QueryRequest.instant("1", 0));
    var waiting = one.run(QueryRequest.instant("2", 0));
    one.active().get(1).cancel();
    assertFails(ErrorCode.CANCELED, "query was canceled in query queue", waiting);
    one.active().get(0).cancel();
    work.remove().run();
    assertFails(ErrorCode.CANCELED, "query was canceled in expression evaluation", running);
  }

  @Test
  void stopsAtItsDeadline() {
    var nanos = new long[1];
    var clock = new Clock() {
      @Override
      public long millis() {
        return 0;
      }

      @Override
      public long nanos() {
        return nanos[0] += 1_000_000;
      }
    };
    loadRequests();
    var slow = new QueryEngine(reader, QueryConfig.DEFAULT, Runnable::run, clock, metrics);
    assertFails(ErrorCode.TIMEOUT, "query timed out in expression evaluation",
        slow.run(new QueryRequest("requests_total", 20 * MINUTE, 20 * MINUTE, 0, 0, 3, true)));
  }

  @Test
  void waitsUntilStorageHasCaughtUp() {
    loadRequests();
    Promise<Void> promise = Promise.promise();
    reader.caughtUp = promise.future();
    var answer = engine.run(QueryRequest.instant("count(requests_total)", 20 * MINUTE));
    assertFalse(answer.isComplete());
    promise.complete();
    assertEquals("{}=6.0", print(answer.result().value()));
  }

  @Test
  void givesTheSameBitsOnAnyNumberOfThreads() throws Exception {
    for (int i = 0; i < 1_000; i++) {
      reader.add(LabelSet.of("__name__", "x", "i", "" + i), MINUTE, Math.sin(i) * 1e10, Math.cos(i), 1.0 / (i + 1));
    }
    var results = new ArrayList<String>();
    try (var pool = Executors.newFixedThreadPool(4)) {
      for (int threads : new int[] {1, 2, 4}) {
        var parallel = new QueryEngine(reader, QueryConfig.DEFAULT.withPlaces(4, 4, threads, QueryConfig.DEFAULT.principal()), pool,
            Clock.system(), metrics);
        for (int round = 0; round < 5; round++) {
          var answer = parallel.run(QueryRequest.range("sum(x) + avg(x) + stddev(x)", 0, 2 * MINUTE, MINUTE));
          results.add(print(answer.toCompletionStage().toCompletableFuture().get().value()));
        }
      }
    }
    assertEquals(1, results.stream().distinct().count(), results::toString);
  }
}
