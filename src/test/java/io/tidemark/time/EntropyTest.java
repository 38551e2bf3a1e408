package io.tidemark.time;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class EntropyTest {
  private static final int COUNT = 10_000;

  private static long[] numbers(Entropy entropy) {
    return LongStream.generate(entropy::nextLong).limit(COUNT).toArray();
  }

  @Test
  void aCheapStreamDiffersFromEveryOtherAndInItself() {
    Entropy seeded = Entropy.seeded(1);
    long[] one = numbers(seeded.cheap());
    long[] other = numbers(seeded.cheap());
    assertEquals(2 * COUNT, LongStream.concat(LongStream.of(one), LongStream.of(other)).distinct().count());
    assertNotEquals(Entropy.system().cheap().nextLong(), Entropy.system().cheap().nextLong());
  }

  @Test
  void aCheapStreamIsTheSameForTheSameSeed() {
    assertEquals(Entropy.seeded(2).cheap().nextLong(), Entropy.seeded(2).cheap().nextLong());
  }
}
