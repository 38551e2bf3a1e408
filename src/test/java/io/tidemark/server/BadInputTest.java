package io.tidemark.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Sends one engine of half a gigabyte what nobody should send, over HTTP, as an attacker or a broken client would. Numbers are those of
/// docs/bad-input.md. After each test the engine must still be there and answer.
class BadInputTest {
  private static final String CANARY = "canary-that-nobody-may-see";
  private static final int SERIES = 2_000;
  /// Bad input is refused at once; the bound leaves room for a busy machine.
  private static final Duration QUICK = Duration.ofSeconds(20);
  private static final String GOOD_RULES = """
      groups:
        - name: steady
          interval: 1s
          rules:
            - alert: SteadyRule
              expr: bad_input > 1e9
              annotations: {runbook: 'javascript:alert(1)', summary: '<img src=x onerror=alert(1)>'}
      """;

  @TempDir
  private static Path directory;
  private static EngineProcess engine;
  private static HttpClient client;
  private static Path rules;

  @BeforeAll
  static void start() throws IOException {
    rules = Files.writeString(directory.resolve("rules.yml"), GOOD_RULES);
    Path config = Files.writeString(directory.resolve("tidemark.yml"), """
        rule_files: [rules.yml]
        scrape_configs:
          - job_name: a
            scrape_interval: 1s
            scrape_timeout: 1s
            basic_auth: {username: u, password: CANARY}
            static_configs: [{targets: ['127.0.0.1:1']}]
          - job_name: b
            authorization: {credentials: CANARY}
            static_configs: [{targets: ['127.0.0.1:1']}]
        route: {receiver: r}
        receivers:
          - name: r
            webhook_configs: [{url: 'http://127.0.0.1:1/CANARY'}]
            slack_configs: [{api_url: 'http://127.0.0.1:1/CANARY', channel: '#c'}]
            pagerduty_configs: [{routing_key: CANARY}]
        """.replace("CANARY", CANARY));
    engine = EngineProcess.start(directory.resolve("data"), "--config", config.toString());
    client = HttpClient.newHttpClient();
    String samples = IntStream.range(0, SERIES).mapToObj(i -> "bad_input{group=\"g" + i % 3 + "\",series=\"s" + i + "\"} " + i)
        .collect(Collectors.joining("\n", "", "\n"));
    assertEquals(204, engine.post("/api/v1/import/prometheus", "text/plain", bytes(samples)).statusCode());
  }

  @AfterAll
  static void stop() {
    client.close();
    engine.close();
  }

  @AfterEach
  void theEngineStillAnswers() {
    assertEquals("[\"" + SERIES + "\"]", values("count(bad_input)"));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String form(String... pairs) {
    var out = new ArrayList<String>();
    for (int i = 0; i < pairs.length; i += 2) {
      out.add(pairs[i] + "=" + URLEncoder.encode(pairs[i + 1], StandardCharsets.UTF_8));
    }
    return String.join("&", out);
  }

  private static HttpResponse<String> query(String text) {
    return engine.post("/api/v1/query", "application/x-www-form-urlencoded", bytes(form("query", text)));
  }

  /// The values of an instant query, without labels.
  private static String values(String text) {
    JsonObject answer = new JsonObject(query(text).body());
    return answer.getJsonObject("data").getJsonArray("result").stream()
        .map(item -> "\"" + ((JsonObject) item).getJsonArray("value").getString(1) + "\"").collect(Collectors.joining(",", "[", "]"));
  }

  private static double metric(String name) {
    return engine.get("/metrics").body().lines().filter(line -> line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1))).findFirst().orElse(0);
  }

  private static void assertError(int status, String type, String message, HttpResponse<String> answer) {
    assertEquals(status, answer.statusCode(), answer.body());
    JsonObject json = new JsonObject(answer.body());
    assertEquals("error", json.getString("status"));
    assertEquals(type, json.getString("errorType"));
    assertTrue(json.getString("error").contains(message), answer.body());
  }

  private static HttpResponse<String> send(String method, String path, String body, String... headers) throws Exception {
    var request = HttpRequest.newBuilder(URI.create(engine.url() + path)).method(method, HttpRequest.BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  /// The first line and the rest of the answer to a request that no HTTP client would send.
  private static String raw(byte[] request) throws IOException {
    URI uri = URI.create(engine.url());
    try (var socket = new Socket(uri.getHost(), uri.getPort())) {
      socket.setSoTimeout((int) QUICK.toMillis());
      socket.getOutputStream().write(request);
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }
  }

  private static String rawGet(String path) throws IOException {
    return raw(("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1));
  }

  /// C 7.
  @Test
  void invalidUtf8IsABadRequest() throws IOException {
    for (String text : List.of("%ff", "%c3%28", "up%7Ba%3D%22%80%22%7D", "%ed%a0%80", "%f8%88%80%80%80", "up%00")) {
      assertTrue(rawGet("/api/v1/query?query=" + text).startsWith("HTTP/1.1 "), text);
      var answer = engine.post("/api/v1/query", "application/x-www-form-urlencoded", bytes("query=" + text));
      assertTrue(answer.statusCode() == 400 || answer.statusCode() == 200, text + ": " + answer.body());
    }
    var push = new ByteArrayOutputStream();
    push.writeBytes(bytes("bad_utf8{a=\""));
    push.write(0xff);
    push.writeBytes(bytes("\"} 1\n"));
    assertEquals(400, engine.post("/api/v1/import/prometheus", "text/plain", push.toByteArray()).statusCode());
    push.reset();
    push.writeBytes(bytes("{\"name\":\"bad_utf8\",\"value\":1,\"labels\":{\"a\":\""));
    push.write(0xff);
    push.writeBytes(bytes("\"}}"));
    var json = engine.post("/v1/metrics", "application/json", push.toByteArray());
    assertEquals(400, json.statusCode());
    assertTrue(json.body().contains("\"rule\":\"not_utf8\""), json.body());
    assertEquals("[]", values("bad_utf8"));
  }

  /// C 22.
  @ParameterizedTest
  @ValueSource(strings = {"((((a{1,100}){1,100}){1,100}){1,100})", "(a{1000}){1000}", "((((((((a{9}){9}){9}){9}){9}){9}){9}){9})"})
  void regularExpressionsThatGrowAreRefused(String pattern) {
    long start = System.nanoTime();
    assertError(400, "bad_data", "error parsing regexp", query("bad_input{series=~\"" + pattern + "\"}"));
    assertError(422, "execution", "invalid regular expression in label_replace()",
        query("label_replace(bad_input, \"a\", \"\", \"series\", \"" + pattern + "\")"));
    assertTrue(System.nanoTime() - start < QUICK.toNanos());
  }

  /// C 22: linear time whatever the pattern.
  @Test
  void backtrackingTrapsAreHarmless() {
    long start = System.nanoTime();
    assertEquals("[]", values("bad_input{series=~\"(s+)+$x\"}"));
    assertError(400, "bad_data", "at most", query("bad_input{series=~\"" + "a|".repeat(100_000) + "b\"}"));
    assertTrue(System.nanoTime() - start < QUICK.toNanos());
  }

  /// C 23.
  @Test
  void deepNestingIsRefusedWithItsPlace() {
    long start = System.nanoTime();
    for (String deep : List.of("(".repeat(10_000) + "1" + ")".repeat(10_000), "(".repeat(10_000), "-".repeat(10_000) + "1",
        "sum(".repeat(10_000) + "up" + ")".repeat(10_000), "1+".repeat(10_000) + "1", "1^".repeat(10_000) + "1",
        "{a=\"".repeat(10_000), "up" + "[1m:1s]".repeat(10_000), "up" + " offset 1s".repeat(10_000))) {
      assertError(400, "bad_data", "parse error", query(deep));
    }
    assertTrue(System.nanoTime() - start < QUICK.toNanos());
  }

  /// C 23.
  @Test
  void hugeTextsAreRefused() {
    assertError(400, "bad_data", "query.text_chars_max", query("1 + " + "1".repeat(1 << 20)));
    assertError(413, "bad_data", "body larger", query("1".repeat(5 << 20)));
    assertEquals(400, engine.post("/api/v1/query", "application/x-www-form-urlencoded", bytes("query=(" + "a+".repeat(400_000)))
        .statusCode());
  }

  /// C 23: the widest selector is answered or refused by a limit, and a subquery is refused by its estimate.
  @Test
  void costlyQueriesAreRefusedByEstimate() {
    assertEquals(200, query("count({__name__=~\".+\"})").statusCode());
    long start = System.nanoTime();
    assertError(422, "execution", "query.subquery_points_max", query("bad_input[10y:1ms]"));
    assertError(422, "execution", "query.subquery_points_max", query("max_over_time(rate(bad_input[5m])[10y:1ms])"));
    assertError(422, "execution", "query.subquery_points_max", query("max_over_time(max_over_time(bad_input[1y:1s])[1y:1s])"));
    assertTrue(System.nanoTime() - start < QUICK.toNanos());
  }

  /// C 24: the texts are Prometheus' own.
  @Test
  void matchingErrorsAreWordedAsInPrometheus() {
    push("left{a=\"1\",b=\"1\"} 1\nleft{a=\"1\",b=\"2\"} 2\nright{a=\"1\",c=\"1\"} 1\nright{a=\"1\",c=\"2\"} 2\none{a=\"1\"} 1\n");
    assertError(422, "execution", "found duplicate series for the match group {a=\"1\"} on the right hand-side of the operation: [",
        query("left * on(a) right"));
    assertError(422, "execution", "];many-to-many matching not allowed: matching labels must be unique on one side",
        query("left * on(a) right"));
    assertError(422, "execution", "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)",
        query("left * on(a) one"));
    assertError(422, "execution", "multiple matches for labels: grouping labels must ensure unique matches",
        query("left * ignoring(b) group_left(b) label_replace(one, \"b\", \"x\", \"\", \"\")"));
    assertError(422, "execution", "vector cannot contain metrics with the same labelset",
        query("label_replace(left, \"b\", \"x\", \"\", \"\")"));
    assertError(422, "execution", "invalid destination label name in label_replace(): ",
        query("label_replace(left, \"\", \"x\", \"\", \"\")"));
    assertError(422, "execution", "invalid regular expression in label_replace(): (",
        query("label_replace(left, \"b\", \"x\", \"a\", \"(\")"));
  }

  private static void push(String samples) {
    assertEquals(204, engine.post("/api/v1/import/prometheus", "text/plain", bytes(samples)).statusCode());
  }

  /// C 25.
  @Test
  void badRangesAreBadRequests() {
    String zero = "zero or negative query resolution step widths are not accepted. Try a positive integer";
    String many = "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)";
    assertError(400, "bad_data", zero, range("0", "10", "0"));
    assertError(400, "bad_data", zero, range("0", "10", "-5"));
    assertError(400, "bad_data", "end timestamp must not be before start time", range("10", "0", "1"));
    assertError(400, "bad_data", many, range("0", "11001", "1"));
    assertEquals(200, range("0", "11000", "1").statusCode());
    assertError(400, "bad_data", "cannot parse \"NaN\" to a valid duration", range("0", "10", "NaN"));
    assertError(400, "bad_data", "cannot parse \"1e30\" to a valid timestamp", range("0", "1e30", "1"));
    assertError(400, "bad_data", "", range("-9223372036854775", "9223372036854775", "1e15"));
    assertError(400, "bad_data", "cannot parse \"\" to a valid timestamp", engine.get("/api/v1/query_range?query=up&end=1&step=1"));
  }

  private static HttpResponse<String> range(String start, String end, String step) {
    return engine.get("/api/v1/query_range?" + form("query", "bad_input", "start", start, "end", end, "step", step));
  }

  /// C 26: seconds of work end when the client hangs up.
  @Test
  void aQueryEndsWithItsClient() throws Exception {
    String slow = IntStream.range(1, 40).mapToObj(i -> "sum(quantile_over_time(0." + i + ", bad_input[12d:1s]))")
        .collect(Collectors.joining(" + "));
    double canceled = metric("tidemark_query_failures_total{code=\"canceled\"}");
    byte[] body = bytes(form("query", slow));
    URI uri = URI.create(engine.url());
    try (var socket = new Socket(uri.getHost(), uri.getPort())) {
      socket.getOutputStream().write(bytes("POST /api/v1/query HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
          + "Content-Length: " + body.length + "\r\n\r\n"));
      socket.getOutputStream().write(body);
      socket.getOutputStream().flush();
      awaitMetric("tidemark_query_running", 1);
    }
    long hungUp = System.nanoTime();
    awaitMetric("tidemark_query_failures_total{code=\"canceled\"}", canceled + 1);
    long millis = (System.nanoTime() - hungUp) / 1_000_000;
    assertTrue(millis < 3_000, "canceled after " + millis + " ms");
    assertEquals(0, metric("tidemark_query_running"));
  }

  private static void awaitMetric(String name, double value) {
    long deadline = System.nanoTime() + QUICK.toNanos();
    while (metric(name) != value) {
      assertTrue(System.nanoTime() < deadline, () -> name + " is " + metric(name) + " and not " + value);
    }
  }

  /// C 27: whatever is wrong with a rule file, the reload says where, and yesterday's rules go on.
  @Test
  void badRuleFilesAreRefusedAndOldRulesStay() throws IOException {
    var bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 30; i++) {
      bomb.append("a").append(i).append(": &a").append(i).append(" [").append(("*a" + (i - 1) + ",").repeat(9)).append("]\n");
    }
    try {
      for (String bad : List.of(bomb.toString(), "groups:\n\t- name: x\n", "groups: []\ngroups: []\n", GOOD_RULES + "  surprise: 1\n",
          GOOD_RULES.replace("expr:", "exper:"), GOOD_RULES.replace("bad_input >", "bad_input >>"), "groups: " + "[".repeat(100_000),
          "- ".repeat(100_000), "groups:\n  - name: a\n    rules: [{record: '', expr: 1}]\n", "\u0000\u0001", "{", "groups: 7\n",
          "groups:\n  - name: a\n    rules: [{record: x, expr: x + 1}]\n", "x: \"" + "y".repeat(17 << 20) + "\"\n")) {
        Files.writeString(rules, bad);
        long start = System.nanoTime();
        var answer = engine.post("/-/reload", "text/plain", new byte[0]);
        String shown = bad.substring(0, Math.min(60, bad.length()));
        assertEquals(400, answer.statusCode(), () -> shown + ": " + answer.body());
        assertTrue(answer.body().contains("rules.yml"), answer.body());
        assertTrue(System.nanoTime() - start < QUICK.toNanos(), shown);
        assertTrue(engine.get("/api/v1/rules").body().contains("SteadyRule"), shown);
      }
    } finally {
      Files.writeString(rules, GOOD_RULES);
    }
    assertEquals(200, engine.post("/-/reload", "text/plain", new byte[0]).statusCode());
  }

  /// C 27, through the API.
  @Test
  void badRuleDocumentsAreRefused() throws Exception {
    for (String bad : List.of("", "{", "[]", "7", "null", "{}", "{\"name\":\"x\"}", "{\"name\":\"x\",\"expr\":\"up ==\"}",
        "{\"name\":7,\"expr\":[]}", "{\"name\":\"x\",\"expr\":\"up\",\"surprise\":1}", "{\"a\":".repeat(100_000), "[".repeat(100_000),
        "{\"name\":\"x\",\"expr\":\"up\",\"for\":\"-1s\"}",
        "{\"name\":\"x\",\"expr\":\"up\",\"labels\":{\"a b\":\"c\",\"__name__\":\"d\"}}")) {
      var answer = send("POST", "/v1/alerts/rules", bad, "Content-Type", "application/json");
      assertError(400, "bad_data", "", answer);
      assertFalse(answer.body().contains("java.") || answer.body().contains("io.vertx"), answer.body());
    }
    assertEquals(413, send("POST", "/v1/alerts/rules", " ".repeat(5 << 20), "Content-Type", "application/json").statusCode());
  }

  /// C 30.
  @Test
  void oneOfManyWritersOfARuleWins() throws Exception {
    String rule = "{\"name\":\"Contested\",\"expr\":\"vector(%d) > 100\"}";
    var created = send("POST", "/v1/alerts/rules", rule.formatted(0), "Content-Type", "application/json");
    assertEquals(201, created.statusCode(), created.body());
    String path = "/v1/alerts/rules/" + new JsonObject(created.body()).getString("id");
    String version = created.headers().firstValue("ETag").orElseThrow();
    List<CompletableFuture<HttpResponse<String>>> writers = new ArrayList<>();
    for (int i = 1; i <= 16; i++) {
      writers.add(client.sendAsync(HttpRequest.newBuilder(URI.create(engine.url() + path)).header("If-Match", version)
          .header("Content-Type", "application/json").PUT(HttpRequest.BodyPublishers.ofString(rule.formatted(i))).build(),
          HttpResponse.BodyHandlers.ofString()));
    }
    List<HttpResponse<String>> answers = writers.stream().map(CompletableFuture::join).toList();
    List<HttpResponse<String>> won = answers.stream().filter(a -> a.statusCode() == 200).toList();
    assertEquals(1, won.size(), answers::toString);
    assertEquals(15, answers.stream().filter(a -> a.statusCode() == 412).count(), answers::toString);
    var stored = send("GET", path, "");
    assertEquals(new JsonObject(won.getFirst().body()).getJsonObject("rule"), new JsonObject(stored.body()).getJsonObject("rule"));
    assertEquals(400, send("PUT", path, rule.formatted(99), "Content-Type", "application/json").statusCode());
    assertEquals(412, send("DELETE", path, "", "If-Match", version).statusCode());
    assertEquals(412, send("DELETE", path, "", "If-Match", "*;garbage").statusCode());
    assertEquals(204, send("DELETE", path, "", "If-Match", stored.headers().firstValue("ETag").orElseThrow()).statusCode());
    assertEquals(404, send("GET", path, "").statusCode());
  }

  /// C 31, as far as the server goes; BrowserTest looks at the pages.
  @Test
  void markupStaysText() throws Exception {
    String evil = "</script><script>alert(1)</script>";
    push("xss{a=\"" + evil + "\",le=\"<img src=x onerror=alert(1)>\"} 1\n{\"<svg onload=alert(1)>\"} 1\n");
    for (String path : List.of("/api/v1/query?" + form("query", "{__name__=~\"xss|<.*\"}"), "/api/v1/label/a/values",
        "/api/v1/query?" + form("query", "\"" + evil.replace("\"", "") + "\""), "/api/v1/query?" + form("query", evil),
        "/api/v1/label/__name__/values", "/api/v1/series?" + form("match[]", "xss"), "/api/v1/rules", "/api/v1/status/tsdb",
        "/api/v1/" + URLEncoder.encode(evil, StandardCharsets.UTF_8),
        "/v1/alerts/rules/" + URLEncoder.encode(evil, StandardCharsets.UTF_8))) {
      var answer = engine.get(path);
      assertEquals("application/json", answer.headers().firstValue("Content-Type").orElse(""), path);
      assertEquals("nosniff", answer.headers().firstValue("X-Content-Type-Options").orElse(""), path);
      if (path.startsWith("/api/v1/query") || path.startsWith("/api/v1/label") || path.startsWith("/api/v1/series")) {
        assertFalse(answer.statusCode() == 200 && answer.body().contains("<"), path + ": " + answer.body());
      }
    }
    var page = send("GET", "/", "");
    String policy = page.headers().firstValue("Content-Security-Policy").orElse("");
    assertTrue(policy.contains("default-src 'self'") && policy.contains("object-src 'none'") && policy.contains("frame-ancestors 'none'"));
    assertFalse(policy.contains("script-src"), "inline scripts are blocked by default-src: " + policy);
    assertEquals("nosniff", page.headers().firstValue("X-Content-Type-Options").orElse(""));
  }

  /// C 33.
  @ParameterizedTest
  @ValueSource(strings = {"/../../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2f..%2fetc/passwd", "/%252e%252e/etc/passwd",
      "/..\\..\\etc\\passwd", "/assets/..%5c..%5c..%5cetc%5cpasswd", "/assets/../../config/tidemark.yml", "//etc/passwd",
      "/./../logback.xml",
      "/..;/..;/etc/passwd", "/assets/%c0%ae%c0%ae/etc/passwd", "/io/tidemark/cli/Main.class", "/META-INF/MANIFEST.MF", "/%00/etc/passwd",
      "/.git/config", "/v1/alerts/rules/..%2f..%2fcatalog.db", "/file:///etc/passwd", "/%zz", "/%"})
  void pathsOutsideTheWebRootAreNotThere(String path) throws IOException {
    String answer = rawGet(path);
    assertTrue(answer.startsWith("HTTP/1.1 404 ") || answer.startsWith("HTTP/1.1 400 "), answer);
    assertFalse(answer.contains("root:") || answer.contains("Main-Class") || answer.contains("\u00ca\u00fe\u00ba\u00be"), answer);
    assertTrue(answer.contains("\"errorType\""), answer);
  }

  /// C 36, in part: what changes something takes no GET, and unknown methods are refused.
  @Test
  void whatChangesSomethingTakesNoGet() throws Exception {
    var reload = send("GET", "/-/reload", "");
    assertEquals(405, reload.statusCode());
    assertEquals("POST", reload.headers().firstValue("Allow").orElse(""));
    assertEquals(405, send("GET", "/api/v1/admin/tsdb/delete_series?match%5B%5D=up", "").statusCode());
    assertEquals(405, send("DELETE", "/api/v1/query", "").statusCode());
    for (String method : List.of("GET", "POST", "DELETE")) {
      assertEquals(404, send(method, "/api/v2/silences", "").statusCode(), method);
    }
    assertEquals(405, send("PUT", "/v1/alerts/rules", "{}").statusCode());
    assertEquals(405, send("BREW", "/api/v1/labels", "").statusCode());
    for (String push : List.of("/api/v1/write", "/api/v1/import/prometheus", "/v1/metrics")) {
      for (String method : List.of("GET", "PUT", "DELETE")) {
        var answer = send(method, push, "");
        assertEquals(405, answer.statusCode(), method + " " + push + ": " + answer.body());
        assertEquals(push.startsWith("/api/v1/") ? "OPTIONS, POST" : "POST", answer.headers().firstValue("Allow").orElse(""));
      }
    }
    assertEquals(204, send("OPTIONS", "/api/v1/write", "").statusCode());
    assertTrue(send("GET", "/api/v1/query?query=1", "", "Origin", "https://example.org").headers()
        .firstValue("Access-Control-Allow-Origin").isEmpty());
  }

  /// C 36: a page that is open in the browser of somebody who can reach the engine changes nothing.
  @Test
  void pagesOfOtherSitesChangeNothing() throws Exception {
    String rule = "{\"name\":\"Forged\",\"expr\":\"up\"}";
    for (String path : List.of("/v1/alerts/rules", "/-/reload", "/-/flush", "/-/compact", "//v1/alerts/rules", "/v1/./alerts/rules",
        "/api/v1/admin/tsdb/delete_series?match%5B%5D=up", "//api/v1/admin/tsdb/clean_tombstones", "/v1/scrub",
        "/api/v1/status/cardinality/release?service=x")) {
      for (List<String> told : List.of(List.of("Sec-Fetch-Site", "cross-site"), List.of("Sec-Fetch-Site", "same-site"),
          List.of("Origin", "https://evil.example"), List.of("Origin", "null"), List.of("Origin", "http://127.0.0.1:1"))) {
        var answer = send("POST", path, rule, told.get(0), told.get(1), "Content-Type", "text/plain");
        assertEquals(403, answer.statusCode(), path + ", " + told + ": " + answer.body());
      }
    }
    for (String path : List.of("/-/flush", "/-/compact")) {
      assertEquals(403, send("GET", path, "", "Sec-Fetch-Site", "cross-site").statusCode());
      assertEquals(403, send("GET", path, "", "Origin", "https://evil.example").statusCode());
    }
    assertEquals(403, send("DELETE", "/v1/queries/1", "", "Origin", "https://evil.example").statusCode());
    assertFalse(engine.get("/v1/alerts/rules").body().contains("Forged"));
    assertEquals(200, send("POST", "/-/flush", "", "Origin", engine.url()).statusCode());
    assertEquals(200, send("POST", "/-/flush", "", "Sec-Fetch-Site", "same-origin").statusCode());
  }

  /// C 37: every place that shows something of the configuration, and the engine's own log.
  @Test
  void secretsShowNowhere() throws Exception {
    awaitMetric("tidemark_query_running", 0);
    for (String path : List.of("/api/v1/status/config", "/api/v1/status/flags", "/api/v1/status/runtimeinfo", "/api/v1/status/buildinfo",
        "/api/v1/status/tsdb", "/api/v1/targets", "/api/v1/scrape_pools", "/api/v1/rules", "/api/v1/alerts", "/api/v1/metadata", "/metrics",
        "/api/v1/labels", "/api/v1/label/__name__/values", "/v1/alerts/rules", "/api/v1/query?query=up", "/nothing")) {
      assertFalse(engine.get(path).body().contains(CANARY), path);
    }
    assertTrue(engine.get("/api/v1/status/config").body().contains("<secret>"));
    Path config = directory.resolve("tidemark.yml");
    String good = Files.readString(config);
    try {
      Files.writeString(config, good.replace("channel:", "chanel:").replace("routing_key: " + CANARY, "routing_key: [" + CANARY + "]"));
      var refused = engine.post("/-/reload", "text/plain", new byte[0]);
      assertEquals(400, refused.statusCode(), refused.body());
      assertFalse(refused.body().contains(CANARY), refused.body());
    } finally {
      Files.writeString(config, good);
    }
    assertEquals(200, engine.post("/-/reload", "text/plain", new byte[0]).statusCode());
    assertFalse(Files.readString(directory.resolve("data/log/tidemark.log")).contains(CANARY));
  }
}
