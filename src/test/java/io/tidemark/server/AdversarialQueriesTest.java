package io.tidemark.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.LabelSet;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Queries made to hurt, all at once, against an engine with a heap of 512 MB that ends at its first `OutOfMemoryError`.
class AdversarialQueriesTest {
  private static final int WIDE = 60_000;
  private static final int LONG = 12;
  private static final int LONG_SAMPLES = 50_000;
  private static final int AT_ONCE = 48;
  /// Sorts windows of 50,000 samples at 10,000 steps.
  private static final String SLOW = "quantile_over_time(0.5, long[14h])";
  private static final String TIMEOUT = System.getProperty("adversarial.timeout", "4s");
  /// Answered; bad data, too expensive, too late, no memory at the moment. None is a defect.
  private static final Set<Integer> ALLOWED = Set.of(200, 400, 422, 503);
  private static final long END = System.currentTimeMillis() / 1000 * 1000;

  private static String repeat(String text, int count, String between) {
    return IntStream.range(0, count).mapToObj(_ -> text).collect(Collectors.joining(between));
  }

  private static String nested(String before, int count, String inner, String after) {
    return before.repeat(count) + inner + after.repeat(count);
  }

  private static List<String> queries() {
    return List.of(
        // everything there is
        "{__name__=~\".+\"}", "sum by (id) ({__name__=~\".+\"})", "wide", "wide + wide", "sort_desc(wide)", "topk(50000, wide)",
        "count by (id, zone, host, path) (wide)", "count_values(\"v\", wide + time())", "quantile by (id) (0.9, wide)",
        "long", "long[14h]", "rate(long[14h])", "max_over_time(long[14h])", "quantile_over_time(0.5, long[14h])", "sum(rate(long[1m]))",
        // joins
        "wide * on (zone) group_left () wide", "wide and on (id) wide or on (id) wide unless on (host) wide",
        "wide / on (id) group_right (path) (wide * 2)", "long * on () group_left () long",
        // labels that grow
        nested("label_replace(", 60, "wide", ", \"id\", \"$1$1\", \"id\", \"(.*)\")"),
        "label_replace(wide, \"id\", \"" + "$1".repeat(40_000) + "\", \"path\", \"(.*)\")",
        "label_join(wide, \"x\", \"-\", " + repeat("\"path\"", 20_000, ", ") + ")",
        // subqueries
        "max_over_time(long[10y:1ms])", "max_over_time(long[12d:1s])", "sum_over_time(max_over_time(long[4h:1s])[4h:1s])",
        "max_over_time(sum by (id) (wide)[12d:1s])", "quantile_over_time(0.5, (" + nested("1 + (", 100, "time()", ")")
            + " * wide)[12d:1s])", "max_over_time(rate(wide[1h])[1d:1s])",
        // texts
        repeat("1", 60_000, "+"), repeat("wide", 20_000, " or "), nested("(", 10_000, "1", ")"), nested("-", 10_000, "wide", ""),
        nested("abs(", 290, "wide", ")"), nested("sum by (id) (", 290, "wide", ")"), "wide{" + repeat("id!=\"x\"", 20_000, ",") + "}",
        // patterns
        "wide{id=~\"(i+)+$\"}",
        "wide{id=~\"" + IntStream.range(0, 10_000).mapToObj(i -> "i" + i).collect(Collectors.joining("|")) + "\"}",
        "wide{id=~\"(.*.*.*.*.*.*.*.*)*x\"}", "wide{id=~\"" + nested("(", 5_000, "i", "){1,2}") + "\"}",
        "wide{id!~\".*1.*2.*3.*4.*\", host=~\".*\"}");
  }

  private static void load(EngineProcess engine) {
    for (int i = 0; i < WIDE;) {
      var body = new RemoteWriteBody();
      for (int n = 0; n < 5_000 && i < WIDE; n++, i++) {
        body.series(LabelSet.of(LabelSet.NAME, "wide", "id", "i" + i, "zone", "z" + i % 3, "host", "h" + i % 500, "path",
            "/a/path/of/some/length/" + i % 100), new long[] {END - 30_000, END - 15_000}, new double[] {i, i + 1});
      }
      assertEquals(204, push(engine, body));
    }
    for (int from = 0; from < LONG_SAMPLES; from += 10_000) {
      var body = new RemoteWriteBody();
      for (int i = 0; i < LONG; i++) {
        long first = END - (LONG_SAMPLES - from) * 1_000L;
        body.series(LabelSet.of(LabelSet.NAME, "long", "id", "l" + i),
            IntStream.range(0, 10_000).mapToLong(n -> first + n * 1_000L).toArray(),
            IntStream.range(0, 10_000).mapToDouble(n -> n % 977).toArray());
      }
      assertEquals(204, push(engine, body));
    }
  }

  private static int push(EngineProcess engine, RemoteWriteBody body) {
    return engine.post("/api/v1/write", "application/x-protobuf", body.snappy(), "Content-Encoding", "snappy").statusCode();
  }

  /// @param head the first bytes of the answer
  private record Answer(String query, int status, long bytes, String head) {
    String outcome() {
      return status == 200 ? "answered" : status + " " + head.replaceAll("\\d+", "N").replaceAll(".*\"error\":\"(.{0,60}).*", "$1");
    }
  }

  private static Answer ask(HttpClient client, String url, String query, boolean range) {
    String body = "timeout=" + TIMEOUT + "&query=" + URLEncoder.encode(query, StandardCharsets.UTF_8) + (range
        ? "&start=" + (END / 1000 - 50_000) + "&end=" + END / 1000 + "&step=5" : "&time=" + END / 1000);
    var request = HttpRequest.newBuilder(URI.create(url + (range ? "/api/v1/query_range" : "/api/v1/query")))
        .header("Content-Type", "application/x-www-form-urlencoded").POST(HttpRequest.BodyPublishers.ofString(body)).build();
    String shown = query.length() > 100 ? query.substring(0, 100) + "…" : query;
    try {
      var response = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
      try (var in = response.body()) {
        byte[] head = in.readNBytes(400);
        return new Answer(shown, response.statusCode(), head.length + in.transferTo(OutputStream.nullOutputStream()),
            new String(head, StandardCharsets.UTF_8));
      }
    } catch (IOException e) {
      return new Answer(shown, -1, 0, String.valueOf(e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static double metric(EngineProcess engine, String name) {
    return engine.get("/metrics").body().lines().filter(line -> line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1))).sum();
  }

  @Test
  void neverEndTheProcess(@TempDir Path dataDir) throws Exception {
    try (var engine = EngineProcess.start(dataDir); var client = HttpClient.newHttpClient();
        var threads = Executors.newFixedThreadPool(AT_ONCE)) {
      load(engine);
      var asked = new ArrayList<Future<Answer>>();
      for (String query : queries()) {
        asked.add(threads.submit(() -> ask(client, engine.url(), query, true)));
        asked.add(threads.submit(() -> ask(client, engine.url(), query, false)));
      }
      Map<String, Integer> outcomes = new TreeMap<>();
      var wrong = new ArrayList<Answer>();
      for (Future<Answer> one : asked) {
        Answer answer = one.get();
        outcomes.merge(answer.outcome(), 1, Integer::sum);
        if (!ALLOWED.contains(answer.status)) {
          wrong.add(answer);
        }
      }
      outcomes.forEach((outcome, count) -> System.out.println("AdversarialQueriesTest: " + count + " x " + outcome));
      assertEquals(List.of(), wrong);
      assertEquals(200, ask(client, engine.url(), "count(wide)", false).status);
      assertTrue(ask(client, engine.url(), "sum(wide)", false).head.contains("\"" + ((long) WIDE * (WIDE + 1) / 2) + "\""));
      stopsOnRequestAndWhenTheClientGoes(engine, client, threads);
      // The last answers are let go a moment after their clients have them.
      long giveUp = System.nanoTime() + 10_000_000_000L;
      while (metric(engine, "tidemark_query_memory_bytes") > 0 && System.nanoTime() < giveUp) {
        Thread.onSpinWait();
      }
      assertEquals(0, metric(engine, "tidemark_query_memory_bytes"));
      assertEquals(0, metric(engine, "tidemark_query_running"));
      assertTrue(metric(engine, "tidemark_query_memory_max_bytes") < 256 << 20);
    }
  }

  private static void stopsOnRequestAndWhenTheClientGoes(EngineProcess engine, HttpClient client, ExecutorService threads)
      throws Exception {
    Future<Answer> asked = threads.submit(() -> ask(client, engine.url(), SLOW, true));
    JsonObject listed = listed(engine, 1).getJsonObject(0);
    assertEquals(SLOW, listed.getString("query"));
    assertEquals("anonymous", listed.getString("principal"));
    assertTrue(listed.getJsonObject("estimate").getLong("samples") > LONG * 40_000L, listed.encode());
    var stop = HttpRequest.newBuilder(URI.create(engine.url() + "/v1/queries/" + listed.getLong("id"))).DELETE().build();
    assertEquals(200, client.send(stop, HttpResponse.BodyHandlers.ofString()).statusCode());
    assertEquals(503, asked.get().status);
    assertTrue(asked.get().head.contains("\"errorType\":\"canceled\""), asked.get().head);
    assertEquals(404, client.send(stop, HttpResponse.BodyHandlers.ofString()).statusCode());

    HttpClient going = HttpClient.newHttpClient();
    Future<Answer> lost = threads.submit(() -> ask(going, engine.url(), SLOW, true));
    listed(engine, 1);
    going.shutdownNow();
    assertEquals(-1, lost.get().status);
    listed(engine, 0);
  }

  /// The list of running queries once there are `count`.
  private static JsonArray listed(EngineProcess engine, int count) {
    long giveUp = System.nanoTime() + 10_000_000_000L;
    JsonArray queries;
    do {
      queries = new JsonObject(engine.get("/v1/queries").body()).getJsonObject("data").getJsonArray("queries");
    } while (queries.size() != count && System.nanoTime() < giveUp);
    assertEquals(count, queries.size(), queries.encode());
    return queries;
  }
}
