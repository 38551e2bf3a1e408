package io.tidemark.server;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tidemark.collector.WriteRequests;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.CsvSource;

/// Answers that dashboards and Prometheus' own page expect; each was compared with Prometheus 3.5.
class PrometheusApiTest {
  private static EngineProcess engine;

  @BeforeAll
  static void start(@TempDir Path folder) throws IOException {
    Path config = Files.writeString(folder.resolve("tidemark.yml"), """
        api: {cors_origin: 'http://x\\.(y|z)'}
        query: {features: [promql-experimental-functions]}
        """);
    engine = EngineProcess.start(folder.resolve("data"), "--config", config.toString());
  }

  @AfterAll
  static void stop() {
    engine.close();
  }

  @Test
  void answersHistogramsThatWereWrittenRemotely() {
    long now = System.currentTimeMillis() / 1000 * 1000;
    var series = WriteRequests.labels("__name__", "fed_histogram", "pod", "a");
    for (int i = 0; i < 3; i++) {
      // Buckets (0.5, 1] and (2, 4] grow by 1 and 2 a sample.
      byte[] histogram = new WriteRequests().number(1, 3 + 3 * i).fixed(3, 4.5 + i).zigzag(4, 0).fixed(5, 0.001).number(6, 0)
          .field(11, new WriteRequests().zigzag(1, 0).number(2, 1).bytes())
          .field(11, new WriteRequests().zigzag(1, 1).number(2, 1).bytes())
          .field(12, new WriteRequests().packedZigzag(1 + i, 1 + i).bytes()).number(15, now - 30_000 + 10_000 * i).bytes();
      series.field(4, histogram);
    }
    byte[] request = new WriteRequests().series(series).snappy();
    assertEquals(2, engine.post("/api/v1/write", "application/x-protobuf", request, "Content-Encoding", "snappy").statusCode() / 100);
    assertEquals("""
        [{"metric":{"__name__":"fed_histogram","pod":"a"},"histogram":[%d,{"count":"9","sum":"6.5",\
        "buckets":[[0,"0.5","1","3"],[0,"2","4","6"]]}]}]""".formatted(now / 1000), result("fed_histogram", now));
    assertEquals("""
        [{"metric":{"pod":"a"},"histogram":[%d,{"count":"6","sum":"2","buckets":[[0,"0.5","1","2"],[0,"2","4","4"]]}]}]\
        """.formatted(now / 1000), result("irate(fed_histogram[1m])*10+irate(fed_histogram[1m])*10", now));
    assertEquals("[{\"metric\":{\"pod\":\"a\"},\"value\":[" + now / 1000 + ",\"9\"]}]", result("histogram_count(fed_histogram)", now));
    assertEquals("", engine.get("/federate?match[]=fed_histogram").body(), "the text form has no histograms");
  }

  private static String result(String query, long atMillis) {
    String body = engine.get("/api/v1/query?time=" + atMillis / 1000 + "&query=" + URLEncoder.encode(query, StandardCharsets.UTF_8)).body();
    return new JsonObject(body).getJsonObject("data").getJsonArray("result").encode();
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
      query_exemplars?query=up&start=0&end=9 | 200 | []
      query_exemplars?query=up&start=9&end=0 | 400 | invalid parameter "end": end timestamp must not be before start timestamp
      query_exemplars?start=0&end=9          | 400 | invalid parameter "query": unknown position: parse error: no expression found in input
      alertmanagers                          | 200 | {"activeAlertmanagers":[],"droppedAlertmanagers":[]}
      status/walreplay                       | 200 | {"min":0,"max":0,"current":0}
      notifications                          | 200 | []
      labels?limit=x                         | 400 | invalid parameter "limit": strconv.Atoi: parsing "x": invalid syntax
      labels?limit=-1                        | 400 | invalid parameter "limit": limit must be non-negative
      metadata?limit=x                       | 400 | limit must be a number
      metadata?limit_per_metric=x            | 400 | limit_per_metric must be a number
      targets/metadata?match_target=%7B%7D   | 400 | invalid parameter "match_target": match[] must contain at least one non-empty matcher
      targets/metadata                       | 200 | []
      status/tsdb?limit=0                    | 400 | limit must be a positive number
      status/tsdb?limit=10001                | 400 | limit must not exceed 10000
      label/%FF/values                       | 400 | invalid parameter "name": invalid label name: "\ufffd"
      """)
  void answersAsPrometheusDoes(String path, int status, String dataOrError) {
    var answer = engine.get("/api/v1/" + path);
    var json = new JsonObject(answer.body());
    assertEquals(status + " " + dataOrError, answer.statusCode() + " " + (status == 200 ? json.getValue("data") : json.getString("error")));
  }

  @Test
  void tellsItsHealthToLoadBalancersThatAskByHead() throws Exception {
    var request = HttpRequest.newBuilder(URI.create(engine.url() + "/-/ready")).HEAD().build();
    try (var client = HttpClient.newHttpClient()) {
      assertEquals(200, client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode());
    }
  }

  @Test
  void tellsAsManyMetadataAsAskedFor() {
    String pushed = "# TYPE meta_a counter\nmeta_a 1\n# TYPE meta_b gauge\nmeta_b 1\n";
    assertEquals(2, engine.post("/api/v1/import/prometheus", "text/plain", pushed.getBytes(StandardCharsets.UTF_8)).statusCode() / 100);
    assertEquals("{}", metadata("limit=0"));
    assertEquals("{\"meta_a\":[{\"type\":\"counter\",\"unit\":\"\",\"help\":\"\"}]}", metadata("limit=1"));
    assertEquals("{\"meta_b\":[{\"type\":\"gauge\",\"unit\":\"\",\"help\":\"\"}]}", metadata("metric=meta_b&limit_per_metric=0"));
  }

  /// Asked of Prometheus 3.5 with the same queries; `anchored`, `smoothed` and `fillValues` are told by later versions only.
  @ParameterizedTest
  @CsvFileSource(resources = "/api/parse_query.txt", delimiter = '|', quoteCharacter = '`')
  void parsesEveryKindOfNodeAsPrometheusDoes(String query, String expected) {
    String selector = "{\"type\":\"vectorSelector\",\"name\":\"x\",\"matchers\":[M],\"offset\":0,\"timestamp\":null,"
        + "\"startOrEnd\":null,A}";
    String written = expected.replace("X", selector).replace("[M]", "[{\"type\":\"=\",\"name\":\"__name__\",\"value\":\"x\"}]")
        .replace("A}", "\"anchored\":false,\"smoothed\":false}").replace("A,", "\"anchored\":false,\"smoothed\":false,");
    String body = engine.get("/api/v1/parse_query?query=" + URLEncoder.encode(query, StandardCharsets.UTF_8)).body();
    assertEquals(new JsonObject(written), new JsonObject(body).getJsonObject("data"));
  }

  /// As `curl -i` shows them with Prometheus 3.5.
  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      OPTIONS | /api/v1/query     | 204 | http://x.y |
      OPTIONS | /api/v1/nothing   | 204 | http://x.y |
      GET     | /api/v1/query?query=1 | 200 | http://x.y |
      HEAD    | /api/v1/query     | 405 | http://x.y | GET, OPTIONS, POST
      DELETE  | /api/v1/labels    | 405 | http://x.y | GET, OPTIONS, POST
      POST    | /api/v1/metadata  | 405 | http://x.y | GET, OPTIONS
      POST    | /api/v1/label/a/values | 405 | http://x.y | GET, OPTIONS
      POST    | /federate         | 405 | | GET
      """)
  void answersMethodsAndOriginsAsPrometheusDoes(String method, String path, int status, String origin, String allow) throws Exception {
    var request = HttpRequest.newBuilder(URI.create(engine.url() + path)).method(method, HttpRequest.BodyPublishers.noBody())
        .header("Origin", "http://x.y").build();
    try (var client = HttpClient.newHttpClient()) {
      var answer = client.send(request, HttpResponse.BodyHandlers.ofString());
      assertEquals(status, answer.statusCode());
      assertEquals(origin, answer.headers().firstValue("Access-Control-Allow-Origin").orElse(null));
      assertEquals(allow, answer.headers().firstValue("Allow").orElse(null));
    }
  }

  @Test
  void tellsExemplarsOfEverySelectorOfAQuery() {
    String pushed = """
        # TYPE zex_total counter
        zex_total{job="a"} 7 %1$d.000 # {trace_id="t1"} 0.5 %1$d.250
        zex_total{job="b"} 8 %1$d.000 # {trace_id="t2"} 2
        # EOF
        """.formatted(System.currentTimeMillis() / 1000 - 5);
    var stored = engine.post("/api/v1/import/prometheus", "application/openmetrics-text; version=1.0.0",
        pushed.getBytes(StandardCharsets.UTF_8));
    assertEquals(204, stored.statusCode(), stored.body());
    JsonArray found = exemplars("sum(rate(zex_total{job=\"a\"}[5m])) / zex_total");
    assertEquals("a,b", found.stream().map(s -> ((JsonObject) s).getJsonObject("seriesLabels").getString("job"))
        .collect(Collectors.joining(",")));
    JsonObject first = found.getJsonObject(0).getJsonArray("exemplars").getJsonObject(0);
    assertEquals(new JsonObject().put("trace_id", "t1"), first.getJsonObject("labels"));
    assertEquals("0.5", first.getString("value"));
    assertEquals(0.25, first.getDouble("timestamp") % 1);
    assertEquals(new JsonArray(), exemplars("1 + vector(2)"));
  }

  private static JsonArray exemplars(String query) {
    String body = engine.get("/api/v1/query_exemplars?query=" + URLEncoder.encode(query, StandardCharsets.UTF_8)).body();
    return new JsonObject(body).getJsonArray("data");
  }

  @Test
  void namesNoOriginThatIsNotAllowed() throws Exception {
    var request = HttpRequest.newBuilder(URI.create(engine.url() + "/api/v1/labels")).header("Origin", "http://x.yz").build();
    try (var client = HttpClient.newHttpClient()) {
      var headers = client.send(request, HttpResponse.BodyHandlers.ofString()).headers();
      assertEquals("Accept-Encoding, Origin", headers.firstValue("Vary").orElse(""));
      assertEquals(List.of(), headers.allValues("Access-Control-Allow-Origin"));
    }
  }

  @Test
  void tellsItsFeatures() {
    for (String path : new String[] {"/api/v1/features", "/api/v1/status/features"}) {
      JsonObject data = new JsonObject(engine.get(path).body()).getJsonObject("data");
      assertEquals(true, data.getJsonObject("promql_functions").getBoolean("rate"));
      assertEquals(true, data.getJsonObject("promql_functions").getBoolean("sort_by_label"));
      assertEquals(true, data.getJsonObject("promql_operators").getBoolean("limitk"));
      assertEquals(false, data.getJsonObject("promql").getBoolean("anchored"));
      assertEquals(true, data.getJsonObject("api").getBoolean("admin"));
    }
  }

  private static String metadata(String parameters) {
    return new JsonObject(engine.get("/api/v1/metadata?" + parameters).body()).getJsonObject("data").encode();
  }

  @Test
  void federatesTheNewestSampleOfEverySeries() {
    long now = System.currentTimeMillis();
    String pushed = """
        fed_b{job="z"} 1 %d
        fed_b{job="z"} 2.5 %d
        fed_a{instance="i",text="q\\"\\n"} 7 %d
        fed_gone 1 %d
        fed_b 0.00001234 %d
        """.formatted(now - 2000, now - 1000, now - 900, now - 400_000, now - 800);
    assertEquals(2, engine.post("/api/v1/import/prometheus", "text/plain", pushed.getBytes(StandardCharsets.UTF_8)).statusCode() / 100);
    String expected = """
        # TYPE fed_a untyped
        fed_a{instance="i",text="q\\"\\n"} 7 %d
        # TYPE fed_b untyped
        fed_b{instance=""} 1.234e-05 %d
        fed_b{instance="",job="z"} 2.5 %d
        """.formatted(now - 900, now - 800, now - 1000);
    assertEquals(expected, engine.get("/federate?match[]=fed_b&match[]=%7B__name__=~%22fed_.*%22%7D").body());
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
      foo{x="y"}                 | x __name__
      {x="y", __name__="foo"}    | x __name__
      foo                        | __name__
      """)
  void tellsTheNameOfASelectorLast(String query, String names) {
    String body = engine.get("/api/v1/parse_query?query=" + URLEncoder.encode(query, StandardCharsets.UTF_8)).body();
    String found = new JsonObject(body).getJsonObject("data").getJsonArray("matchers").stream()
        .map(m -> ((JsonObject) m).getString("name")).collect(Collectors.joining(" "));
    assertEquals(names, found);
  }
}
