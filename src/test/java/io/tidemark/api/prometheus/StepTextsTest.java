package io.tidemark.api.prometheus;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StepTextsTest {
  private final byte[] out = new byte[2 * StepTexts.BYTES_MAX];

  private static String expected(long timestampMillis) {
    var bytes = new byte[StepTexts.BYTES_MAX];
    return ",[" + new String(bytes, 0, NumberText.seconds(bytes, 0, timestampMillis), StandardCharsets.US_ASCII) + ",\"";
  }

  private void check(StepTexts texts, int index, long timestampMillis) {
    int at = index % StepTexts.BYTES_MAX;
    int end = texts.write(out, at, index, timestampMillis);
    assertEquals(expected(timestampMillis), new String(out, at, end - at, StandardCharsets.US_ASCII));
  }

  @Test
  void timesThatFollowAreThoseWrittenAlone() {
    for (int slots : new int[] {0, 300}) {
      for (long begin : new long[] {-20_000_000, 0, 9_990_000, 1_700_000_000_000L, 1_700_009_990_250L, 9_999_999_990_000L,
          99_999_999_000_000L}) {
        var texts = new StepTexts(slots);
        for (int series = 0; series < 2; series++) {
          for (int i = 0; i < 300; i++) {
            check(texts, i, begin + i * 15_000L);
          }
        }
      }
    }
  }

  @Test
  void timesInAnyOrderAreThoseWrittenAlone() {
    var random = new Random(5);
    var texts = new StepTexts(64);
    for (int i = 0; i < 20_000; i++) {
      long seconds = random.nextLong() >> 8 + random.nextInt(50);
      check(texts, random.nextInt(100), random.nextBoolean() ? seconds / 1000 * 1000 : seconds);
    }
  }
}
