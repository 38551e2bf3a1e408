package io.tidemark.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.LabelSet;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Kills the engine's process at random instants under load and looks for every sample that it acknowledged.
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

  @Test
  void everyAcknowledgedSampleSurvivesAKillAtAnyInstant(@TempDir Path dataDir) throws Exception {
    System.out.println("kill test: seed " + SEED + ", " + ROUNDS + " kills");
    var random = new Random(SEED);
    long startMillis = System.currentTimeMillis() - 600_000;
    List<Writer> writers = new ArrayList<>();
    for (int i = 0; i < WRITERS; i++) {
      writers.add(new Writer(i, startMillis));
    }
    for (int round = 0; round < ROUNDS; round++) {
      try (EngineProcess engine = EngineProcess.start(dataDir)) {
        List<CompletableFuture<Void>> pushing = new ArrayList<>();
        for (Writer writer : writers) {
          pushing.add(CompletableFuture.runAsync(() -> writer.pushUntilGone(engine), task -> Thread.ofPlatform().start(task)));
        }
        var kill = CompletableFuture.runAsync(engine::kill,
            CompletableFuture.delayedExecutor(random.nextLong(LIFE_MILLIS_MAX), TimeUnit.MILLISECONDS));
        if (round % 5 == 4) {
          engineFlush(engine);
        }
        kill.get();
        CompletableFuture.allOf(pushing.toArray(CompletableFuture[]::new)).get();
      }
    }
    long checked = 0;
    try (EngineProcess engine = EngineProcess.start(dataDir)) {
      for (Writer writer : writers) {
        for (int i = 0; i < SERIES_PER_WRITER; i++) {
          checked += check(engine, writer, i);
        }
      }
      assertEquals(0, engine.stop());
    }
    System.out.println("kill test: " + checked + " acknowledged samples, all there, once, with their bits");
    assertTrue(checked > ROUNDS, "the test pushed next to nothing: " + checked);
  }

  /// Kills during a seal are part of the test; whether the flush is answered is not.
  private static void engineFlush(EngineProcess engine) {
    try {
      engine.post("/-/flush", "text/plain", new byte[0]);
    } catch (UncheckedIOException e) {
      System.out.println("killed during a flush");
    }
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
