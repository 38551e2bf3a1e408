package io.tidemark.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What Grafana's Prometheus data source asks: saving it, its query builder, panels, variables, annotations, exemplars, alert lists.
class GrafanaRequestsTest {
  private static EngineProcess engine;
  private static long now;

  @BeforeAll
  static void start(@TempDir Path folder) throws IOException {
    Files.writeString(folder.resolve("rules.yml"), """
        groups:
          - name: g
            rules:
              - {record: 'a:b', expr: vector(1), labels: {team: x}}
              - {record: 'a:c', expr: vector(1), labels: {team: y}}
        """);
    Path config = Files.writeString(folder.resolve("tidemark.yml"), "rule_files: [rules.yml]\n");
    engine = EngineProcess.start(folder.resolve("data"), "--config", config.toString());
    now = System.currentTimeMillis() / 1000;
    String pushed = "# TYPE gr_total counter\ngr_total{job=\"a\"} 1 %1$d\ngr_total{job=\"b\"} 2 %1$d\n".formatted(now * 1000);
    byte[] body = pushed.getBytes(StandardCharsets.UTF_8);
    assertEquals(204, engine.post("/api/v1/import/prometheus", "text/plain", body).statusCode());
  }

  @AfterAll
  static void stop() {
    engine.close();
  }

  /// The data of an answer, or of its list how many there are.
  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
      POST | query           | query=1%2B1&time=NOW                                            | {"resultType":"scalar","result":[NOW,"2"]}
      POST | query_range     | query=gr_total&start=NOW.000&end=NOW.5&step=15                    | matrix of 2
      POST | query           | query=gr_total&time=NOW.123                                       | vector of 2
      GET  | query_exemplars | query=gr_total&start=NOW&end=NOW                                  | 0
      GET  | labels          | start=NOW&end=NOW&match[]={job="a"}                                | ["__name__","job"]
      POST | labels          | start=NOW&end=NOW&match[]=gr_total&limit=40000                    | ["__name__","job"]
      GET  | label/job/values      | start=NOW&end=NOW&match[]=gr_total&limit=40000              | ["a","b"]
      GET  | label/__name__/values | start=NOW&end=NOW&match[]={__name__=~".*gr_.*"}&limit=40000 | ["gr_total"]
      POST | series          | match[]=gr_total&start=NOW&end=NOW&limit=40000                    | 2
      GET  | metadata        | limit=20000                                                       | METADATA
      GET  | rules           | type=alert                                                        | {"groups":[]}
      GET  | rules           | match[]={team="x"}                                                | team x
      GET  | rules           | limit_alerts=16                                                   | team x y
      GET  | alerts          |                                                                   | {"alerts":[]}
      """)
  void areAnswered(String method, String path, String parameters, String expected) {
    String asked = (parameters == null ? "" : parameters).replace("NOW", String.valueOf(now));
    String encoded = asked.replace("[", "%5B").replace("]", "%5D").replace("{", "%7B").replace("}", "%7D").replace("\"", "%22");
    var answer = method.equals("GET") ? engine.get("/api/v1/" + path + "?" + encoded)
        : engine.post("/api/v1/" + path, "application/x-www-form-urlencoded", encoded.getBytes(StandardCharsets.UTF_8));
    assertEquals(200, answer.statusCode(), answer.body());
    Object data = new JsonObject(answer.body()).getValue("data");
    String wanted = expected.replace("NOW", String.valueOf(now))
        .replace("METADATA", "{\"gr_total\":[{\"type\":\"counter\",\"unit\":\"\",\"help\":\"\"}]}");
    assertEquals(wanted, seen(data, wanted));
  }

  private static String seen(Object data, String wanted) {
    if (wanted.contains(" of ")) {
      return ((JsonObject) data).getString("resultType") + " of " + ((JsonObject) data).getJsonArray("result").size();
    }
    if (wanted.startsWith("team")) {
      var teams = new StringBuilder("team");
      ((JsonObject) data).getJsonArray("groups").forEach(group -> ((JsonObject) group).getJsonArray("rules")
          .forEach(rule -> teams.append(' ').append(((JsonObject) rule).getJsonObject("labels").getString("team"))));
      return teams.toString();
    }
    return data instanceof JsonArray list && wanted.matches("[0-9]+") ? String.valueOf(list.size()) : String.valueOf(data);
  }

  /// The data source takes it for Prometheus, not for Mimir, whose answer has `features`.
  @Test
  void tellsWhatItIs() {
    JsonObject data = new JsonObject(engine.get("/api/v1/status/buildinfo").body()).getJsonObject("data");
    assertTrue(data.containsKey("version") && !data.containsKey("features"), data::encode);
  }
}
