package io.tidemark.server;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tidemark.collector.WriteRequests;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Answers that dashboards and Prometheus' own page expect; each was compared with Prometheus 3.5.
class PrometheusApiTest {
  private static EngineProcess engine;

  @BeforeAll
  static void start(@TempDir Path folder) throws IOException {
    engine = EngineProcess.start(folder);
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
    assertEquals("{\"meta_a\":[{\"type\":\"counter\",\"help\":\"\",\"unit\":\"\"}]}", metadata("limit=1"));
    assertEquals("{\"meta_b\":[{\"type\":\"gauge\",\"help\":\"\",\"unit\":\"\"}]}", metadata("metric=meta_b&limit_per_metric=0"));
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
        fed_b 3 %d
        """.formatted(now - 2000, now - 1000, now - 900, now - 400_000, now - 800);
    assertEquals(2, engine.post("/api/v1/import/prometheus", "text/plain", pushed.getBytes(StandardCharsets.UTF_8)).statusCode() / 100);
    String expected = """
        # TYPE fed_a untyped
        fed_a{instance="i",text="q\\"\\n"} 7 %d
        # TYPE fed_b untyped
        fed_b{instance=""} 3 %d
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
