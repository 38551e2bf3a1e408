package io.tidemark.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.LabelSet;
import io.vertx.core.json.JsonObject;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A burst of new series from one service, against a whole engine; the one of ten million is `benchmarks/versus/burst`.
class CardinalityBurstTest {
  private static final int BURSTS = 40;
  private static final int SERIES_OF_BURST = 5_000;
  private static final int BUDGET = 20_000;

  private static byte[] burst(Random random, long millis) {
    var body = new RemoteWriteBody();
    for (int i = 0; i < SERIES_OF_BURST; i++) {
      body.series(LabelSet.of("__name__", "hits" + random.nextInt(10), "code", "200", "request_id", Long.toHexString(random.nextLong()),
          "service", "careless"), new long[] {millis}, new double[] {1});
    }
    return body.snappy();
  }

  private static byte[] neighbour(int service, int from, long millis) {
    var body = new RemoteWriteBody();
    for (int i = from; i < from + 50; i++) {
      body.series(LabelSet.of("__name__", "hits" + i % 10, "instance", "i" + i, "service", "neighbour" + service),
          new long[] {millis}, new double[] {i});
    }
    return body.snappy();
  }

  private static int push(EngineProcess engine, byte[] body) {
    return engine.post("/api/v1/write", "application/x-protobuf", body, "Content-Encoding", "snappy").statusCode();
  }

  private static long count(EngineProcess engine, String query, long millis) {
    var answer = new JsonObject(engine.get("/api/v1/query?time=" + millis / 1000 + "&query="
        + URLEncoder.encode(query, StandardCharsets.UTF_8)).body());
    return Long.parseLong(answer.getJsonObject("data").getJsonArray("result").getJsonObject(0).getJsonArray("value").getString(1));
  }

  private static JsonObject ledger(EngineProcess engine) {
    return new JsonObject(engine.get("/api/v1/status/cardinality?limit=5").body()).getJsonObject("data");
  }

  @Test
  void oneServicesBurstLeavesOthersUnharmed(@TempDir Path folder) throws Exception {
    try (var engine = EngineProcess.start(folder, "--set", "cardinality.service_series=" + BUDGET, "--set",
        "limits.samples_per_second=unlimited")) {
      var random = new Random(12);
      long millis = System.currentTimeMillis() / 1000 * 1000;
      byte[] first = burst(random, millis);
      assertEquals(204, push(engine, first));
      for (int i = 1; i < BURSTS; i++) {
        assertEquals(i * SERIES_OF_BURST < BUDGET ? 204 : 400, push(engine, burst(random, millis)), "burst " + i);
        // New series of others, and after them the same again.
        assertEquals(204, push(engine, neighbour(i % 4, i / 4 * 50, millis)));
        assertEquals(204, push(engine, neighbour(i % 4, i / 4 * 50, millis)));
      }
      // What it had before goes on.
      assertEquals(204, push(engine, first));
      // A series is taken for one that is known with a chance of one in some millions: for one of these runs in a hundred.
      long careless = count(engine, "count({service=\"careless\"})", millis);
      assertTrue(careless >= BUDGET && careless <= BUDGET + 3, careless + " series");
      assertEquals((BURSTS - 1) * 50, count(engine, "count({service=~\"neighbour.*\"})", millis));

      JsonObject data = ledger(engine);
      assertEquals(new JsonObject().put("service", "careless").put("active", BUDGET).put("budget", BUDGET).put("state", "over")
          .put("newInPeriod", BUDGET).put("newInHour", BUDGET).put("newInDay", BUDGET), data.getJsonArray("services").getJsonObject(0));
      assertEquals("request_id", data.getJsonArray("labels").getJsonObject(0).getString("label"));
      JsonObject offender = data.getJsonArray("quarantined").getJsonObject(0);
      long refused = (long) BURSTS * SERIES_OF_BURST - BUDGET;
      assertEquals(refused, offender.getLong("refusedSamples"));
      assertEquals(refused, offender.getLong("refusedSeries"), refused * 0.02);
      assertTrue(offender.getString("example").contains("request_id"), offender.encode());

      assertEquals(405, engine.get("/api/v1/status/cardinality/release?service=careless").statusCode());
      assertEquals(404, engine.post("/api/v1/status/cardinality/release?service=nobody", "text/plain", new byte[0]).statusCode());
      assertEquals(403, engine.post("/api/v1/status/cardinality/release?service=careless", "text/plain", new byte[0],
          "Sec-Fetch-Site", "cross-site").statusCode());
      assertEquals(200, engine.post("/api/v1/status/cardinality/release?service=careless", "text/plain", new byte[0]).statusCode());
      assertEquals(0, ledger(engine).getJsonArray("quarantined").size());
      assertEquals("careless", ledger(engine).getJsonArray("ended").getJsonObject(0).getString("service"));
      assertEquals(204, push(engine, burst(random, millis)));
    }
  }
}
