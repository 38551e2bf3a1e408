package io.tidemark.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.server.EngineProcess;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The shapes and codes that clients of Prometheus' HTTP API rely on, asked of a real engine.
/// Source: https://prometheus.io/docs/prometheus/latest/querying/api/.
class PrometheusContractTest {
  private static final String RFC3339 = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z";

  @TempDir
  private static Path directory;
  private static EngineProcess engine;
  /// The samples' time, a whole second.
  private static long seconds;

  @BeforeAll
  static void start() throws IOException {
    Files.writeString(directory.resolve("rules.yml"), """
        groups:
          - name: contract
            interval: 1s
            rules:
              - alert: AlwaysFires
                expr: vector(2.5) > 1
                labels: {severity: page}
                annotations: {summary: 'is {{ $value }}'}
              - record: contract:two
                expr: vector(2)
        """);
    Path config = Files.writeString(directory.resolve("tidemark.yml"), """
        rule_files: [rules.yml]
        scrape_configs:
          - job_name: nobody
            static_configs: [{targets: ['127.0.0.1:1'], labels: {team: a}}]
        """);
    engine = EngineProcess.start(directory.resolve("data"), "--config", config.toString());
    seconds = System.currentTimeMillis() / 1000 - 60;
    long millis = seconds * 1000;
    push("# HELP requests_total All requests.\n# TYPE requests_total counter\n"
        + "requests_total{code=\"200\",path=\"/a\"} 7 " + millis + "\nrequests_total{code=\"500\",path=\"/a\"} 1e-7 " + millis + "\n"
        + "odd{v=\"nan\"} NaN " + millis + "\nodd{v=\"inf\"} +Inf " + millis + "\nodd{v=\"zero\"} -0 " + millis + "\n"
        + "{\"dotted.name\",\"dotted.label\"=\"x\"} 1 " + millis + "\n");
  }

  @AfterAll
  static void stop() {
    engine.close();
  }

  private static void push(String text) {
    var answer = engine.post("/api/v1/import/prometheus", "text/plain", text.getBytes(StandardCharsets.UTF_8));
    assertEquals(204, answer.statusCode(), answer.body());
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private static Object data(String path) {
    var answer = engine.get(path);
    assertEquals(200, answer.statusCode(), answer.body());
    assertEquals("application/json", answer.headers().firstValue("Content-Type").orElse(""));
    JsonObject json = new JsonObject(answer.body());
    assertEquals("success", json.getString("status"));
    return json.getValue("data");
  }

  private static JsonObject object(String path) {
    return (JsonObject) data(path);
  }

  private static JsonArray array(String path) {
    return (JsonArray) data(path);
  }

  private static JsonObject query(String text) {
    return object("/api/v1/query?query=" + encoded(text) + "&time=" + seconds);
  }

  @Test
  void instantQueriesGiveVectorsScalarsAndStrings() {
    assertEquals(new JsonObject("{\"resultType\":\"vector\",\"result\":[{\"metric\":{\"__name__\":\"requests_total\",\"code\":\"200\","
        + "\"path\":\"/a\"},\"value\":[" + seconds + ",\"7\"]}]}"), query("requests_total{code=\"200\"}"));
    assertEquals(new JsonObject("{\"resultType\":\"scalar\",\"result\":[" + seconds + ",\"5\"]}"), query("2 + 3"));
    assertEquals(new JsonObject("{\"resultType\":\"string\",\"result\":[" + seconds + ",\"a\\\"b\"]}"), query("'a\"b'"));
    assertEquals(new JsonObject("{\"resultType\":\"vector\",\"result\":[]}"), query("nothing_of_that_name"));
    assertEquals(new JsonObject("{\"resultType\":\"matrix\",\"result\":[{\"metric\":{\"__name__\":\"requests_total\",\"code\":\"200\","
        + "\"path\":\"/a\"},\"values\":[[" + seconds + ",\"7\"]]}]}"), query("requests_total{code=\"200\"}[1m]"));
  }

  @ParameterizedTest
  @CsvSource({"odd{v='nan'},NaN", "odd{v='inf'},+Inf", "-odd{v='inf'},-Inf", "odd{v='zero'},-0", "requests_total{code='500'},1e-07",
      "vector(1e21),1e+21", "vector(123456789012345680),123456789012345680", "vector(0.000001),0.000001", "vector(5e-324),5e-324",
      "vector(1.7976931348623157e308),1.7976931348623157e+308"})
  void valuesAreWrittenAsByGo(String query, String expected) {
    assertEquals(expected, query(query).getJsonArray("result").getJsonObject(0).getJsonArray("value").getString(1));
  }

  @Test
  void rangeQueriesGiveEveryStepAndTimesWithMillis() {
    JsonObject data = object("/api/v1/query_range?query=vector(1)&start=1.5&end=3.5&step=1");
    assertEquals(new JsonObject("{\"resultType\":\"matrix\",\"result\":[{\"metric\":{},"
        + "\"values\":[[1.5,\"1\"],[2.5,\"1\"],[3.5,\"1\"]]}]}"),
        data);
    assertEquals(2, object("/api/v1/query_range?query=1&start=1970-01-01T00:00:00Z&end=1970-01-01T01:00:00%2B00:00&step=1h")
        .getJsonArray("result").getJsonObject(0).getJsonArray("values").size());
  }

  @Test
  void formsAnswerAsQueryStringsDo() {
    String form = "query=" + encoded("requests_total{code=\"200\"}") + "&time=" + seconds;
    var posted = engine.post("/api/v1/query", "application/x-www-form-urlencoded", form.getBytes(StandardCharsets.UTF_8));
    assertEquals(engine.get("/api/v1/query?" + form).body(), posted.body());
    for (String path : new String[] {"series", "labels", "query_range", "format_query", "parse_query"}) {
      String body = "match[]=requests_total&query=up&start=0&end=1&step=1";
      assertEquals(engine.get("/api/v1/" + path + "?" + body.replace("[]", "%5B%5D")).body(),
          engine.post("/api/v1/" + path, "application/x-www-form-urlencoded", body.getBytes(StandardCharsets.UTF_8)).body(), path);
    }
  }

  @Test
  void statsAreGivenWhenAskedFor() {
    JsonObject stats = object("/api/v1/query?stats=all&query=requests_total&time=" + seconds).getJsonObject("stats");
    assertTrue(stats.getJsonObject("timings").containsKey("evalTotalTime"));
    assertEquals(2, stats.getJsonObject("samples").getInteger("totalQueryableSamples"));
  }

  @Test
  void limitCutsAndWarns() {
    var answer = new JsonObject(engine.get("/api/v1/query?limit=1&query=requests_total&time=" + seconds).body());
    assertEquals(1, answer.getJsonObject("data").getJsonArray("result").size());
    assertEquals(new JsonArray("[\"results truncated due to limit\"]"), answer.getJsonArray("warnings"));
    assertEquals(1, array("/api/v1/series?limit=1&match%5B%5D=requests_total").size());
    assertEquals(1, array("/api/v1/labels?limit=1").size());
    assertEquals(1, array("/api/v1/label/__name__/values?limit=1").size());
    assertEquals(2, array("/api/v1/series?limit=0&match%5B%5D=requests_total").size());
  }

  @Test
  void seriesLabelsAndValuesAreSortedAndFiltered() {
    assertEquals(new JsonArray("[{\"__name__\":\"requests_total\",\"code\":\"200\",\"path\":\"/a\"},"
        + "{\"__name__\":\"requests_total\",\"code\":\"500\",\"path\":\"/a\"}]"),
        array("/api/v1/series?match%5B%5D=requests_total&match%5B%5D=" + encoded("{code=\"500\"}")));
    assertEquals(new JsonArray("[\"__name__\",\"code\",\"path\"]"), array("/api/v1/labels?match%5B%5D=requests_total"));
    assertEquals(new JsonArray("[\"200\",\"500\"]"), array("/api/v1/label/code/values"));
    assertEquals(new JsonArray("[]"), array("/api/v1/label/code/values?match%5B%5D=odd"));
    assertEquals(new JsonArray("[\"x\"]"), array("/api/v1/label/U__dotted_2e_label/values"));
    assertEquals(new JsonArray("[\"x\"]"), array("/api/v1/label/dotted.label/values"));
    assertEquals(new JsonArray("[]"), array("/api/v1/series?match%5B%5D=requests_total&end=1"));
  }

  @Test
  void metadataIsByMetric() {
    assertEquals(new JsonObject("{\"requests_total\":[{\"type\":\"counter\",\"help\":\"All requests.\",\"unit\":\"\"}]}"),
        object("/api/v1/metadata?metric=requests_total"));
    assertEquals(new JsonObject(), object("/api/v1/metadata?metric=none"));
  }

  @Test
  void rulesAndAlertsHaveTheirFields() {
    awaitFiring();
    JsonObject group = object("/api/v1/rules").getJsonArray("groups").getJsonObject(0);
    assertEquals(Set.of("name", "file", "rules", "interval", "limit", "evaluationTime", "lastEvaluation"), group.fieldNames());
    assertEquals("contract", group.getString("name"));
    JsonObject alerting = group.getJsonArray("rules").getJsonObject(0);
    assertTrue(alerting.fieldNames().containsAll(Set.of("state", "name", "query", "duration", "keepFiringFor", "labels", "annotations",
        "alerts", "health", "evaluationTime", "lastEvaluation", "type")), alerting::encode);
    assertEquals("alerting", alerting.getString("type"));
    assertEquals("firing", alerting.getString("state"));
    assertEquals("ok", alerting.getString("health"));
    JsonObject recording = group.getJsonArray("rules").getJsonObject(1);
    assertEquals("recording", recording.getString("type"));
    JsonObject alert = object("/api/v1/alerts").getJsonArray("alerts").getJsonObject(0);
    assertEquals(Set.of("labels", "annotations", "state", "activeAt", "value"), alert.fieldNames());
    assertEquals(new JsonObject("{\"alertname\":\"AlwaysFires\",\"severity\":\"page\"}"), alert.getJsonObject("labels"));
    assertEquals("is 2.5", alert.getJsonObject("annotations").getString("summary"));
    assertEquals("2.5e+00", alert.getString("value"));
    assertTrue(alert.getString("activeAt").matches(RFC3339));
    assertEquals(1, object("/api/v1/rules?type=record").getJsonArray("groups").getJsonObject(0).getJsonArray("rules").size());
    assertEquals(new JsonArray(), object("/api/v1/rules?rule_name%5B%5D=none").getJsonArray("groups"));
  }

  /// An alert shows while its evaluation is still under way; the group is through when its last evaluation is told.
  private static void awaitFiring() {
    long deadline = System.nanoTime() + 30_000_000_000L;
    while (object("/api/v1/alerts").getJsonArray("alerts").isEmpty()
        || object("/api/v1/rules").getJsonArray("groups").getJsonObject(0).getString("lastEvaluation").startsWith("0001")) {
      assertTrue(System.nanoTime() < deadline, "no alert fires");
    }
  }

  @Test
  void targetsHaveTheirFields() {
    JsonObject targets = object("/api/v1/targets");
    assertEquals(new TreeSet<>(Set.of("activeTargets", "droppedTargets", "droppedTargetCounts")), new TreeSet<>(targets.fieldNames()));
    JsonObject target = targets.getJsonArray("activeTargets").getJsonObject(0);
    assertEquals(new TreeSet<>(Set.of("discoveredLabels", "labels", "scrapePool", "scrapeUrl", "globalUrl", "lastError", "lastScrape",
        "lastScrapeDuration", "health", "scrapeInterval", "scrapeTimeout")), new TreeSet<>(target.fieldNames()));
    assertEquals(new JsonObject("{\"instance\":\"127.0.0.1:1\",\"job\":\"nobody\",\"team\":\"a\"}"), target.getJsonObject("labels"));
    assertEquals("http://127.0.0.1:1/metrics", target.getString("scrapeUrl"));
    assertEquals(new JsonArray(), object("/api/v1/targets?state=dropped").getJsonArray("activeTargets"));
    assertEquals(new JsonArray("[\"nobody\"]"), object("/api/v1/scrape_pools").getJsonArray("scrapePools"));
  }

  @Test
  void statusPagesHaveTheirFields() {
    assertTrue(object("/api/v1/status/buildinfo").fieldNames()
        .containsAll(Set.of("version", "revision", "branch", "buildUser", "buildDate", "goVersion")));
    JsonObject runtime = object("/api/v1/status/runtimeinfo");
    assertTrue(runtime.fieldNames().containsAll(Set.of("startTime", "CWD", "reloadConfigSuccess", "lastConfigTime", "corruptionCount",
        "goroutineCount", "GOMAXPROCS", "storageRetention")));
    assertTrue(runtime.getString("startTime").matches(RFC3339));
    assertTrue(object("/api/v1/status/config").getString("yaml").contains("job_name: nobody"));
    assertTrue(object("/api/v1/status/flags").containsKey("listen"));
    JsonObject tsdb = object("/api/v1/status/tsdb");
    assertEquals(new TreeSet<>(Set.of("headStats", "seriesCountByMetricName", "labelValueCountByLabelName", "memoryInBytesByLabelName",
        "seriesCountByLabelValuePair")), new TreeSet<>(tsdb.fieldNames()));
    assertTrue(tsdb.getJsonObject("headStats").getLong("numSeries") > 5);
    assertEquals(10, object("/api/v1/status/tsdb?limit=10").getJsonArray("seriesCountByLabelValuePair").size());
    assertEquals(1, object("/api/v1/status/tsdb?limit=1").getJsonArray("memoryInBytesByLabelName").size());
  }

  /// Some pairs are in every shard.
  @Test
  void labelPairsAreCountedOnce() {
    var text = new StringBuilder();
    for (int i = 0; i < 100; i++) {
      text.append("pairs{shared=\"a\",own=\"").append(i).append("\"} 1\n");
    }
    push(text.toString());
    query("count(pairs)");
    JsonObject tsdb = object("/api/v1/status/tsdb?limit=10000");
    long values = tsdb.getJsonArray("labelValueCountByLabelName").stream().mapToLong(row -> ((JsonObject) row).getLong("value")).sum();
    assertTrue(values > 100);
    assertEquals(values, tsdb.getJsonObject("headStats").getLong("numLabelPairs"));
  }

  @Test
  void queriesAreFormattedAndParsed() {
    assertEquals("foo / bar", data("/api/v1/format_query?query=" + encoded("foo/bar")));
    JsonObject tree = object("/api/v1/parse_query?query=" + encoded("sum by (a) (rate(x{b=~\"c\"}[5m]))"));
    assertEquals("aggregation", tree.getString("type"));
    assertEquals("sum", tree.getString("op"));
    assertEquals(new JsonArray("[\"a\"]"), tree.getJsonArray("grouping"));
    JsonObject call = tree.getJsonObject("expr");
    assertEquals("rate", call.getJsonObject("func").getString("name"));
    JsonObject matrix = call.getJsonArray("args").getJsonObject(0);
    assertEquals("matrixSelector", matrix.getString("type"));
    assertEquals(300_000, matrix.getInteger("range"));
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "400|bad_data|invalid parameter \"query\": unknown position: parse error: no expression found in input|/query",
      "400|bad_data|invalid parameter \"query\": 1:4: parse error: unexpected end of input inside braces|/query?query=up%7B",
      "400|bad_data|invalid parameter \"time\": cannot parse \"x\" to a valid timestamp|/query?query=1&time=x",
      "400|bad_data|invalid parameter \"start\": cannot parse \"\" to a valid timestamp|/query_range?query=1&end=1&step=1",
      "400|bad_data|invalid parameter \"step\": cannot parse \"x\" to a valid duration|/query_range?query=1&start=1&end=1&step=x",
      "400|bad_data|invalid parameter \"timeout\": cannot parse \"x\" to a valid duration|/query?query=1&timeout=x",
      "400|bad_data|no match[] parameter provided|/series",
      "400|bad_data|invalid parameter \"match[]\": 1:2: parse error: unexpected end of input inside braces|/series?match%5B%5D=%7B",
      "400|bad_data|invalid parameter \"match[]\": match[] must contain at least one non-empty matcher|/series?match%5B%5D=%7B%7D",
      "400|bad_data|invalid parameter \"query\": 1:5: parse error: unexpected end of input|/format_query?query=up==",
      "400|bad_data|invalid parameter \"type\": not supported value \"x\"|/rules?type=x",
      "422|execution|invalid regular expression in label_replace(): (|/query?query=label_replace(vector(1),%22a%22,%22%22,%22b%22,%22(%22)",
      "404|not_found|no such path: /api/v1/nothing|/nothing"})
  void errorsAreWordedAndNumberedAsInPrometheus(int status, String type, String message, String path) {
    HttpResponse<String> answer = engine.get("/api/v1" + path);
    assertEquals(status, answer.statusCode(), answer.body());
    assertEquals(new JsonObject().put("status", "error").put("errorType", type).put("error", message), new JsonObject(answer.body()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/-/healthy", "/-/ready", "/metrics"})
  void healthAndMetricsArePlainText(String path) {
    var answer = engine.get(path);
    assertEquals(200, answer.statusCode());
    assertTrue(answer.headers().firstValue("Content-Type").orElse("").startsWith("text/plain"));
  }

  /// Both libraries are with every build, so that one machine can build what another one runs.
  @Test
  @EnabledOnOs(value = OS.LINUX, architectures = {"amd64", "aarch64"})
  void loopsWaitWithEpollOnLinux() {
    String metrics = engine.get("/metrics").body();
    assertTrue(metrics.lines().anyMatch(line -> line.startsWith("tidemark_build_info{") && line.contains("transport=\"epoll\"")), metrics);
  }

  @Test
  void everyAnswerCarriesACorrelationId() {
    assertTrue(engine.get("/api/v1/labels").headers().firstValue("X-Correlation-ID").orElse("").matches("[0-9a-f]{16}"));
    var given = engine.post("/api/v1/query", "application/x-www-form-urlencoded", "query=1".getBytes(StandardCharsets.UTF_8),
        "X-Correlation-ID", "abc-123");
    assertEquals("abc-123", given.headers().firstValue("X-Correlation-ID").orElse(""));
  }
}
