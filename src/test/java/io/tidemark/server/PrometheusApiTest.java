package io.tidemark.server;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
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

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      /api/v1/query_exemplars?query=up&start=0&end=9 | 200 | {"status":"success","data":[]}
      /api/v1/query_exemplars?query=up&start=9&end=0 | 400 | \
      {"status":"error","errorType":"bad_data","error":"invalid parameter \\"end\\": end timestamp must not be before start timestamp"}
      /api/v1/query_exemplars?start=0&end=9          | 400 | \
      {"status":"error","errorType":"bad_data",\
      "error":"invalid parameter \\"query\\": unknown position: parse error: no expression found in input"}
      /api/v1/alertmanagers                          | 200 | \
      {"status":"success","data":{"activeAlertmanagers":[],"droppedAlertmanagers":[]}}
      /api/v1/label/%FF/values                       | 400 | \
      {"status":"error","errorType":"bad_data","error":"invalid parameter \\"name\\": invalid label name: \\"\ufffd\\""}
      """)
  void answersAsPrometheusDoes(String path, int status, String body) {
    var answer = engine.get(path);
    assertEquals(status + " " + body, answer.statusCode() + " " + answer.body());
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
