package io.tidemark.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Deletes over HTTP against a running engine.
class EraseApiTest {
  private static final String DELETE = "/api/v1/admin/tsdb/delete_series";
  private static final String FORM = "application/x-www-form-urlencoded";

  private static Path data;
  private static EngineProcess engine;

  @BeforeAll
  static void start(@TempDir Path folder) throws IOException {
    data = folder.resolve("data");
    engine = EngineProcess.start(data);
  }

  @AfterAll
  static void stop() {
    engine.close();
  }

  /// Ten samples of each of two users, one every 10 s up to now.
  private static long push(String metric) {
    return push(metric, System.currentTimeMillis() / 10_000 * 10_000);
  }

  private static long push(String metric, long now) {
    var lines = new StringBuilder();
    for (int i = 9; i >= 0; i--) {
      for (String user : new String[] {"anna", "bert"}) {
        lines.append(metric).append("{user=\"").append(user).append("\"} ").append(i).append(' ').append(now - i * 10_000).append('\n');
      }
    }
    assertEquals(2, engine.post("/api/v1/import/prometheus", "text/plain", lines.toString().getBytes(StandardCharsets.UTF_8)).statusCode()
        / 100);
    return now;
  }

  private static HttpResponse<String> delete(String form) {
    return engine.post(DELETE, FORM, form.getBytes(StandardCharsets.UTF_8));
  }

  private static String selector(String text) {
    return "match[]=" + URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private static String counts(String metric, long now) {
    return new JsonObject(engine.get("/api/v1/query?time=" + now / 1000 + "&query=" + URLEncoder.encode("count_over_time(" + metric
        + "[5m])", StandardCharsets.UTF_8)).body()).getJsonObject("data").getJsonArray("result").stream()
        .map(row -> (JsonObject) row)
        .map(row -> row.getJsonObject("metric").getString("user") + " " + row.getJsonArray("value").getString(1))
        .sorted().toList().toString();
  }

  @Test
  void aSeriesIsGoneFromEveryAnswer() {
    long now = push("gone");
    String range = "/api/v1/query_range?query=gone&start=" + (now - 60_000) / 1000 + "&end=" + now / 1000 + "&step=10";
    assertTrue(engine.get(range).body().contains("anna"));
    assertTrue(engine.get(range).body().contains("anna"), "kept by the result cache");
    var answer = delete(selector("gone{user=\"anna\"}"));
    assertEquals(204, answer.statusCode());
    assertEquals("", answer.body());
    for (String path : new String[] {range, "/api/v1/series?match[]=gone", "/federate?match[]=gone",
        "/api/v1/label/user/values?match[]=gone"}) {
      String body = engine.get(path.replace("[]", "%5B%5D")).body();
      assertTrue(!body.contains("anna") && body.contains("bert"), path + ": " + body);
    }
    assertEquals("[bert 10]", counts("gone", now));
  }

  @Test
  void timesAreReadAsPrometheusReadsThemAndBothEndsAreIn() {
    long now = push("ranged");
    assertEquals(204, delete(selector("ranged{user=\"anna\"}") + "&start=" + (now - 50_000) / 1000 + "&end=" + (now - 30_000) / 1000)
        .statusCode());
    assertEquals("[anna 7, bert 10]", counts("ranged", now));
    assertEquals(204, delete(selector("ranged{user=\"bert\"}") + "&start=" + now / 1000.0 + "&end=" + now / 1000.0).statusCode());
    assertEquals("[anna 7, bert 9]", counts("ranged", now));
  }

  @Test
  void severalSelectorsAreOneDelete() {
    long now = push("several_a");
    push("several_b", now);
    assertEquals(204, delete(selector("several_a{user=\"anna\"}") + "&" + selector("{__name__=\"several_b\",user!=\"anna\"}"))
        .statusCode());
    assertEquals("[bert 10]", counts("several_a", now));
    assertEquals("[anna 10]", counts("several_b", now));
  }

  @Test
  void nothingComesBackAndWhatIsWrittenAgainIsThere() throws IOException {
    long now = push("again");
    assertEquals(204, delete(selector("again")).statusCode());
    engine.kill();
    engine.close();
    engine = EngineProcess.start(data);
    assertEquals("[]", counts("again", now));
    assertEquals(204, engine.post("/api/v1/admin/tsdb/clean_tombstones", FORM, new byte[0]).statusCode());
    assertEquals("[]", counts("again", now));
    long later = push("again");
    assertEquals("[anna 10, bert 10]", counts("again", later));
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      start=1                                | no match[] parameter provided
      match[]=%7B%7D                         | invalid parameter "match[]": match[] must contain at least one non-empty matcher
      match[]=%7Ba%3D~".*"%7D                | invalid parameter "match[]": match[] must contain at least one non-empty matcher
      match[]=up&start=x                     | invalid parameter "start": cannot parse "x" to a valid timestamp
      match[]=up&start=2&end=1               | invalid parameter "end": end timestamp must not be before start time
      """)
  void refusesWhatNamesNothing(String form, String message) {
    var answer = delete(form);
    assertEquals(400, answer.statusCode());
    assertEquals(message, new JsonObject(answer.body()).getString("error"));
  }

  @Test
  void linksAndPagesOfOtherSitesEraseNothing() {
    long now = push("kept");
    var link = engine.get(DELETE + "?" + selector("kept").replace("[]", "%5B%5D"));
    assertEquals(405, link.statusCode());
    assertEquals("POST, PUT", link.headers().firstValue("Allow").orElse("").replace(", OPTIONS", "").replace("OPTIONS, ", ""));
    assertEquals(403, engine.post(DELETE, FORM, selector("kept").getBytes(StandardCharsets.UTF_8), "Sec-Fetch-Site", "cross-site")
        .statusCode());
    assertEquals("[anna 10, bert 10]", counts("kept", now));
  }

  @Test
  void selectorsThatFitNoRecordAreRefused() {
    var answer = delete(selector("up{a=\"" + "x".repeat(20_000) + "\"}"));
    assertEquals(413, answer.statusCode());
    assertTrue(answer.body().contains("delete in several requests"), answer.body());
  }

  @Test
  void namesWhatThereIsForAnUnknownAction() {
    var answer = engine.post("/api/v1/admin/tsdb/snapshot", FORM, new byte[0]);
    assertEquals(404, answer.statusCode());
    assertEquals("this server has no snapshot; there are delete_series and clean_tombstones",
        new JsonObject(answer.body()).getString("error"));
  }
}
