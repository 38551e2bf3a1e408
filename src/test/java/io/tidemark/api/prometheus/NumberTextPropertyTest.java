package io.tidemark.api.prometheus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NumberTextPropertyTest {
  private final Random random = new Random(11);

  private double any(int round) {
    return switch (round % 5) {
      case 0 -> Double.longBitsToDouble(random.nextLong());
      case 1 -> random.nextInt(2_000_000) / 100.0;
      case 2 -> Math.scalb(1.0, random.nextInt(2_098) - 1_074);
      case 3 -> random.nextDouble() * Math.pow(10, random.nextInt(30) - 12);
      default -> Double.longBitsToDouble(random.nextLong() >>> random.nextInt(12, 64));
    };
  }

  @Test
  void readsBackAsTheSameBitsInEveryStyle() {
    for (int round = 0; round < 100_000; round++) {
      double value = any(round);
      if (Double.isFinite(value)) {
        for (NumberText.Style style : NumberText.Style.values()) {
          String text = NumberText.text(value, style);
          assertEquals(value, Double.parseDouble(text), text);
        }
      }
    }
  }

  /// No decimal of one digit less lies in the interval, and none of the same length is closer.
  @Test
  void writesTheShortestAndOfThoseTheClosest() {
    var decimal = new ShortestDecimal();
    for (int round = 0; round < 50_000; round++) {
      double value = Math.abs(any(round));
      if (Double.isFinite(value) && value > 0) {
        decimal.of(value);
        var found = BigDecimal.valueOf(decimal.digits).scaleByPowerOfTen(decimal.exponent);
        var exact = new BigDecimal(value);
        int count = BigDecimal.valueOf(decimal.digits).precision();
        assertEquals(value, found.doubleValue());
        if (count > 1) {
          for (RoundingMode mode : new RoundingMode[] {RoundingMode.DOWN, RoundingMode.UP}) {
            assertTrue(exact.round(new MathContext(count - 1, mode)).doubleValue() != value, () -> value + " is shorter than " + found);
          }
        }
        var nearest = exact.round(new MathContext(count, RoundingMode.HALF_EVEN));
        assertTrue(nearest.doubleValue() != value || found.subtract(exact).abs().compareTo(nearest.subtract(exact).abs()) <= 0,
            () -> value + ": " + nearest + " is closer than " + found);
      }
    }
  }
}
