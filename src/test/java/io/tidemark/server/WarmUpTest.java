package io.tidemark.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Future;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WarmUpTest {
  private static final int REQUESTS = 40;
  private static final long TWO_DAYS_MILLIS = 2 * 24 * 3_600_000L;

  private final HttpClient client = HttpClient.newHttpClient();
  private Node node;

  @BeforeEach
  void start(@TempDir Path folder) {
    node = Node.start(new NodeConfig.Source(Optional.empty(), List.of("data_dir=" + folder.resolve("data"), "listen=127.0.0.1:0",
        "diagnostics.console=false", "storage.out_of_order_window=unlimited", "query.warm_up=" + REQUESTS)));
  }

  @AfterEach
  void stop() {
    node.close();
    client.close();
  }

  private String exchange(HttpRequest.Builder request) throws Exception {
    HttpResponse<String> answer = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    assertTrue(answer.statusCode() < 300, answer.body());
    return answer.body();
  }

  private long printed(String line) throws Exception {
    return exchange(HttpRequest.newBuilder(URI.create(node.url() + "/metrics"))).lines().filter(text -> text.startsWith(line + " "))
        .mapToLong(text -> Long.parseLong(text.split(" ")[1])).findFirst().orElse(0);
  }

  private void push() throws Exception {
    var text = new StringBuilder();
    long newest = System.currentTimeMillis() - TWO_DAYS_MILLIS;
    for (int i = 20; i >= 0; i--) {
      String at = " " + i + " " + (newest - i * 15_000L) + "\n";
      text.append("load1{instance=\"a \\\"b\\\"\",job=\"node\"}").append(at);
      text.append("requests_total{instance=\"a\",job=\"node\"}").append(at);
      text.append("seconds_bucket{instance=\"a\",job=\"node\",le=\"+Inf\"}").append(at);
    }
    exchange(HttpRequest.newBuilder(URI.create(node.url() + "/api/v1/import/prometheus"))
        .POST(HttpRequest.BodyPublishers.ofString(text.toString())));
  }

  @Test
  void asksForWhatIsStoredAndGetsAnswers() throws Exception {
    push();
    node.warmUp().await();
    assertEquals(REQUESTS, printed("tidemark_warm_up_requests_total"));
    assertEquals(0, printed("tidemark_http_requests_total{code=\"400\"}"));
    // A request counts when its answer is on its way, which the last one's may not tell yet.
    assertTrue(printed("tidemark_http_requests_total{code=\"200\"}") >= REQUESTS - 1);
    assertTrue(printed("tidemark_query_samples_total") > 0);
    assertTrue(printed("tidemark_query_cache_entries") > 0);
  }

  @Test
  void waitsUntilSomethingIsStored() throws Exception {
    Future<Void> warm = node.warmUp();
    assertFalse(warm.isComplete());
    assertEquals(0, printed("tidemark_warm_up_requests_total"));
    push();
    warm.await();
    assertEquals(REQUESTS, printed("tidemark_warm_up_requests_total"));
  }
}
