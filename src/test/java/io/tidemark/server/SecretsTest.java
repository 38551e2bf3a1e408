package io.tidemark.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.tidemark.cli.servers.KafkaServer;
import io.tidemark.cli.servers.PostgresServer;
import io.tidemark.cli.servers.RedisServer;
import io.tidemark.cli.servers.S3Server;
import io.tidemark.config.Secret;
import io.tidemark.model.TidemarkException;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Every secret of a configuration is a text of its own that nothing else holds; then everything goes wrong that can. Whatever the
/// processes print, log and answer is searched for these texts, plain, in base64 and in hexadecimal digits.
class SecretsTest {
  private static final long WAIT_MILLIS = 90_000;
  private static final int BASE64_GROUP = 3;
  private static final String MARK = "c4n4ryOfTheMine";
  private static final String KAFKA = MARK + "KafkaPassword";
  private static final String REDIS = MARK + "RedisPassword";
  private static final String POSTGRES = MARK + "PostgresPassword";
  private static final String S3_KEY = S3Server.SECRET_KEY;
  /// Keys of the configuration that hold a secret themselves; one more lies in a file.
  private static final int MASKED_KEYS = 20;
  private static final String RULES = """
      groups:
        - name: always
          interval: 1s
          rules:
            - alert: Always
              expr: vector(1)
      """;

  /// What is searched, by where it came from.
  private final Map<String, String> outputs = new ConcurrentHashMap<>();
  private final HttpClient client = HttpClient.newHttpClient();

  /// A process of the command line, whose output goes to a file.
  private record Run(String name, Process process, Path output) implements AutoCloseable {
    String text() throws IOException {
      return Files.readString(output, StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() {
      process.destroy();
      process.onExit().completeOnTimeout(process, WAIT_MILLIS, TimeUnit.MILLISECONDS).thenApply(Process::destroyForcibly)
          .thenCompose(Process::onExit).join();
    }
  }

  @Test
  void noOutputHoldsASecretOfAProcessThatLosesItsServers(@TempDir Path dir) throws Exception {
    try (var kafka = KafkaServer.start(dir.resolve("kafka"), 1); var s3 = S3Server.inMemory(0); var echo = new Echo();
        var postgres = PostgresServer.start(dir.resolve("postgres"), 0, new Secret(POSTGRES));
        var redis = RedisServer.start(dir.resolve("redis"), 0, new Secret(REDIS))) {
      s3.createBucket("tidemark");
      Files.writeString(dir.resolve("rules.yml"), RULES);
      Files.writeString(dir.resolve("api-url"), echo.url() + "/" + MARK + "SlackFile");
      Path config = dir.resolve("tidemark.yml");
      String good = configuration(kafka.bootstrap(), redis.port(), postgres.port(), s3.endpoint().toString(), echo);
      Files.writeString(config, good);
      try (Run run = start(dir, "answered", "serve", "--config", config.toString(), "--data-dir", dir.resolve("data").toString(),
          "--listen", "127.0.0.1:0")) {
        String url = ready(run);
        until("every integration to fail", () -> failing(fetch(run, url, "/metrics")));
        assertEquals(MASKED_KEYS, fetch(run, url, "/api/v1/status/config").split("<secret>", -1).length - 1, "masked keys");
        fetchAll(run, url, "well");
        Files.writeString(config, good.replace("lease: 10s", "lease: [" + MARK + "Lease]").replace("credentials: ", "credentals: "));
        assertTrue(post(run, url, "/-/reload") >= 400, "a broken configuration was taken");
        redis.stop();
        postgres.stop();
        s3.stop();
        post(run, url, "/-/flush");
        until("the loss of Redis to be known", () -> fetch(run, url, "/metrics").lines().anyMatch(line ->
            line.startsWith("tidemark_guard_failures_total{system=\"redis\"") && !line.endsWith(" 0")));
        fetchAll(run, url, "ill");
      }
      keepFiles("answered", dir.resolve("data"));
      assertTrue(echo.saw.size() >= 6, () -> "what was sent is not what this test thinks: " + echo.saw.keySet());
      search("a process that loses its servers");
    }
  }

  @Test
  void noOutputHoldsASecretThatIsRefused(@TempDir Path dir) throws Exception {
    try (var kafka = KafkaServer.start(dir.resolve("kafka"), 1); var s3 = S3Server.inMemory(0); var echo = new Echo();
        var postgres = PostgresServer.start(dir.resolve("postgres"), 0, new Secret("another"));
        var redis = RedisServer.start(dir.resolve("redis"), 0, new Secret("another"))) {
      s3.createBucket("tidemark");
      Files.writeString(dir.resolve("rules.yml"), RULES);
      Files.writeString(dir.resolve("api-url"), echo.url() + "/" + MARK + "SlackFile");
      Path refused = dir.resolve("refused.yml");
      String there = configuration(kafka.bootstrap(), redis.port(), postgres.port(), s3.endpoint().toString(), echo)
          .replace(S3_KEY, MARK + "WrongSecretKey");
      Files.writeString(refused, there);
      Path away = dir.resolve("away.yml");
      Files.writeString(away, configuration("127.0.0.1:1", 1, 1, "http://127.0.0.1:1", echo));
      List<String> alone = List.of("log.backend=files", "state.backend=journal", "catalog.backend=embedded", "objects.backend=none");
      List<String> one = List.of("log.backend=kafka", "state.backend=redis", "catalog.backend=postgres", "objects.backend=s3");
      try (var pool = Executors.newFixedThreadPool(3)) {
        var all = new ArrayList<Future<Void>>();
        for (Path config : List.of(refused, away)) {
          for (int i = 0; i < one.size(); i++) {
            var settings = new ArrayList<>(alone);
            settings.set(i, one.get(i));
            settings.add("log.kafka.username=somebody");
            String name = config.getFileName() + "-" + one.get(i);
            all.add(pool.submit(() -> startInVain(dir, name, config, settings)));
          }
        }
        for (Future<Void> start : all) {
          start.get();
        }
      }
      search("processes whose servers refuse them or are away");
    }
  }

  @Test
  void noProblemOfAFileShowsASecret(@TempDir Path dir) throws Exception {
    List<String> broken = List.of(
        "state: {redis: {password: [%s]}}", "state: {redis: {password: {%s: 1}}}", "state: {redis: {pasword: %s}}",
        "state:\n  redis:\n    password: \"%s\n", "state:\n  redis:\n\tpassword: %s\n", "state:\n  redis:\n    password: @%s\n",
        "state:\n  redis:\n    password: *%s\n", "state:\n  redis:\n    password: !%s x\n", "state:\n  redis:\n    password: %%%s\n",
        "state:\n  redis:\n    password: `%s\n",
        "state:\n  redis:\n    password: a\n    password: %s\n", "state:\n  redis:\n    password:%s\n",
        "state:\n  redis:\n    password: |%s\n", "state:\n  redis:\n    password: \"\\q%s\"\n", "state:\n  redis:\n    password: {%s\n",
        "state:\n  redis:\n    password: %s: x\n", "state:\n  redis:\n    password: &%s\n    &%s\n", "%s",
        "state:\n  redis:\n    port: x\n    password: %s\n",
        "receivers: [{name: a, webhook_configs: [{url: 'ht tp://%s'}]}]\nroute: {receiver: a}",
        "receivers: [{name: a, webhook_configs: [{url: 'ftp://u:%s@h/'}]}]\nroute: {receiver: a}",
        "receivers: [{name: a, webhook_configs: [{url: '%s'}]}]\nroute: {receiver: a}",
        "receivers: [{name: a, slack_configs: [{api_url: '%s'}]}]\nroute: {receiver: a}",
        "receivers: [{name: a, pagerduty_configs: [{routing_key: %s, url: 'x y'}]}]\nroute: {receiver: b}",
        "receivers: [{name: a, email_configs: [{to: a, auth_password: %s, smarthost: x}]}]\nroute: {receiver: a}",
        "receivers: [{name: a, webhook_configs: [{url: 'http://h', http_config: {oauth2: {client_secret: %s}}}]}]\nroute: {receiver: a}",
        "scrape_configs: [{job_name: a, basic_auth: {password: %s}}]",
        "scrape_configs: [{job_name: a, authorization: {type: basic, credentials: %s}}]",
        "objects: {backend: s3, s3: {secret_key: %s, bucket: B}}", "objects: {backend: s3, s3: {endpoint: 'http://u:%s@h', bucket: bbb}}");
    int number = 0;
    var unlucky = new ArrayList<String>();
    for (String text : broken) {
      String secret = MARK + "Broken" + number++;
      Path file = Files.writeString(dir.resolve("broken-" + number + ".yml"), text.replace("%%", "%").replace("%s", secret));
      try {
        NodeConfig config = NodeConfig.load(new NodeConfig.Source(Optional.of(file), List.of()));
        outputs.put("printed " + text, config.maskedText());
        unlucky.add(text);
      } catch (TidemarkException e) {
        outputs.put("problems of " + text, String.valueOf(e.getMessage()));
      }
    }
    assertTrue(unlucky.size() <= 1, () -> "taken, though broken: " + unlucky);
    // The same through the command, once: what it adds around the problems.
    try (Run run = start(dir, "check", "check", dir.resolve("broken-6.yml").toString())) {
      assertTrue(run.process.waitFor(WAIT_MILLIS, TimeUnit.MILLISECONDS), "check did not end");
      assertTrue(run.process.exitValue() != 0, "check took a broken file");
      outputs.put("check", run.text());
    }
    search("files with problems");
  }

  // ---- what is run

  /// A configuration with a secret wherever one may be.
  private static String configuration(String kafka, int redis, int postgres, String s3, Echo echo) {
    return """
        log:
          backend: kafka
          kafka: {bootstrap_servers: "%s", partitions: 2, replication: 1, min_insync: 1, password: %s, mechanism: PLAIN}
        state:
          backend: redis
          redis: {host: 127.0.0.1, port: %d, password: %s, timeout: 500ms, connect_timeout: 500ms}
        catalog:
          backend: postgres
          postgres: {host: 127.0.0.1, port: %d, password: %s, timeout: 1s, connect_timeout: 1s}
        objects:
          backend: s3
          s3: {endpoint: "%s", bucket: tidemark, access_key: %s, secret_key: %s, timeout: 2s}
        cluster: {replica_sets: 1, lease: 10s}
        rule_files: [rules.yml]
        global:
          evaluation_interval: 1s
          slack_api_url: "%s/c4n4ryOfTheMineSlackGlobal"
          smtp_auth_password: c4n4ryOfTheMineSmtpGlobal
          smtp_auth_username: mailer
          smtp_smarthost: "127.0.0.1:%d"
          smtp_from: a@example.org
          smtp_require_tls: false
        scrape_configs:
          - job_name: basic
            scrape_interval: 1s
            scrape_timeout: 1s
            static_configs: [{targets: ["%s"]}]
            basic_auth: {username: scraper, password: c4n4ryOfTheMineScrapeBasic}
          - job_name: token
            scrape_interval: 1s
            scrape_timeout: 1s
            static_configs: [{targets: ["%s", "127.0.0.1:1"]}]
            authorization: {credentials: c4n4ryOfTheMineScrapeToken}
        route: {receiver: all, group_wait: 0s, group_interval: 1s}
        receivers:
          - name: all
            webhook_configs:
              - url: "http://user:c4n4ryOfTheMineWebhookUser@%s/c4n4ryOfTheMineWebhookPath?token=c4n4ryOfTheMineWebhookQuery"
              - url: "http://127.0.0.1:1/c4n4ryOfTheMineWebhookAway"
              - url: "%s/c4n4ryOfTheMineWebhookBearer"
                http_config: {authorization: {credentials: c4n4ryOfTheMineHttpToken}}
              - url: "%s/c4n4ryOfTheMineWebhookBasic"
                http_config: {basic_auth: {username: u, password: c4n4ryOfTheMineHttpBasic}}
            slack_configs:
              - {channel: c}
              - {channel: c, api_url: "%s/c4n4ryOfTheMineSlackOwn", http_config: {bearer_token: c4n4ryOfTheMineHttpBearer}}
              - {channel: c, api_url_file: api-url}
            pagerduty_configs:
              - {url: "%s/v2", routing_key: c4n4ryOfTheMineRoutingKey}
              - {url: "%s/v1", service_key: c4n4ryOfTheMineServiceKey}
            email_configs:
              - {to: b@example.org}
              - {to: b@example.org, auth_password: c4n4ryOfTheMineSmtpOwn}
        """.formatted(kafka, KAFKA, redis, REDIS, postgres, POSTGRES, s3, S3Server.ACCESS_KEY, S3_KEY, echo.url(), echo.mailPort(),
        echo.address(), echo.address(), echo.address(), echo.url(), echo.url(), echo.url(), echo.url(), echo.url());
  }

  private static Run start(Path dir, String name, String... arguments) throws IOException {
    var command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-ea", "-Xmx320m",
        "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
        "-cp", System.getProperty("java.class.path"), "io.tidemark.cli.Main"));
    command.addAll(List.of(arguments));
    Path output = dir.resolve("output-" + name + ".txt");
    return new Run(name, new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start(), output);
  }

  private static String ready(Run run) throws Exception {
    String says = "Tidemark is ready at ";
    until(run.name + " to be ready", () -> {
      assertTrue(run.process.isAlive(), () -> run.name + " ended, see " + run.output);
      return run.text().contains(says);
    });
    return run.text().lines().filter(line -> line.startsWith(says)).findFirst().orElseThrow().substring(says.length()).strip();
  }

  /// A process that may come up or give up; what it says in the meantime is kept.
  private Void startInVain(Path dir, String name, Path config, List<String> settings) throws Exception {
    Path data = dir.resolve("data-" + name);
    var line = new ArrayList<>(List.of("serve", "--config", config.toString(), "--data-dir", data.toString(), "--listen", "127.0.0.1:0",
        "--set", "cluster.listen=127.0.0.1:0", "--set", "diagnostics.level=DEBUG"));
    settings.forEach(setting -> line.addAll(List.of("--set", setting)));
    try (Run run = start(dir, name, line.toArray(String[]::new))) {
      until(name + " to be ready or to give up", () -> !run.process.isAlive() || run.text().contains("Tidemark is ready at "));
      if (run.process.isAlive()) {
        fetchAll(run, ready(run), "in vain");
      }
      boolean complained = run.process.isAlive() ? run.text().contains("is away")
          : run.process.exitValue() != 0 && run.text().lines().anyMatch(said -> said.startsWith("tidemark: "));
      assertTrue(complained, () -> name + " has nothing to complain about");
    }
    outputs.put(name + " output", Files.readString(dir.resolve("output-" + name + ".txt"), StandardCharsets.ISO_8859_1));
    keepFiles(name, data);
    return null;
  }

  private static boolean failing(String metrics) {
    return Stream.of("webhook", "slack", "pagerduty", "email").allMatch(kind -> metrics.lines().anyMatch(line ->
        line.startsWith("tidemark_notification_requests_failed_total{integration=\"" + kind + "\"") && !line.endsWith(" 0")));
  }

  private void fetchAll(Run run, String url, String when) throws Exception {
    for (String path : List.of("/api/v1/status/config", "/api/v1/status/flags", "/api/v1/status/runtimeinfo", "/v1/cluster", "/metrics",
        "/api/v1/rules", "/api/v1/alerts", "/api/v1/targets", "/api/v2/status", "/api/v2/receivers", "/api/v2/alerts", "/api/v2/silences",
        "/api/v1/query?query=up", "/api/v1/query?query=(", "/-/ready", "/nosuch")) {
      outputs.put(run.name + " " + path + " " + when, fetch(run, url, path));
    }
  }

  private String fetch(Run run, String url, String path) throws Exception {
    HttpResponse<String> answer = client.send(HttpRequest.newBuilder(URI.create(url + path)).timeout(Duration.ofSeconds(60)).build(),
        HttpResponse.BodyHandlers.ofString());
    outputs.put(run.name + " " + path, answer.headers().map() + "\n" + answer.body());
    return answer.body();
  }

  private int post(Run run, String url, String path) throws Exception {
    HttpResponse<String> answer = client.send(HttpRequest.newBuilder(URI.create(url + path)).timeout(Duration.ofSeconds(60))
        .POST(HttpRequest.BodyPublishers.noBody()).build(), HttpResponse.BodyHandlers.ofString());
    outputs.put(run.name + " POST " + path, answer.body());
    return answer.statusCode();
  }

  /// Everything below the data directory, log files and all, and the output.
  private void keepFiles(String name, Path data) throws IOException {
    Path output = data.resolveSibling("output-" + name + ".txt");
    outputs.put(name + " output", Files.readString(output, StandardCharsets.ISO_8859_1));
    if (Files.isDirectory(data)) {
      try (Stream<Path> files = Files.walk(data)) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          outputs.put(name + " " + data.relativize(file), Files.readString(file, StandardCharsets.ISO_8859_1));
        }
      }
    }
  }

  // ---- the search

  private void search(String what) {
    var forms = new TreeMap<String, String>();
    for (String text : List.of(MARK, S3_KEY)) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      forms.put("plain " + text, text);
      forms.put("hex " + text, HexFormat.of().formatHex(bytes));
      for (int before = 0; before < BASE64_GROUP; before++) {
        byte[] shifted = new byte[before + bytes.length];
        System.arraycopy(bytes, 0, shifted, before, bytes.length);
        // Without the first group, if it holds a foreign byte, and without the last, which depends on what follows.
        String encoded = Base64.getEncoder().withoutPadding().encodeToString(shifted);
        int whole = shifted.length / BASE64_GROUP * 4;
        forms.put("base64 " + before + " " + text, encoded.substring(before == 0 ? 0 : 4, whole));
      }
    }
    var found = new ArrayList<String>();
    outputs.forEach((from, text) -> forms.forEach((name, form) -> {
      int at = name.startsWith("hex") ? text.toLowerCase(Locale.ROOT).indexOf(form) : text.indexOf(form);
      if (at >= 0) {
        found.add(name + " in " + from + ": " + text.substring(Math.max(0, at - 150), Math.min(text.length(), at + 60)));
      }
    }));
    System.out.printf("SecretsTest: %s: %d outputs of %d characters, %d found%n", what, outputs.size(),
        outputs.values().stream().mapToLong(String::length).sum(), found.size());
    assertEquals(0, found.size(), () -> String.join("\n", found.subList(0, Math.min(30, found.size()))));
  }

  private static void until(String what, Callable<Boolean> reached) throws Exception {
    long deadline = System.currentTimeMillis() + WAIT_MILLIS;
    while (!reached.call()) {
      assertTrue(System.currentTimeMillis() < deadline, () -> "waited " + WAIT_MILLIS + " ms in vain for " + what);
      LockSupport.parkNanos(100_000_000);
    }
  }

  /// The worst receiver there is: it refuses everything and says back what it was sent, over HTTP and as a mail server.
  private static final class Echo implements AutoCloseable {
    private final Map<String, String> saw = new ConcurrentHashMap<>();
    private final HttpServer http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    private final ServerSocket mail = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());

    Echo() throws IOException {
      http.createContext("/", this::refuse);
      http.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
      http.start();
      Thread.ofVirtual().start(this::accept);
    }

    private void refuse(HttpExchange exchange) throws IOException {
      try (exchange) {
        String text = exchange.getRequestURI() + " " + exchange.getRequestHeaders().getFirst("Authorization") + " "
            + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        saw.put(exchange.getRequestURI().toString(), text);
        byte[] answer = new JsonObject().put("status", "invalid").put("message", "refused: " + text).encode()
            .getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(400, answer.length);
        exchange.getResponseBody().write(answer);
      }
    }

    private void accept() {
      while (!mail.isClosed()) {
        try {
          Socket socket = mail.accept();
          Thread.ofVirtual().start(() -> converse(socket));
        } catch (IOException e) {
          saw.put("end of mail", String.valueOf(e.getMessage()));
        }
      }
    }

    private void converse(Socket socket) {
      try (socket; var in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))) {
        say(socket, "220 echo ESMTP");
        for (String line = in.readLine(); line != null; line = in.readLine()) {
          if (line.startsWith("EHLO")) {
            say(socket, "250-echo\r\n250 AUTH PLAIN");
          } else {
            saw.put("mail", line);
            say(socket, "535 refused: " + line);
          }
        }
      } catch (IOException e) {
        saw.put("end of a mail", String.valueOf(e.getMessage()));
      }
    }

    private static void say(Socket socket, String line) throws IOException {
      socket.getOutputStream().write((line + "\r\n").getBytes(StandardCharsets.UTF_8));
      socket.getOutputStream().flush();
    }

    String address() {
      return "127.0.0.1:" + http.getAddress().getPort();
    }

    String url() {
      return "http://" + address();
    }

    int mailPort() {
      return mail.getLocalPort();
    }

    @Override
    public void close() throws IOException {
      http.stop(0);
      mail.close();
    }
  }
}
