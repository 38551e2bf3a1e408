package io.tidemark.query.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class PowersOfTwoTest {
  private static final double LN2 = Math.log(2);
  private static final int CASES = 20_000;

  @Test
  void isExactAtEveryPowerOfTwo() {
    for (int i = Double.MIN_EXPONENT - 52; i <= Double.MAX_EXPONENT; i++) {
      assertEquals(i, PowersOfTwo.log2(Math.scalb(1.0, i)));
      assertEquals(Math.scalb(1.0, i), PowersOfTwo.exp2(i));
    }
  }

  @Test
  void staysWithinOneUnitOfTheLastPlace() {
    var random = new Random(7);
    for (int i = 0; i < CASES; i++) {
      double exponent = random.nextDouble(-1000, 1000);
      double power = Math.pow(2, exponent);
      assertEquals(power, PowersOfTwo.exp2(exponent), 2 * Math.ulp(power));
      assertEquals(exponent, PowersOfTwo.log2(power), Math.ulp(exponent) + 1e-15);
      double x = random.nextDouble(0.01, 100);
      assertEquals(Math.log(x) / LN2, PowersOfTwo.log2(x), 1e-15 + 4 * Math.ulp(PowersOfTwo.log2(x)));
    }
  }

  @Test
  void takesSubnormalNumbersAsWhatTheyAre() {
    assertEquals(Math.log(1.5e-323) / LN2, PowersOfTwo.log2(1.5e-323), 1e-12);
    assertEquals(Double.MIN_VALUE, PowersOfTwo.exp2(-1074));
    assertEquals(0, PowersOfTwo.exp2(-1074.5));
  }

  @Test
  void knowsTheEndsOfTheScale() {
    assertEquals(Double.NEGATIVE_INFINITY, PowersOfTwo.log2(0));
    assertEquals(Double.POSITIVE_INFINITY, PowersOfTwo.log2(Double.POSITIVE_INFINITY));
    assertTrue(Double.isNaN(PowersOfTwo.log2(-1)));
    assertTrue(Double.isNaN(PowersOfTwo.log2(Double.NaN)));
    assertTrue(Double.isNaN(PowersOfTwo.exp2(Double.NaN)));
    assertEquals(Double.POSITIVE_INFINITY, PowersOfTwo.exp2(1024));
    assertEquals(0, PowersOfTwo.exp2(Double.NEGATIVE_INFINITY));
    assertEquals(1, PowersOfTwo.exp2(-0.0));
  }
}
