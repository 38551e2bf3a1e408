package io.tidemark.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.disk.CrashingDisk;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.objects.FaultyObjectStore;
import io.tidemark.objects.ObjectLimits;
import io.tidemark.objects.ObjectStore;
import io.tidemark.objects.directory.DirectoryStore;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Entropy;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// A node whose machine crashes and whose store fails at any call keeps every sample. `-Dsimulation.seeds=N` runs more.
class TierSimulationTest {
  private static final long HOUR = TierFixture.HOUR;

  private static ObjectStore directory(long seed) {
    return DirectoryStore.open(Path.of("/objects"), ObjectStore.Known.NOTHING, ObjectLimits.DEFAULT, new CrashingDisk(seed),
        Runnable::run, Entropy.seeded(seed), Clock.system(), new Metrics()).result();
  }

  private static void fault(FaultyObjectStore store, Random random) {
    ErrorCode code = List.of(ErrorCode.UNAVAILABLE, ErrorCode.TIMEOUT, ErrorCode.RATE_LIMITED).get(random.nextInt(3));
    store.fail(1 + random.nextInt(5), _ -> random.nextInt(3) == 0, _ -> true, code);
  }

  @Test
  void noSampleIsLostOrDoubledWhateverFails() {
    for (int seed = 1; seed <= Integer.getInteger("simulation.seeds", 12); seed++) {
      var random = new Random(seed);
      var t = TierFixture.merging(seed, TierFixture.hot(2 + random.nextInt(3), random.nextInt(3)), directory(seed)).open();
      for (int round = 0; round < 8; round++) {
        fault(t.store, random);
        t.load(TierFixture.T0 + round * 2 * HOUR, 2);
        t.f.time.advance(random.nextInt(200_000));
        if (random.nextInt(3) == 0) {
          t.f.storage.seal();
          t.f.time.advance(random.nextInt(60_000));
        }
        if (random.nextInt(2) == 0) {
          t.store.heal();
          t.f.crash(seed * 100L + round);
          t.open();
          t.f.await(t.f.storage.caughtUp());
        }
        check(t, round, seed);
      }
      t.store.heal();
      t.f.await(t.f.storage.seal());
      t.f.time.advance(3_600_000);
      assertTrue(t.metric("tidemark_cold_blocks") > 0, "seed " + seed);
      assertEquals(0, t.metric("tidemark_cold_missing_objects_total"), "seed " + seed);
      check(t, 7, seed);
    }
  }

  private static void check(TierFixture t, int round, int seed) {
    t.store.heal();
    Map<LabelSet, TreeMap<Long, Long>> all;
    try {
      all = t.readAll();
    } catch (TidemarkException e) {
      throw new AssertionError("seed " + seed + ", round " + round, e);
    }
    assertEquals(20, all.size(), "seed " + seed + ", round " + round);
    assertEquals(20 * 480 * (round + 1), TierFixture.samples(all), "seed " + seed + ", round " + round);
  }
}
