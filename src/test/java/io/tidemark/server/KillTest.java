package io.tidemark.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.LabelSet;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Kills the engine's process at random instants under load, while it seals, merges, uploads and deletes, and looks for every sample that
/// it acknowledged.
///
/// `-Dkill.rounds=N` sets the number of kills (50 unless told otherwise), `-Dkill.seed=N` repeats a run.
class KillTest {
  private static final int ROUNDS = Integer.getInteger("kill.rounds", 50);
  private static final long SEED = Long.getLong("kill.seed", System.nanoTime());
  private static final int WRITERS = 3;
  private static final int SERIES_PER_WRITER = 40;
  private static final long LIFE_MILLIS_MAX = 2_500;

  /// One sender with what it was promised: for each series its acknowledged samples.
  private static final class Writer {
    final int number;
    final Random random;
    final List<Map<Long, Double>> acknowledged = new ArrayList<>();
    /// Sent without an answer: may be there or not, but only with this value.
    final List<Map<Long, Double>> unknown = new ArrayList<>();
    long clock;

    Writer(int number, long startMillis) {
      this.number = number;
      this.random = new Random(SEED + number);
      this.clock = startMillis;
      for (int i = 0; i < SERIES_PER_WRITER; i++) {
        acknowledged.add(new HashMap<>());
        unknown.add(new HashMap<>());
      }
    }

    LabelSet labels(int series) {
      return LabelSet.of("__name__", "kill_test", "writer", "w" + number, "series", "s" + series);
    }

    /// Pushes until the engine is gone.
    void pushUntilGone(EngineProcess engine) {
      while (true) {
        var body = new RemoteWriteBody();
        clock += 1 + random.nextInt(20);
        double[] values = new double[SERIES_PER_WRITER];
        for (int i = 0; i < SERIES_PER_WRITER; i++) {
          values[i] = Double.longBitsToDouble(random.nextLong() >>> 1 & 0x7fdfffffffffffffL);
          body.series(labels(i), new long[] {clock}, new double[] {values[i]});
          unknown.get(i).put(clock, values[i]);
        }
        try {
          var answer = engine.post("/api/v1/write", "application/x-protobuf", body.snappy(), "Content-Encoding", "snappy");
          assertEquals(204, answer.statusCode(), answer.body());
        } catch (UncheckedIOException e) {
          return;
        }
        for (int i = 0; i < SERIES_PER_WRITER; i++) {
          acknowledged.get(i).put(clock, values[i]);
          unknown.get(i).remove(clock);
        }
      }
    }
  }

  /// Has the engine seal, merge, upload and delete all the while, and knows what must be gone.
  private static final class Meddler {
    private static final int DELETES_PER_ROUND = 4;
    final Random random = new Random(SEED - 1);
    /// Series of one sample that must be there, and that must not; what was not answered may be either.
    final Set<String> present = new TreeSet<>();
    final Set<String> erased = new TreeSet<>();
    int victims;

    void meddleUntilGone(EngineProcess engine) {
      int deletes = 0;
      try {
        while (true) {
          switch (random.nextInt(6)) {
            case 0, 1 -> done(engine.post("/-/flush", "text/plain", new byte[0]));
            case 2 -> done(engine.post("/-/compact", "text/plain", new byte[0]));
            case 3 -> done(engine.post("/api/v1/admin/tsdb/clean_tombstones", "text/plain", new byte[0]));
            default -> {
              String victim = push(engine);
              if (deletes++ < DELETES_PER_ROUND) {
                erase(engine, victim);
              }
            }
          }
        }
      } catch (UncheckedIOException e) {
        return;
      }
    }

    private static void done(HttpResponse<String> answer) {
      assertTrue(answer.statusCode() < 300, answer.body());
    }

    private String push(EngineProcess engine) {
      String victim = "v" + victims++;
      var body = new RemoteWriteBody();
      body.series(LabelSet.of("__name__", "kill_victim", "n", victim), new long[] {System.currentTimeMillis()}, new double[] {1});
      done(engine.post("/api/v1/write", "application/x-protobuf", body.snappy(), "Content-Encoding", "snappy"));
      present.add(victim);
      return victim;
    }

    private void erase(EngineProcess engine, String victim) {
      present.remove(victim);
      done(engine.post("/api/v1/admin/tsdb/delete_series?match%5B%5D=" + URLEncoder.encode("kill_victim{n=\"" + victim + "\"}",
          StandardCharsets.UTF_8), "text/plain", new byte[0]));
      erased.add(victim);
    }

    void check(EngineProcess engine) {
      var answer = engine.get("/api/v1/query?query=count_over_time(kill_victim%5B1d%5D)");
      assertEquals(200, answer.statusCode(), answer.body());
      var found = new TreeSet<String>();
      for (Object one : new JsonObject(answer.body()).getJsonObject("data").getJsonArray("result")) {
        found.add(((JsonObject) one).getJsonObject("metric").getString("n"));
      }
      assertTrue(found.containsAll(present), () -> "missing of " + present + ": found " + found + ", seed " + SEED);
      assertTrue(erased.stream().noneMatch(found::contains), () -> "erased " + erased + ": found " + found + ", seed " + SEED);
    }
  }

  private static EngineProcess start(Path dataDir) throws IOException {
    return EngineProcess.start(dataDir, "--set", "objects.backend=directory", "--set", "storage.upload_after=0s",
        "--set", "storage.checkpoint_interval=1s", "--set", "storage.checkpoint_upload=1s");
  }

  @Test
  void everyAcknowledgedSampleSurvivesAKillAtAnyInstant(@TempDir Path dataDir) throws Exception {
    System.out.println("kill test: seed " + SEED + ", " + ROUNDS + " kills");
    var random = new Random(SEED);
    long startMillis = System.currentTimeMillis() - 600_000;
    List<Writer> writers = new ArrayList<>();
    for (int i = 0; i < WRITERS; i++) {
      writers.add(new Writer(i, startMillis));
    }
    var meddler = new Meddler();
    for (int round = 0; round < ROUNDS; round++) {
      try (EngineProcess engine = start(dataDir)) {
        List<CompletableFuture<Void>> pushing = new ArrayList<>();
        pushing.add(CompletableFuture.runAsync(() -> meddler.meddleUntilGone(engine), task -> Thread.ofPlatform().start(task)));
        for (Writer writer : writers) {
          pushing.add(CompletableFuture.runAsync(() -> writer.pushUntilGone(engine), task -> Thread.ofPlatform().start(task)));
        }
        var kill = CompletableFuture.runAsync(engine::kill,
            CompletableFuture.delayedExecutor(random.nextLong(LIFE_MILLIS_MAX), TimeUnit.MILLISECONDS));
        kill.get();
        CompletableFuture.allOf(pushing.toArray(CompletableFuture[]::new)).get();
      }
    }
    long checked = 0;
    try (EngineProcess engine = start(dataDir)) {
      meddler.check(engine);
      for (Writer writer : writers) {
        for (int i = 0; i < SERIES_PER_WRITER; i++) {
          checked += check(engine, writer, i);
        }
      }
      assertEquals(0, engine.stop());
    }
    System.out.println("kill test: " + checked + " acknowledged samples, all there, once, with their bits; " + meddler.erased.size()
        + " erased series gone, " + meddler.present.size() + " others there");
    assertTrue(checked > ROUNDS, "the test pushed next to nothing: " + checked);
  }

  private static long check(EngineProcess engine, Writer writer, int series) throws IOException {
    LabelSet labels = writer.labels(series);
    String query = URLEncoder.encode(labels + "[1h]", StandardCharsets.UTF_8);
    var answer = engine.get("/api/v1/query?query=" + query + "&time=" + (writer.clock / 1000 + 60));
    assertEquals(200, answer.statusCode(), answer.body());
    JsonArray result = new JsonObject(answer.body()).getJsonObject("data").getJsonArray("result");
    if (writer.acknowledged.get(series).isEmpty() && result.isEmpty()) {
      return 0;
    }
    assertEquals(1, result.size(), () -> labels + ": " + answer.body());
    Map<Long, Double> stored = new HashMap<>();
    for (Object point : result.getJsonObject(0).getJsonArray("values")) {
      JsonArray pair = (JsonArray) point;
      long millis = Math.round(pair.getDouble(0) * 1000);
      assertEquals(null, stored.put(millis, Double.parseDouble(pair.getString(1))), () -> labels + " answers twice at " + millis);
    }
    writer.acknowledged.get(series).forEach((millis, value) -> assertEquals(Double.doubleToRawLongBits(value),
        Double.doubleToRawLongBits(stored.getOrDefault(millis, Double.NaN)), () -> labels + " at " + millis + ", seed " + SEED));
    stored.forEach((millis, value) -> {
      double sent = writer.acknowledged.get(series).getOrDefault(millis, writer.unknown.get(series).getOrDefault(millis, Double.NaN));
      assertEquals(sent, value, () -> labels + " at " + millis + " was never sent, seed " + SEED);
    });
    return writer.acknowledged.get(series).size();
  }
}
