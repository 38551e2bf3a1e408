package io.tidemark.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.LabelSet;
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
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The same samples and the same questions to one embedded process, to one process on Kafka, PostgreSQL, Redis and S3, and to several
/// processes that share the roles: every answer is the same text. The several are four, two of which share the shards, and ten in the form
/// of `demo --cluster`: two of each kind, each storage node a replica set of its own.
///
/// The questions are the list of Prometheus' compliance test where it is at hand (in `$TIDEMARK_CONFORMANCE`, or in `shared/conformance`
/// beside this checkout or beside a directory above it), the list of `benchmarks/peers`, and a list of our own.
class TopologiesTest {
  private static final long WINDOW_MILLIS = 2 * 60 * 60 * 1000L;
  private static final long MINUTE_MILLIS = 60_000;
  private static final long STEP_MILLIS = 15_000;
  /// The samples span one hour, with a boundary of two windows in the middle.
  private static final long HALF_MILLIS = 30 * MINUTE_MILLIS;
  /// What is older is sealed into blocks before the rest is pushed.
  private static final long SEALED_UNTIL_MILLIS = 10 * MINUTE_MILLIS;
  private static final long PUSH_MILLIS = 10 * MINUTE_MILLIS;
  private static final long WAIT_MILLIS = 90_000;
  private static final int ALL_ANSWERS_MIN = 200;
  private static final double STALE = Double.longBitsToDouble(0x7ff0000000000002L);
  private static final Path PEER_QUERIES = Path.of("benchmarks/peers/node-queries.txt");
  private static final Pattern LISTED = Pattern.compile("  - query: '(.*)'");
  private static final List<String> OWN = List.of(
      "demo_memory_usage_bytes", "demo_memory_usage_bytes{type=~\"free|used\"}", "demo_memory_usage_bytes offset 7m", "{job=\"demo\"}",
      "count by (__name__) ({job=~\".+\"})", "sum(demo_memory_usage_bytes)", "avg by (type) (demo_memory_usage_bytes)",
      "stddev by (instance) (demo_disk_usage_bytes or demo_memory_usage_bytes)", "stdvar without (type) (demo_memory_usage_bytes)",
      "quantile by (type) (0.3, demo_memory_usage_bytes)", "topk(4, demo_memory_usage_bytes)",
      "bottomk by (type) (1, demo_memory_usage_bytes)",
      "count_values(\"cpus\", demo_num_cpus)", "group by (type) (demo_memory_usage_bytes)", "limitk(3, demo_memory_usage_bytes)",
      "rate(demo_cpu_usage_seconds_total[5m])", "irate(demo_cpu_usage_seconds_total[2m])", "increase(demo_items_shipped_total[10m])",
      "sum by (mode) (rate(demo_cpu_usage_seconds_total[3m]))", "resets(demo_cpu_usage_seconds_total[30m])",
      "changes(demo_num_cpus[20m])", "delta(demo_disk_usage_bytes[15m])", "deriv(demo_disk_usage_bytes[15m])",
      "predict_linear(demo_disk_usage_bytes[10m], 3600)", "avg_over_time(demo_memory_usage_bytes[6m])",
      "quantile_over_time(0.9, demo_api_http_requests_in_progress[10m])", "stddev_over_time(demo_memory_usage_bytes[9m])",
      "count_over_time(demo_intermittent_metric[20m])", "last_over_time(demo_intermittent_metric[10m])",
      "absent_over_time(demo_intermittent_metric{instance=\"none\"}[5m])", "absent(demo_nothing)", "demo_intermittent_metric",
      "present_over_time(demo_intermittent_metric[4m])",
      "histogram_quantile(0.9, rate(demo_api_request_duration_seconds_bucket[5m]))",
      "histogram_quantile(0.5, sum by (le, path) (rate(demo_api_request_duration_seconds_bucket[7m])))",
      "rate(demo_api_request_duration_seconds_sum[5m]) / rate(demo_api_request_duration_seconds_count[5m])",
      "sum(rate(demo_api_request_duration_seconds_count{status=~\"5..\"}[5m])) / sum(rate(demo_api_request_duration_seconds_count[5m]))",
      "sum by (instance) (demo_memory_usage_bytes) / on (instance) demo_num_cpus",
      "demo_memory_usage_bytes / on (instance) group_left demo_num_cpus", "demo_memory_usage_bytes > 2e9",
      "demo_memory_usage_bytes > bool 2e9", "demo_num_cpus and on (instance) demo_disk_usage_bytes > 1e10",
      "demo_num_cpus unless on (instance) demo_intermittent_metric", "demo_num_cpus or demo_disk_usage_bytes",
      "max_over_time(sum(rate(demo_cpu_usage_seconds_total[2m]))[15m:1m])", "min_over_time(demo_num_cpus[10m:30s] offset 3m)",
      "label_replace(demo_num_cpus, \"host\", \"$1\", \"instance\", \"([^:]+):.*\")",
      "label_join(demo_num_cpus, \"both\", \"/\", \"job\", \"instance\")", "sort_desc(demo_disk_usage_bytes)",
      "time() - demo_batch_last_success_timestamp_seconds", "timestamp(demo_num_cpus)", "demo_num_cpus @ end()",
      "demo_memory_usage_bytes @ start() - demo_memory_usage_bytes", "scalar(sum(demo_num_cpus)) + 1", "vector(1)", "1 + 2",
      "rate(demo_disk_usage_bytes[5m])", "histogram_quantile(0.9, demo_memory_usage_bytes)", "demo_num_cpus / demo_memory_usage_bytes",
      "demo_num_cpus + on (job) demo_disk_usage_bytes", "sum(", "nosuchfunction(demo_num_cpus)", "demo_num_cpus[5m]");

  /// Everything else that reads series.
  private static final List<String> LOOK_UPS = List.of("/api/v1/labels", "/api/v1/label/__name__/values", "/api/v1/label/instance/values",
      "/api/v1/series?match%5B%5D=" + encoded("{job=~\"demo|node\"}"),
      "/api/v1/series?match%5B%5D=demo_num_cpus&match%5B%5D=demo_disk_usage_bytes",
      "/api/v1/labels?match%5B%5D=demo_num_cpus", "/api/v1/label/type/values?match%5B%5D=demo_memory_usage_bytes", "/api/v1/metadata",
      "/federate?match%5B%5D=" + encoded("{job=\"demo\"}"));

  /// One of the ways to run the engine.
  private record Topology(String name, String collector, List<String> storages, String query) {}

  private record Series(LabelSet labels, long[] timesMillis, double[] values) {}

  private record Answer(int status, String body) {
    private static final Pattern NOTHING = Pattern.compile(".*\"result\":\\[\\].*", Pattern.DOTALL);

    boolean hasData() {
      return status == 200 && !NOTHING.matcher(body).matches();
    }
  }

  private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  /// The boundary of two windows; the newest sample is between half an hour and two and a half hours old.
  private final long boundaryMillis = (System.currentTimeMillis() - 2 * HALF_MILLIS) / WINDOW_MILLIS * WINDOW_MILLIS;

  @Test
  void everyTopologyAnswersWithTheSameText(@TempDir Path dir) throws Exception {
    long startMillis = System.currentTimeMillis();
    try (var embedded = EngineProcess.start(dir.resolve("embedded"));
        var bed = new ClusterBed(dir, new ClusterBed.Plan(1, 6, 1, "groups: []\n", "", List.of()))) {
      bed.startAll(List.of(() -> bed.start("whole", Role.list(Role.ALL), apart("whole")),
          () -> bed.start("collector", "collector", apart("shared")), () -> bed.start("storage-1", "storage", apart("shared")),
          () -> bed.start("storage-2", "storage", apart("shared")), () -> bed.start("query", "query,api", apart("shared"))));
      bed.startAll(Stream.of("storage", "collector", "query", "rules", "notifier").flatMap(kind -> IntStream.range(0, 2)
          .mapToObj(i -> (Runnable) () -> bed.start("demo-" + kind + "-" + i, kind.equals("query") ? "query,api" : kind,
              apart("demo", "cluster.replica_sets=2", "cluster.replica_set=" + (kind.equals("storage") ? i : 0))))).toList());
      List<Topology> topologies = List.of(
          new Topology("one embedded process", embedded.url(), List.of(embedded.url()), embedded.url()),
          new Topology("one process on Kafka, PostgreSQL, Redis and S3", bed.url("whole"), List.of(bed.url("whole")), bed.url("whole")),
          new Topology("four processes that share the roles", bed.url("collector"), List.of(bed.url("storage-1"), bed.url("storage-2")),
              bed.url("query")),
          new Topology("ten processes as in the demo", bed.url("demo-collector-1"),
              List.of(bed.url("demo-storage-0"), bed.url("demo-storage-1")), bed.url("demo-query-1")));
      bothStoresHaveShards(bed);
      List<Series> data = data();
      ofEach(topologies, topology -> fill(topology, data));
      compare(topologies, data, startMillis);
      assertTrue(get(bed.url("demo-query-1") + "/metrics").body.lines().anyMatch(line -> line.startsWith("tidemark_peer_parts_total ")
          && !line.endsWith(" 0")), "no part of a query was evaluated by another node");
    }
  }

  /// Settings that keep what lies on shared servers apart.
  private static String[] apart(String name, String... more) {
    var settings = new ArrayList<>(List.of("log.kafka.topic=" + name + ".samples", "log.kafka.alerts_topic=" + name + ".alerts",
        "state.redis.prefix=" + name + ":", "objects.s3.prefix=" + name + "/"));
    settings.addAll(List.of(more));
    return settings.toArray(String[]::new);
  }

  private void bothStoresHaveShards(ClusterBed bed) throws Exception {
    until("both storage nodes to own shards", () -> {
      JsonArray nodes = new JsonObject(get(bed.url("query") + "/v1/cluster").body).getJsonObject("data").getJsonArray("nodes");
      return nodes.stream().map(JsonObject.class::cast).filter(node -> node.getString("id").startsWith("storage-")
          && node.getInteger("shards") > 0).count() == 2;
    });
  }

  // ---- data

  private List<Series> data() {
    var all = new ArrayList<Series>();
    var random = new Random(3);
    for (int i = 0; i < 3; i++) {
      String instance = "demo.promlabs.com:1000" + i;
      for (String type : List.of("used", "free", "buffers", "cached")) {
        double middle = 1e9 * (1 + i + type.length());
        all.add(series(i, walk(random, middle, middle / 100), "demo_memory_usage_bytes", "instance", instance, "type", type));
      }
      for (String mode : List.of("user", "system", "idle")) {
        all.add(series(i, counter(random, mode.length()), "demo_cpu_usage_seconds_total", "instance", instance, "mode", mode));
      }
      all.add(series(i, constant(4 << i), "demo_num_cpus", "instance", instance));
      all.add(series(i, walk(random, 1e10, 3e6), "demo_disk_usage_bytes", "instance", instance));
      all.add(series(i, constant(2.6e10 * (i + 1)), "demo_disk_total_bytes", "instance", instance));
      all.add(series(i, counter(random, 0.3), "demo_items_shipped_total", "instance", instance));
      all.add(series(i, gauge(random, 40), "demo_api_http_requests_in_progress", "instance", instance));
      double[] runs = steps();
      for (int k = 0; k < runs.length; k++) {
        runs[k] = (boundaryMillis - HALF_MILLIS + k / 20 * 20 * STEP_MILLIS) / 1000.0 - i;
      }
      all.add(series(i, runs, "demo_batch_last_success_timestamp_seconds", "instance", instance));
      all.add(intermittent(i, instance));
      histogram(all, random, i, instance, "GET", "/api/foo", "200");
      histogram(all, random, i, instance, "GET", "/api/foo", "500");
      histogram(all, random, i, instance, "POST", "/api/bar", "200");
      node(all, random, i);
    }
    return all;
  }

  private void node(List<Series> all, Random random, int i) {
    String instance = "node-" + i + ":9100";
    all.add(node(i, constant(1), "up", instance));
    all.add(node(i, walk(random, 1.5, 0.05), "node_load1", instance));
    all.add(node(i, walk(random, 1.2, 0.02), "node_load5", instance));
    all.add(node(i, constant(8e9), "node_memory_MemTotal_bytes", instance));
    all.add(node(i, walk(random, 4e9, 1e7), "node_memory_MemAvailable_bytes", instance));
    all.add(node(i, walk(random, 3e9, 1e7), "node_memory_MemFree_bytes", instance));
    all.add(node(i, counter(random, 400), "node_context_switches_total", instance));
    all.add(node(i, constant(1), "node_uname_info", instance, "nodename", "n" + i, "release", "6." + i, "sysname", "Linux"));
    for (String cpu : List.of("0", "1")) {
      for (String mode : List.of("idle", "user", "system")) {
        all.add(node(i, counter(random, mode.length() / 8.0), "node_cpu_seconds_total", instance, "cpu", cpu, "mode", mode));
      }
    }
  }

  private Series node(int i, double[] values, String name, String instance, String... more) {
    return labelled(i, values, name, "node", instance, more);
  }

  private Series series(int i, double[] values, String name, String... instanceAndMore) {
    return labelled(i, values, name, "demo", instanceAndMore[1], Arrays.copyOfRange(instanceAndMore, 2, instanceAndMore.length));
  }

  private Series labelled(int i, double[] values, String name, String job, String instance, String... more) {
    var labels = new ArrayList<>(List.of("__name__", name, "job", job, "instance", instance));
    labels.addAll(List.of(more));
    long[] times = new long[values.length];
    for (int k = 0; k < times.length; k++) {
      // Scrapes of different instances do not coincide.
      times[k] = boundaryMillis - HALF_MILLIS + k * STEP_MILLIS + i * 1_370L;
    }
    return new Series(LabelSet.of(labels.toArray(String[]::new)), times, values);
  }

  private static double[] steps() {
    return new double[(int) (2 * HALF_MILLIS / STEP_MILLIS)];
  }

  private static double[] constant(double value) {
    double[] values = steps();
    Arrays.fill(values, value);
    return values;
  }

  private static double[] gauge(Random random, int bound) {
    double[] values = steps();
    Arrays.setAll(values, _ -> random.nextInt(bound));
    return values;
  }

  private static double[] walk(Random random, double start, double step) {
    double[] values = steps();
    double at = start;
    for (int k = 0; k < values.length; k++) {
      at += random.nextGaussian() * step;
      values[k] = at;
    }
    return values;
  }

  /// Grows, and starts again from nothing once.
  private static double[] counter(Random random, double rate) {
    double[] values = steps();
    int reset = 40 + random.nextInt(values.length - 60);
    double at = random.nextDouble() * 5000;
    for (int k = 0; k < values.length; k++) {
      at = k == reset ? 0 : at + rate * (0.6 + random.nextDouble());
      values[k] = at;
    }
    return values;
  }

  /// There for three minutes, away for four; the first instance goes without a staleness marker.
  private Series intermittent(int i, String instance) {
    double[] values = steps();
    Series whole = series(i, values, "demo_intermittent_metric", "instance", instance);
    var kept = new TreeMap<Long, Double>();
    for (int k = 0; k < values.length; k++) {
      if (k % 28 < 12) {
        kept.put(whole.timesMillis[k], (double) k);
      } else if (k % 28 == 12 && i > 0) {
        kept.put(whole.timesMillis[k], STALE);
      }
    }
    return new Series(whole.labels, kept.keySet().stream().mapToLong(Long::longValue).toArray(),
        kept.values().stream().mapToDouble(Double::doubleValue).toArray());
  }

  private void histogram(List<Series> all, Random random, int i, String instance, String... methodPathStatus) {
    String[] bounds = {"0.001", "0.0025", "0.01", "0.05", "0.1", "0.5", "1", "+Inf"};
    double[][] counts = new double[bounds.length][steps().length];
    double[] sums = steps();
    for (int k = 0; k < sums.length; k++) {
      for (int b = 0; b < bounds.length; b++) {
        counts[b][k] = k == 0 ? 0 : counts[b][k - 1];
      }
      sums[k] = k == 0 ? 0 : sums[k - 1];
      for (int request = random.nextInt(9); request > 0; request--) {
        double seconds = Math.exp(-4 + 1.5 * random.nextGaussian());
        sums[k] += seconds;
        for (int b = 0; b < bounds.length; b++) {
          counts[b][k] += b == bounds.length - 1 || seconds <= Double.parseDouble(bounds[b]) ? 1 : 0;
        }
      }
    }
    String[] labels = {"instance", instance, "method", methodPathStatus[0], "path", methodPathStatus[1], "status", methodPathStatus[2]};
    String name = "demo_api_request_duration_seconds";
    for (int b = 0; b < bounds.length; b++) {
      String[] withBound = Arrays.copyOf(labels, labels.length + 2);
      withBound[labels.length] = "le";
      withBound[labels.length + 1] = bounds[b];
      all.add(series(i, counts[b], name + "_bucket", withBound));
    }
    all.add(series(i, sums, name + "_sum", labels));
    all.add(series(i, counts[bounds.length - 1], name + "_count", labels));
  }

  // ---- filling

  private Void fill(Topology topology, List<Series> data) throws Exception {
    long sealedUntil = boundaryMillis + SEALED_UNTIL_MILLIS;
    push(topology, data, boundaryMillis - HALF_MILLIS, sealedUntil);
    awaitSamples(topology, data, sealedUntil);
    for (String storage : topology.storages) {
      HttpResponse<String> answer = client.send(HttpRequest.newBuilder(URI.create(storage + "/-/flush"))
          .POST(HttpRequest.BodyPublishers.noBody()).build(), HttpResponse.BodyHandlers.ofString());
      assertEquals(200, answer.statusCode(), () -> topology.name + ": " + answer.body());
      assertTrue(get(storage + "/metrics").body.lines().anyMatch(line -> line.startsWith("tidemark_sealed_blocks_total{")
          && !line.endsWith(" 0")), () -> topology.name + ": nothing was sealed by " + storage);
    }
    push(topology, data, sealedUntil, Long.MAX_VALUE);
    awaitSamples(topology, data, Long.MAX_VALUE);
    return null;
  }

  private void push(Topology topology, List<Series> data, long from, long to) throws Exception {
    for (long at = from; at < Math.min(to, boundaryMillis + HALF_MILLIS + MINUTE_MILLIS); at += PUSH_MILLIS) {
      long end = Math.min(to, at + PUSH_MILLIS);
      var body = new RemoteWriteBody();
      for (Series series : data) {
        int first = from(series, at);
        int last = from(series, end);
        if (first < last) {
          body.series(series.labels, Arrays.copyOfRange(series.timesMillis, first, last), Arrays.copyOfRange(series.values, first, last));
        }
      }
      byte[] bytes = body.snappy();
      until("a push to " + topology.name, () -> {
        HttpResponse<String> answer = client.send(HttpRequest.newBuilder(URI.create(topology.collector + "/api/v1/write"))
            .header("Content-Type", "application/x-protobuf").header("Content-Encoding", "snappy")
            .POST(HttpRequest.BodyPublishers.ofByteArray(bytes)).build(), HttpResponse.BodyHandlers.ofString());
        assertTrue(answer.statusCode() == 204 || answer.statusCode() == 503, () -> answer.statusCode() + " " + answer.body());
        return answer.statusCode() == 204;
      });
    }
  }

  /// The index of the first sample that is not older.
  private static int from(Series series, long millis) {
    int found = Arrays.binarySearch(series.timesMillis, millis);
    return found < 0 ? -found - 1 : found;
  }

  private void awaitSamples(Topology topology, List<Series> data, long to) throws Exception {
    long expected = 0;
    for (Series series : data) {
      for (int k = 0; k < from(series, to); k++) {
        expected += Double.isNaN(series.values[k]) ? 0 : 1;
      }
    }
    long all = expected;
    var last = new AtomicReference<>("");
    until(() -> all + " samples in " + topology.name + ", last: " + last, () -> {
      Answer answer = instant(topology, "{job=~\"demo|node\"}[2h]", boundaryMillis + HALF_MILLIS + MINUTE_MILLIS);
      JsonObject json = new JsonObject(answer.body);
      JsonArray result = answer.status == 200 ? json.getJsonObject("data").getJsonArray("result") : new JsonArray();
      JsonArray warnings = json.getJsonArray("warnings", new JsonArray());
      long found = result.stream().mapToLong(series -> ((JsonObject) series).getJsonArray("values").size()).sum();
      last.set(answer.status + ", " + found + " samples, " + json.getString("error", "no error") + ", " + warnings);
      return found == all && warnings.isEmpty();
    });
  }

  // ---- asking

  private void compare(List<Topology> topologies, List<Series> data, long startMillis) throws Exception {
    Optional<Path> listed = listed();
    List<String> queries = queries(listed);
    long before = System.currentTimeMillis();
    List<Map<String, Answer>> answers = ofEach(topologies, topology -> answers(topology, queries));
    long askedMillis = System.currentTimeMillis() - before;
    var different = new ArrayList<String>();
    Map<String, Answer> first = answers.getFirst();
    for (int i = 1; i < topologies.size(); i++) {
      for (Map.Entry<String, Answer> entry : first.entrySet()) {
        Answer other = answers.get(i).get(entry.getKey());
        if (!entry.getValue().equals(other)) {
          different.add(entry.getKey() + "\n  " + topologies.getFirst().name + ": " + excerpt(entry.getValue(), other) + "\n  "
              + topologies.get(i).name + ": " + excerpt(other, entry.getValue()));
        }
      }
    }
    long full = first.values().stream().filter(Answer::hasData).count();
    long refused = first.values().stream().filter(answer -> answer.status != 200).count();
    System.out.printf("TopologiesTest: %d queries (%s), each at an instant and over a range, and look-ups, to %d topologies: %d answers"
            + " each, %d with data, %d errors, %d that differ; %d series, asked for %d ms, %d ms in all%n", queries.size(),
        listed.map(_ -> "with the list of the compliance test").orElse("the list of the compliance test is not at hand"),
        topologies.size(), first.size(), full, refused, different.size(), data.size(), askedMillis,
        System.currentTimeMillis() - startMillis);
    assertEquals(0, different.size(), () -> String.join("\n", different.subList(0, Math.min(20, different.size()))));
    assertTrue(full >= (listed.isPresent() ? ALL_ANSWERS_MIN : OWN.size()), "answers with data: " + full);
  }

  /// Where two answers part.
  private static String excerpt(Answer answer, Answer other) {
    int at = Arrays.mismatch(answer.body.getBytes(StandardCharsets.UTF_8), other.body.getBytes(StandardCharsets.UTF_8));
    int from = Math.clamp(at - 120L, 0, answer.body.length());
    return answer.status + " at " + at + " of " + answer.body.length() + ": "
        + answer.body.substring(from, Math.min(answer.body.length(), from + 240));
  }

  private Map<String, Answer> answers(Topology topology, List<String> queries) throws Exception {
    var answers = new LinkedHashMap<String, Answer>();
    for (String lookUp : LOOK_UPS) {
      Answer answer = get(topology.query + lookUp);
      assertEquals(200, answer.status, () -> topology.name + " " + lookUp + ": " + answer.body);
      answers.put(lookUp, answer);
    }
    for (String query : queries) {
      answers.put("instant " + query, instant(topology, query, boundaryMillis + 12 * MINUTE_MILLIS + 34_567));
      answers.put("range " + query, get(topology.query + "/api/v1/query_range?query=" + encoded(query) + "&start="
          + seconds(boundaryMillis - 20 * MINUTE_MILLIS) + "&end=" + seconds(boundaryMillis + 25 * MINUTE_MILLIS) + "&step=47"));
    }
    return answers;
  }

  private Answer instant(Topology topology, String query, long millis) throws Exception {
    return get(topology.query + "/api/v1/query?query=" + encoded(query) + "&time=" + seconds(millis));
  }

  private Answer get(String url) throws IOException, InterruptedException {
    HttpResponse<String> answer = client.send(HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofSeconds(60)).build(),
        HttpResponse.BodyHandlers.ofString());
    return new Answer(answer.statusCode(), answer.body());
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private static String seconds(long millis) {
    return millis / 1000 + "." + String.format("%03d", millis % 1000);
  }

  private List<String> queries(Optional<Path> listed) throws IOException {
    var queries = new LinkedHashSet<>(OWN);
    for (String line : Files.readAllLines(PEER_QUERIES)) {
      if (!line.isBlank() && !line.startsWith("#")) {
        queries.add(line.replace("$T", seconds(boundaryMillis)));
      }
    }
    if (listed.isPresent()) {
      List<String> lines = Files.readAllLines(listed.get()).stream().filter(line -> line.contains("- query:")).toList();
      List<String> read = lines.stream().map(LISTED::matcher).filter(Matcher::matches).map(m -> m.group(1).replace("''", "'")).toList();
      assertEquals(lines.size(), read.size(), () -> "queries of " + listed.get() + " in a form that is not known here");
      queries.addAll(read);
    }
    return List.copyOf(queries);
  }

  private static Optional<Path> listed() {
    String file = "promql-queries.yml";
    String named = System.getenv("TIDEMARK_CONFORMANCE");
    if (named != null && !named.isBlank()) {
      // It names the directory of the scripts; the list lies there or above.
      return List.of(Path.of(named, file), Path.of(named).toAbsolutePath().resolveSibling(file)).stream().filter(Files::exists).findFirst();
    }
    for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      Path list = at.resolveSibling("shared").resolve("conformance").resolve(file);
      if (Files.exists(list)) {
        return Optional.of(list);
      }
    }
    return Optional.empty();
  }

  private interface Work<T> {
    T of(Topology topology) throws Exception;
  }

  private static <T> List<T> ofEach(List<Topology> topologies, Work<T> work) throws Exception {
    try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<T>> all = topologies.stream().map(topology -> pool.submit(() -> work.of(topology))).toList();
      var done = new ArrayList<T>();
      for (Future<T> one : all) {
        done.add(one.get());
      }
      return done;
    }
  }

  private static void until(String what, Callable<Boolean> reached) throws Exception {
    until(() -> what, reached);
  }

  private static void until(Supplier<String> what, Callable<Boolean> reached) throws Exception {
    long deadline = System.currentTimeMillis() + WAIT_MILLIS;
    while (!reached.call()) {
      assertTrue(System.currentTimeMillis() < deadline, () -> "waited " + WAIT_MILLIS + " ms in vain for " + what.get());
      LockSupport.parkNanos(100_000_000);
    }
  }
}
