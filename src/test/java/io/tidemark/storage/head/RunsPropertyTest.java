package io.tidemark.storage.head;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.codec.ByteWriter;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Stale;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Entropy;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// A head that takes samples of a series together is, to the last bit and count, as one that takes them one by one.
class RunsPropertyTest {
  private static final int SERIES = 4;
  private static final long WINDOW_MILLIS = 1_000_000;
  private static final HeadLimits LIMITS = new HeadLimits(WINDOW_MILLIS, 300_000, 300_000, 5, 0);

  private final Random random = new Random(1);

  private static Head head(Metrics metrics) {
    var head = new Head(PublicationTest.anyThread(), LIMITS, Entropy.seeded(1), metrics, "0");
    for (int i = 0; i < SERIES; i++) {
      byte[] labels = LabelSet.of(LabelSet.NAME, "m", "i", String.valueOf(i)).toCanonicalBytes();
      head.define(labels, 0, labels.length);
    }
    return head;
  }

  /// A writer that knows one series less than it names.
  private static Writers.Dictionary dictionary() {
    Writers.Dictionary dictionary = new Writers().of(1, 1, 0);
    for (int i = 0; i < SERIES; i++) {
      dictionary.define(i, i);
    }
    return dictionary;
  }

  /// Steps that mostly ascend: some stand still, go back, beyond what is late, or over windows; at last one to where no time may be.
  private long step() {
    return switch (random.nextInt(60)) {
      case 0 -> 0;
      case 1 -> -1 - random.nextInt(200_000);
      case 2 -> -400_000;
      case 3 -> random.nextInt(3 * (int) WINDOW_MILLIS);
      default -> random.nextInt(4) == 0 ? 1 + random.nextInt(2_000) : 1_000;
    };
  }

  private double value(double before) {
    return switch (random.nextInt(40)) {
      case 0 -> Double.longBitsToDouble(Stale.BITS);
      case 1 -> random.nextGaussian();
      case 2, 3, 4, 5, 6 -> before;
      default -> Double.isNaN(before) ? random.nextInt(1000) / 10.0 : before + random.nextInt(100);
    };
  }

  @Test
  void runsComeToTheSameHead() {
    for (int round = 0; round < 300; round++) {
      var metrics = new Metrics();
      var runsMetrics = new Metrics();
      Head oneByOne = head(metrics);
      Head runs = head(runsMetrics);
      Writers.Dictionary dictionary = dictionary();
      long time = round % 7 == 0 ? HeadLimits.TIMESTAMP_MAX_MILLIS - 500_000 : 0;
      long times = time;
      for (int record = 0; record < 6; record++) {
        int samples = 1 + random.nextInt(400);
        int[] refs = new int[samples];
        long[] timestamps = new long[samples];
        long[] values = new long[samples];
        double value = random.nextInt(1000) / 10.0;
        for (int i = 0; i < samples; i++) {
          boolean goesOn = i > 0 && random.nextInt(80) > 0;
          refs[i] = goesOn ? refs[i - 1] : random.nextInt(SERIES + 1);
          time = goesOn ? time + step() : times;
          value = value(value);
          timestamps[i] = time;
          values[i] = Double.doubleToRawLongBits(value);
        }
        times += 300_000;
        int orphans = 0;
        for (int i = 0; i < samples; i++) {
          if (refs[i] == SERIES) {
            orphans++;
          } else {
            oneByOne.append(refs[i], timestamps[i], values[i]);
          }
        }
        oneByOne.publishCounts();
        assertEquals(orphans, runs.appendRuns(refs, timestamps, values, samples, dictionary));
        runs.publishCounts();
        assertEquals(metrics.print(), runsMetrics.print());
        assertEquals(oneByOne.newestMillis(), runs.newestMillis());
        assertEquals(oneByOne.takeChangedFromMillis(), runs.takeChangedFromMillis());
        assertArrayEquals(memory(oneByOne), memory(runs));
      }
    }
  }

  /// All that a checkpoint keeps.
  private static byte[] memory(Head head) {
    var all = new ByteWriter(4096);
    head.freeze(7).write(part -> all.writeBytes(part.array(), 0, part.count()));
    assertTrue(all.count() > 0);
    return Arrays.copyOf(all.array(), all.count());
  }
}
