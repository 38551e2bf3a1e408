package io.tidemark.cli;

import io.tidemark.server.Node;
import io.tidemark.server.NodeConfig;
import io.tidemark.time.Clock;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `tidemark train`: an engine in a folder of its own that takes in some hours of few hosts, answers what dashboards ask, stops, and starts
/// again from what it wrote. The launcher runs it once for each build while the JVM writes down the classes it loads and what its methods
/// do (JEP 483 and 515), so that each start after that knows them.
@Command(name = "train", hidden = true, description = "Runs the engine for some seconds over data of its own, for the JVM to learn from.")
final class Train implements Callable<Integer> {
  private static final int HOSTS = 20;
  private static final int CPUS = 4;
  private static final List<String> BOUNDS = List.of("0.1", "1", "10", "+Inf");
  private static final int STEP_MILLIS = 15_000;
  private static final int REQUEST_STEPS = 40;

  @Option(names = "--requests", paramLabel = "N", description = "Queries of each half (default: ${DEFAULT-VALUE}).")
  private int requests = 1_000;

  @Option(names = "--hours", paramLabel = "N", description = "Hours of samples (default: ${DEFAULT-VALUE}).")
  private int hours = 3;

  private final HttpClient client = HttpClient.newHttpClient();

  @Override
  public Integer call() throws Exception {
    Path folder = Files.createTempDirectory("tidemark-train-");
    try {
      var source = new NodeConfig.Source(Optional.empty(), List.of("data_dir=" + folder.resolve("data"), "listen=127.0.0.1:0",
          "diagnostics.console=false", "storage.out_of_order_window=unlimited", "query.warm_up=" + requests));
      Node node = Node.start(source);
      try {
        long end = Clock.system().millis() / STEP_MILLIS * STEP_MILLIS;
        long begin = end - hours * 3_600_000L;
        long pushed = 0;
        for (long at = begin; at < end; at += REQUEST_STEPS * STEP_MILLIS) {
          pushed += push(node, begin, at, Math.min(end, at + REQUEST_STEPS * STEP_MILLIS));
        }
        node.warmUp().await();
        send(node, "/-/flush", "");
        node.warmUp().await();
        pushed += push(node, begin, end, end + REQUEST_STEPS * STEP_MILLIS);
        System.out.println("Trained on " + pushed + " samples and " + 2 * requests + " queries.");
      } finally {
        node.close();
      }
      Node.start(source).close();
      return 0;
    } finally {
      delete(folder);
    }
  }

  /// Sends the samples of `[from, to)`; returns how many.
  private long push(Node node, long begin, long from, long to) throws Exception {
    var text = new StringBuilder();
    long count = 0;
    for (long at = from; at < to; at += STEP_MILLIS) {
      long step = (at - begin) / STEP_MILLIS;
      for (String series : series()) {
        long value = series.startsWith("train_load") ? (step * series.hashCode() >>> 7) % 1_000 : step * (series.hashCode() >>> 16);
        text.append(series).append(' ').append(value).append(' ').append(at).append('\n');
        count++;
      }
    }
    send(node, "/api/v1/import/prometheus", text.toString());
    return count;
  }

  private static List<String> series() {
    var all = new ArrayList<String>();
    for (int host = 0; host < HOSTS; host++) {
      String labels = "instance=\"host-" + host + ":9100\",job=\"node\",region=\"" + host % 3 + "\"";
      all.add("train_load{" + labels + "}");
      for (int cpu = 0; cpu < CPUS; cpu++) {
        all.add("train_cpu_seconds_total{" + labels + ",cpu=\"" + cpu + "\"}");
      }
      for (String bound : BOUNDS) {
        all.add("train_request_seconds_bucket{" + labels + ",le=\"" + bound + "\"}");
      }
    }
    return all;
  }

  private void send(Node node, String path, String body) throws IOException, InterruptedException {
    HttpResponse<String> answer = client.send(HttpRequest.newBuilder(URI.create(node.url() + path))
        .POST(HttpRequest.BodyPublishers.ofString(body)).build(), HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() >= 300) {
      throw new IOException(path + " answered " + answer.statusCode() + ": " + answer.body());
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
