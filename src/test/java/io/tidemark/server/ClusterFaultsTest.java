package io.tidemark.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.LabelSet;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A whole cluster of processes under load: each kind of process is killed with `kill -9` and brought back, while senders push, people
/// query and alerts page. Afterwards every acknowledged sample must be there, no answer may have been wrong, queries may have failed
/// only shortly after a kill, and every page must have come exactly once.
///
/// The report is `target/reports/cluster-faults.md`.
class ClusterFaultsTest {
  private static final Path REPORT = Path.of("target", "reports", "cluster-faults.md");
  private static final int SENDERS = 2;
  private static final int SERIES_PER_SENDER = 1_000;
  private static final int PARTITIONS = 12;
  private static final long QUERY_FAILURES_MILLIS_MAX = 5_000;
  private static final long WAIT_MILLIS = 90_000;
  private static final String RULES = """
      groups:
        - name: faults
          rules:
            - alert: SignalHigh
              expr: fault_signal > 0
        - name: load
          rules:
            - record: steady_load:sent
              expr: sum by (sender) (steady_load_0)
        - name: more
          rules:
            - alert: SignalHigher
              expr: fault_signal > 0
      """;

  /// One process that is killed and brought back.
  private record Kill(String kind, String what, Runnable kill, Runnable restart) {}

  /// A query that was not answered in full.
  private record Failure(long atMillis, String node, String reason) {}

  private final List<Failure> failures = new CopyOnWriteArrayList<>();
  private final List<String> wrong = new CopyOnWriteArrayList<>();
  private final List<Long> killedAtMillis = new CopyOnWriteArrayList<>();
  private final StringBuilder report = new StringBuilder();
  private final HttpClient client = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
  private long queries;
  /// Answers that said that the newest samples may be missing, because Kafka was without a leader.
  private long held;
  private volatile boolean probing = true;

  @Test
  void eachKindOfProcessMayDieUnderLoad(@TempDir Path dir) throws Exception {
    try (var desk = new PageDesk();
        var bed = new ClusterBed(dir,
            new ClusterBed.Plan(3, PARTITIONS, 3, RULES, routing(desk.url()), List.of("cluster.lease=4s")))) {
      bed.startAll(List.of(() -> bed.start("collector-1", "collector"), () -> bed.start("collector-2", "collector"),
          () -> bed.start("storage-1", "storage", "cluster.replica_set=0"),
          () -> bed.start("storage-2", "storage", "cluster.replica_set=1"),
          () -> bed.start("storage-3", "storage", "cluster.replica_set=2"), () -> bed.start("query-1", "query,api"),
          () -> bed.start("query-2", "query,api"), () -> bed.start("rules-1", "rules"), () -> bed.start("rules-2", "rules"),
          () -> bed.start("notifier-1", "notifier"), () -> bed.start("notifier-2", "notifier")));
      run(desk, bed);
    }
  }

  private static String routing(String webhook) {
    return """
        route:
          receiver: desk
          group_by: [alertname, instance]
          group_wait: 0s
          group_interval: 1s
          repeat_interval: 4h
        receivers:
          - name: desk
            webhook_configs: [{url: "%s"}]
        """.formatted(webhook).indent(0).strip();
  }

  private void run(PageDesk desk, ClusterBed bed) throws Exception {
    long startMillis = System.currentTimeMillis();
    List<String> signals = new ArrayList<>();
    try (var load = new SteadyLoad(SENDERS, SERIES_PER_SENDER, () -> List.of(bed.url("collector-1"), bed.url("collector-2")))) {
      until("the first answers", () -> load.batches() > 20 && answers(bed, "query-1") && answers(bed, "query-2"));
      failures.clear();
      Thread probe = Thread.ofPlatform().name("probe").start(() -> probe(bed, load));
      List<Kill> kills = List.of(node(bed, "collector", "collector-1"), node(bed, "storage", "storage-1"), node(bed, "query", "query-1"),
          node(bed, "rules", "rules-1"), node(bed, "rules", "rules-2"), node(bed, "notifier", "notifier-1"),
          node(bed, "notifier", "notifier-2"),
          new Kill("broker", "broker-0", () -> bed.killBroker(0), () -> bed.startBroker(0)));
      for (Kill kill : kills) {
        String before = kill.what + "-before";
        String during = kill.what + "-during";
        signals.addAll(List.of(before, during));
        signal(bed, before, 1);
        LockSupport.parkNanos(500_000_000);
        long at = System.currentTimeMillis();
        killedAtMillis.add(at);
        kill.kill.run();
        signal(bed, during, 1);
        until("the page of " + during, () -> paged(desk, during, "firing"));
        long pagedAfter = System.currentTimeMillis() - at;
        kill.restart.run();
        until("the page of " + before, () -> paged(desk, before, "firing"));
        signal(bed, before, 0);
        signal(bed, during, 0);
        until("the ends of " + kill.what, () -> paged(desk, before, "resolved") && paged(desk, during, "resolved"));
        long lastFailure = failures.stream().mapToLong(f -> f.atMillis - at).filter(after -> after >= 0).max().orElse(0);
        report.append("| ").append(kill.kind).append(" | ").append(kill.what).append(" | ").append(lastFailure).append(" | ")
            .append(pagedAfter).append(" |\n");
      }
      probing = false;
      probe.join();
      load.stop();
      checkStatus(bed);
      until("what collectors held to be in Kafka", () -> lacksNothing(bed));
      long checked = checkAll(bed, load, startMillis);
      finish(desk, load, signals, checked);
    }
  }

  private static Kill node(ClusterBed bed, String kind, String name) {
    return new Kill(kind, name, () -> bed.kill(name), () -> bed.restart(name));
  }

  private static boolean paged(PageDesk desk, String instance, String status) {
    return !desk.pages("SignalHigh", instance, status).isEmpty() && !desk.pages("SignalHigher", instance, status).isEmpty();
  }

  private static void until(String what, BooleanSupplier reached) {
    long deadline = System.currentTimeMillis() + WAIT_MILLIS;
    while (!reached.getAsBoolean()) {
      assertTrue(System.currentTimeMillis() < deadline, () -> "waited " + WAIT_MILLIS + " ms in vain for " + what);
      LockSupport.parkNanos(50_000_000);
    }
  }

  /// Pushes one sample of a signal until a collector has it.
  private void signal(ClusterBed bed, String instance, double value) {
    var body = new RemoteWriteBody().series(LabelSet.of("__name__", "fault_signal", "instance", instance),
        new long[] {System.currentTimeMillis()}, new double[] {value}).snappy();
    until("the signal " + instance + " to be taken", () -> List.of("collector-1", "collector-2").stream().anyMatch(collector -> {
      try {
        HttpRequest request = HttpRequest.newBuilder(URI.create(bed.url(collector) + "/api/v1/write")).timeout(Duration.ofSeconds(10))
            .header("Content-Type", "application/x-protobuf").header("Content-Encoding", "snappy")
            .POST(HttpRequest.BodyPublishers.ofByteArray(body)).build();
        return client.send(request, HttpResponse.BodyHandlers.ofString()).statusCode() == 204;
      } catch (IOException e) {
        return false;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }));
  }

  // ---- queries

  private boolean answers(ClusterBed bed, String node) {
    try {
      JsonObject answer = query(bed.url(node), "count({__name__=~\"steady_load_.*\"})", System.currentTimeMillis());
      return answer.getJsonArray("warnings", new JsonArray()).isEmpty()
          && answer.getJsonObject("data").getJsonArray("result").size() == 1
          && Double.parseDouble(answer.getJsonObject("data").getJsonArray("result").getJsonObject(0).getJsonArray("value").getString(1))
              == SENDERS * SERIES_PER_SENDER;
    } catch (IOException e) {
      return false;
    }
  }

  private JsonObject query(String url, String expression, long atMillis) throws IOException {
    return get(url + "/api/v1/query?query=" + URLEncoder.encode(expression, StandardCharsets.UTF_8) + "&time=" + atMillis / 1000.0);
  }

  private JsonObject get(String url) throws IOException {
    try {
      HttpRequest request = HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofSeconds(20)).build();
      HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() != 200) {
        throw new IOException(answer.statusCode() + " " + answer.body().substring(0, Math.min(300, answer.body().length())));
      }
      return new JsonObject(answer.body());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  /// Asks the query nodes in turn for the last seconds of one series, and compares with what was acknowledged before. Like a balancer
  /// in front of them, it asks the other node when one cannot be connected to.
  private void probe(ClusterBed bed, SteadyLoad load) {
    var random = new Random(1);
    List<String> nodes = List.of("query-1", "query-2");
    while (probing) {
      int sender = random.nextInt(SENDERS);
      int series = random.nextInt(SERIES_PER_SENDER);
      String node = nodes.get((int) (queries++ % 2));
      long now = System.currentTimeMillis();
      try {
        JsonObject answer;
        try {
          answer = query(bed.url(node), SteadyLoad.labels(sender, series) + "[20s]", now);
        } catch (ConnectException e) {
          node = nodes.get(1 - nodes.indexOf(node));
          answer = query(bed.url(node), SteadyLoad.labels(sender, series) + "[20s]", now);
        }
        JsonArray warnings = answer.getJsonArray("warnings", new JsonArray());
        if (warnings.stream().anyMatch(warning -> warning.toString().contains("acknowledged records until Kafka takes them"))) {
          held++;
        } else if (warnings.isEmpty()) {
          compare(node, load, sender, series, now, samples(answer).getOrDefault(SteadyLoad.labels(sender, series).toMap(), Map.of()));
        } else {
          failures.add(new Failure(now, node, "partial: " + warnings.encode()));
        }
      } catch (IOException e) {
        failures.add(new Failure(now, node, String.valueOf(e.getMessage())));
      }
      LockSupport.parkNanos(50_000_000);
    }
  }

  private void compare(String node, SteadyLoad load, int sender, int series, long now, Map<Long, Double> found) {
    List<Long> lacking = load.acknowledged(sender, now - 19_999, now + 1, now).keySet().stream()
        .filter(millis -> !found.containsKey(millis)).toList();
    if (!lacking.isEmpty()) {
      long first = lacking.getFirst();
      long kill = killedAtMillis.stream().filter(at -> at <= now).reduce((_, last) -> last).orElse(0L);
      wrong.add(node + ", " + (now - kill) + " ms after kill " + killedAtMillis.size() + ": " + SteadyLoad.labels(sender, series)
          + " lacks " + lacking.size() + " samples, the oldest acknowledged "
          + (now - load.acknowledged(sender, first, first + 1, Long.MAX_VALUE).get(first)) + " ms before the query");
    }
    found.forEach((millis, value) -> {
      if (value != SteadyLoad.value(sender, series, millis)) {
        wrong.add(node + ": " + SteadyLoad.labels(sender, series) + " at " + millis + " is " + value);
      }
    });
  }

  private static Map<Map<String, String>, Map<Long, Double>> samples(JsonObject answer) {
    var all = new HashMap<Map<String, String>, Map<Long, Double>>();
    for (Object item : answer.getJsonObject("data").getJsonArray("result")) {
      JsonObject series = (JsonObject) item;
      var samples = new HashMap<Long, Double>();
      for (Object point : series.getJsonArray("values")) {
        JsonArray pair = (JsonArray) point;
        samples.put(Math.round(pair.getDouble(0) * 1000), Double.parseDouble(pair.getString(1)));
      }
      Map<String, String> labels = series.getJsonObject("metric").stream()
          .collect(Collectors.toMap(Map.Entry::getKey, entry -> (String) entry.getValue()));
      all.put(labels, samples);
    }
    return all;
  }

  // ---- afterwards

  /// What each process says of itself: every slot is in one hand, and the systems they use are there again.
  private void checkStatus(ClusterBed bed) throws IOException {
    assertEquals(64, leases(bed, "rules-1") + leases(bed, "rules-2"));
    assertEquals(16, leases(bed, "notifier-1") + leases(bed, "notifier-2"));
    JsonObject status = get(bed.url("rules-1") + "/v1/cluster").getJsonObject("data");
    assertEquals(Set.of("kafka", "postgres", "redis"), status.getJsonArray("systems").stream().map(JsonObject.class::cast)
        .filter(system -> !system.getString("concern").equals("peer")).map(system -> system.getString("kind")).collect(Collectors.toSet()));
    assertEquals(11, status.getJsonArray("nodes").size());
  }

  private int leases(ClusterBed bed, String node) throws IOException {
    JsonObject leases = get(bed.url(node) + "/v1/cluster").getJsonObject("data").getJsonObject("leases");
    assertTrue(leases.getInteger("count") > 0, () -> node + " has no share of the work");
    return leases.getInteger("count");
  }

  /// Whether a query node knows of nothing that is missing.
  private boolean lacksNothing(ClusterBed bed) {
    try {
      return query(bed.url("query-2"), SteadyLoad.METRIC + "_0", System.currentTimeMillis()).getJsonArray("warnings", new JsonArray())
          .isEmpty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Reads everything that was ever acknowledged back from one query node.
  private long checkAll(ClusterBed bed, SteadyLoad load, long startMillis) throws IOException {
    long now = System.currentTimeMillis();
    long seconds = (now - startMillis) / 1000 + 60;
    long checked = 0;
    for (int name = 0; name < 40; name++) {
      JsonObject answer = query(bed.url("query-2"), SteadyLoad.METRIC + "_" + name + "[" + seconds + "s]", now);
      assertEquals(new JsonArray(), answer.getJsonArray("warnings", new JsonArray()));
      Map<Map<String, String>, Map<Long, Double>> found = samples(answer);
      for (int sender = 0; sender < SENDERS; sender++) {
        for (int series = name; series < SERIES_PER_SENDER; series += 40) {
          Map<Long, Double> samples = found.getOrDefault(SteadyLoad.labels(sender, series).toMap(), Map.of());
          for (long millis : load.acknowledged(sender, 0, Long.MAX_VALUE, Long.MAX_VALUE).keySet()) {
            String what = SteadyLoad.labels(sender, series) + " at " + millis;
            assertTrue(samples.containsKey(millis), () -> what + " was acknowledged and is lost");
            assertEquals(SteadyLoad.value(sender, series, millis), samples.get(millis), () -> what);
            checked++;
          }
        }
      }
    }
    return checked;
  }

  private void finish(PageDesk desk, SteadyLoad load, List<String> signals, long checked) throws IOException {
    var twice = new ArrayList<String>();
    long repeated = 0;
    for (String alert : List.of("SignalHigh", "SignalHigher")) {
      for (String instance : signals) {
        for (String status : List.of("firing", "resolved")) {
          List<PageDesk.Page> pages = desk.pages(alert, instance, status);
          long keys = pages.stream().map(PageDesk.Page::idempotencyKey).distinct().count();
          if (keys != 1) {
            twice.add(alert + " " + instance + " " + status + ": " + pages.size() + " pages of " + keys + " keys");
          }
          // Who dies between the receiver's answer and its own record of it leaves a page that only the key tells from a new one.
          repeated += pages.size() - keys;
          if (pages.size() > keys && !instance.startsWith("notifier-")) {
            twice.add(alert + " " + instance + " " + status + ": " + pages.size() + " pages, though no notifier died");
          }
        }
      }
    }
    List<Failure> late = failures.stream().filter(f -> killedAtMillis.stream()
        .noneMatch(at -> f.atMillis >= at - 1_000 && f.atMillis <= at + QUERY_FAILURES_MILLIS_MAX)).toList();
    String text = """
        # A cluster under load while each kind of process is killed with kill -9

        %d samples/s of %d series from %d senders; %d partitions, 3 brokers, 3 replica sets, 2 collectors, 2 query, 2 rules, 2 notifier
        nodes, PostgreSQL, Redis, S3, all processes of one machine with %d processors.

        | killed | process | last failed query, ms after | page of a signal raised then, ms after |
        |---|---|---|---|
        %s
        - acknowledged samples read back, each with its value: %d, lost: 0
        - longest time between two acknowledgements of one sender: %d ms
        - queries while it happened: %d, not answered in full: %d, of them later than %d ms after a kill: %d
        - answers that say that a collector holds samples back until Kafka takes them: %d
        - wrong answers: %d
        - pages expected: %d, missing or doubled: %s, repeated under their key because their notifier died meanwhile: %d
        """.formatted(load.rate(), SENDERS * SERIES_PER_SENDER, SENDERS, PARTITIONS, Runtime.getRuntime().availableProcessors(), report,
        checked, load.longestSilenceMillis(), queries, failures.size(), QUERY_FAILURES_MILLIS_MAX, late.size(), held, wrong.size(),
        signals.size() * 4, twice.isEmpty() ? "none" : twice.toString(), repeated);
    Files.createDirectories(REPORT.getParent());
    Files.writeString(REPORT, text);
    System.out.println(text);
    assertEquals(List.of(), wrong.stream().limit(10).toList());
    assertEquals(List.of(), late.stream().limit(10).toList());
    assertEquals(List.of(), twice);
    assertTrue(checked > 1_000_000, "the load was next to nothing: " + checked);
  }
}
