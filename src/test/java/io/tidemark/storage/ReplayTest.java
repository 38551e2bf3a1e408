package io.tidemark.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.log.LogRecord;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.TimeRange;
import io.tidemark.time.Clock;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Storage that was away while samples went on for an hour: what it has afterwards is exact, however often it is killed on the way. The
/// time that it takes is told, not judged: machines differ.
class ReplayTest {
  private static final int PARTITIONS = 4;
  private static final int SERIES = 2_000;
  private static final int BEFORE = 40;
  private static final int ROUNDS = BEFORE + 240;
  private static final long INTERVAL_MILLIS = 15_000;

  private static LabelSet series(int s) {
    return LabelSet.of(LabelSet.NAME, "m" + s % 17, "instance", "i" + s / 17, "job", "api");
  }

  private static double value(int s, int round) {
    return s % 3 == 0 ? s * 1000.0 + round : Math.sin(s + round * 0.01);
  }

  private static long time(int round) {
    return StorageFixture.NOW + round * INTERVAL_MILLIS;
  }

  /// A storage that has the first rounds and is gone, with a log that has an hour more.
  private static StorageFixture away(long seed) {
    var f = new StorageFixture(seed, PARTITIONS, StorageConfig.DEFAULT).open();
    for (int round = 0; round < ROUNDS; round++) {
      for (int s = 0; s < SERIES; s++) {
        f.add(series(s), time(round), value(s, round));
        if (s % 500 == 499) {
          f.flush();
        }
      }
      if (round == BEFORE / 2) {
        f.await(f.storage.caughtUp());
        f.time.advance(600_000);
      }
      if (round == BEFORE - 1) {
        f.await(f.storage.caughtUp());
        f.kill();
      }
    }
    return f;
  }

  private static long applied(StorageFixture f) {
    return f.storage.applied().values().stream().mapToLong(Long::longValue).sum();
  }

  private static void checkAll(StorageFixture f) {
    try (Selection all = f.storage.now().select(List.of(Matcher.equal("job", "api")), TimeRange.ALL, Integer.MAX_VALUE)) {
      assertEquals(SERIES, all.count());
      var samples = new SampleBuffer();
      for (int i = 0; i < all.count(); i++) {
        LabelSet labels = all.labels(i);
        int s = Integer.parseInt(labels.value("instance").substring(1)) * 17 + Integer.parseInt(labels.value(LabelSet.NAME).substring(1));
        all.read(i, samples);
        assertEquals(ROUNDS, samples.count, labels.toString());
        for (int round = 0; round < ROUNDS; round++) {
          assertEquals(time(round), samples.timestampsMillis[round]);
          assertEquals(Double.doubleToRawLongBits(value(s, round)), Double.doubleToRawLongBits(samples.values[round]));
        }
      }
    }
    assertEquals(0, f.metric("tidemark_dropped_samples_total"));
    assertEquals(0, f.metric("tidemark_duplicate_samples_total"), "nothing was applied twice");
    assertEquals(0, f.metric("tidemark_out_of_order_samples_total"));
  }

  @Test
  void anHourIsReplayedExactly() {
    var f = away(1);
    long samples = (long) (ROUNDS - BEFORE) * SERIES;
    long start = Clock.system().nanos();
    f.open();
    f.await(f.storage.caughtUp());
    double seconds = (Clock.system().nanos() - start) / 1e9;
    long bytes = 0;
    for (int partition = 0; partition < PARTITIONS; partition++) {
      bytes += f.log.all(partition).stream().map(LogRecord::bytes).mapToLong(record -> record.length).sum();
    }
    System.out.printf("replay of an hour: %,d samples in %.2f s on one thread, %,.0f samples/s, %,d bytes of log; 20,000 samples/s would"
        + " take %.0f s an hour%n", samples, seconds, samples / seconds, bytes, 20_000 * 3_600 / (samples / seconds));
    checkAll(f);
    assertTrue(f.metric("tidemark_samples_appended_total") >= samples);
    f.await(f.storage.seal());
    checkAll(f);
  }

  @Test
  void aReplayThatIsKilledOnTheWayIsExact() {
    for (long seed = 2; seed < 5; seed++) {
      var f = away(seed);
      long end = 0;
      for (int partition = 0; partition < PARTITIONS; partition++) {
        end += f.log.end(partition);
      }
      for (int kills = 1; kills < 6; kills++) {
        f.open();
        long target = end * (kills + 3) / 10;
        f.time.runUntil(() -> applied(f) >= target);
        assertTrue(applied(f) < end, "the replay is on its way");
        if (kills % 2 == 0) {
          // A checkpoint in the middle.
          f.await(f.storage.close());
          f.kill();
        } else {
          f.crash(seed);
        }
      }
      f.open();
      f.await(f.storage.caughtUp());
      checkAll(f);
      f.await(f.storage.seal());
      checkAll(f);
    }
  }
}
