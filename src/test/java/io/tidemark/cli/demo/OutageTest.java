package io.tidemark.cli.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.TidemarkException;
import io.tidemark.time.Clock;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.client.WebClient;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutageTest {
  private static final long SECONDS = 90;
  private final Vertx vertx = Vertx.vertx();
  private final WebClient client = WebClient.create(vertx);

  @TempDir
  private Path folder;

  @AfterEach
  void close() throws Exception {
    vertx.close().await(SECONDS, TimeUnit.SECONDS);
  }

  private void push(String url, double value) throws Exception {
    assertEquals(2, client.postAbs(url + "/api/v1/import/prometheus").sendBuffer(Buffer.buffer("outage_total " + value + "\n"))
        .await(SECONDS, TimeUnit.SECONDS).statusCode() / 100);
  }

  private Prober.Report eventually(Prober prober, long answered) throws Exception {
    long deadline = Clock.system().nanos() + TimeUnit.SECONDS.toNanos(SECONDS);
    while (prober.report().answered() < answered) {
      assertTrue(Clock.system().nanos() < deadline, () -> "too few answers: " + prober.report());
      vertx.timer(100).await(SECONDS, TimeUnit.SECONDS);
    }
    return prober.report();
  }

  /// One node is killed and comes back: nobody else has its data, so queries fail exactly while it is away.
  @Test
  void countsWhatTheQueriesNoticeOfANodeThatIsKilled() throws Exception {
    int port = Family.freePorts(21_700, 1);
    String url = "http://127.0.0.1:" + port;
    var node = new Program("node", 0, 256, List.of("tidemark", "serve", "--data-dir", folder.resolve("node").toString(),
        "--listen", "127.0.0.1:" + port, "--set", "diagnostics.console=false"), ClusterPlan.READY);
    var lines = Collections.synchronizedList(new ArrayList<String>());
    try (var family = new Family(folder.resolve("logs"), _ -> {})) {
      family.start(List.of(node));
      push(url, 7);
      var prober = new Prober(List.of(url), "sum(outage_total)", Clock.system());
      vertx.deployVerticle(prober).await(SECONDS, TimeUnit.SECONDS);
      prober.begin();
      Prober.Report before = eventually(prober, 10);
      assertEquals(0, before.failed() + before.partial() + before.wentBack(), before::toString);

      var outage = new Outage(family, Map.of("node", url), prober, client, Clock.system(), (kind, text) -> lines.add(kind + ": " + text));
      Outage.Course course = outage.tell("node", "node", 2);
      assertTrue(course.whileAway().failed() >= 5, course::toString);
      assertTrue(course.whileAway().lastFailedNanos() <= TimeUnit.SECONDS.toNanos(SECONDS), course::toString);
      assertEquals(0, course.missed(), course::toString);
      assertEquals(List.of("killed", "queries", "ready again", "caught up", "queries"),
          lines.stream().map(line -> line.substring(0, line.indexOf(':'))).toList());
      assertTrue(lines.get(1).contains(course.whileAway().failed() + " failed, asked from "), lines::toString);

      prober.begin();
      assertEquals(0, eventually(prober, 10).failed());
      // Somebody has seen 7; an answer of less than that has lost it.
      push(url, 3);
      long deadline = Clock.system().nanos() + TimeUnit.SECONDS.toNanos(SECONDS);
      while (prober.report().wentBack() == 0) {
        assertTrue(Clock.system().nanos() < deadline, "a smaller answer was not noticed");
        vertx.timer(100).await(SECONDS, TimeUnit.SECONDS);
      }
      ProcessHandle.of(family.child("node").pid()).orElseThrow().destroyForcibly();
      assertTrue(assertThrows(TidemarkException.class, () -> Outage.pass(family, SECONDS * 1_000)).getMessage()
          .startsWith("node ended with code 137"));
    }
  }

  @Test
  void readsTheProgressOfAStorageNode() {
    assertEquals(new StorageProgress(2, 47, 3), StorageProgress.read("""
        # TYPE tidemark_storage_applied_position gauge
        tidemark_storage_applied_position{shard="0"} 5
        tidemark_storage_applied_position{shard="1"} 42
        tidemark_storage_log_lag_records{shard="0"} 0
        tidemark_storage_log_lag_records{shard="1"} 3
        """));
  }
}
