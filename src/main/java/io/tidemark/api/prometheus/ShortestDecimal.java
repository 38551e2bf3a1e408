package io.tidemark.api.prometheus;

import java.math.BigInteger;

/// Finds the shortest decimal that reads back as a given double, and of several the closest to it.
///
/// The value lies in an interval of reals that all round to it. Scaled by a power of ten so that the interval is at least two and less than
/// twenty wide, either a multiple of ten in it is the answer, or one of the two whole numbers around the value is. The products with powers
/// of ten are taken with 126 bits, of which the last keeps whether anything was cut off; that is enough for every double.
/// Source: R. Giulietti, "The Schubfach way to render doubles", 2020. One thread; reused.
final class ShortestDecimal {
  /// Powers of ten from `10^-POWER_MAX` to `10^-POWER_MIN`, by the negated exponent.
  private static final int POWER_MIN = -324;
  private static final int POWER_MAX = 292;
  private static final long LOW_63 = (1L << 63) - 1;
  /// The highest 63 of 126 bits of each power, rounded up, and the lowest 63.
  private static final long[] HIGH = new long[POWER_MAX - POWER_MIN + 1];
  private static final long[] LOW = new long[POWER_MAX - POWER_MIN + 1];

  private static final int FRACTION_BITS = 52;
  private static final long HIDDEN_BIT = 1L << FRACTION_BITS;
  private static final int EXPONENT_MIN = -1074;

  static {
    for (int k = POWER_MIN; k <= POWER_MAX; k++) {
      // floor(10^-k · 2^-r) + 1 with r such that it has 126 bits.
      int r = floorLog2OfPower10(-k) - 125;
      BigInteger ten = BigInteger.TEN.pow(Math.abs(k));
      BigInteger scaled = k <= 0 ? r <= 0 ? ten.shiftLeft(-r) : ten.shiftRight(r) : BigInteger.ONE.shiftLeft(-r).divide(ten);
      BigInteger g = scaled.add(BigInteger.ONE);
      HIGH[k - POWER_MIN] = g.shiftRight(63).longValueExact();
      LOW[k - POWER_MIN] = g.longValue() & LOW_63;
    }
  }

  /// The digits found, without trailing zeros.
  long digits;
  /// The value is about `digits · 10^exponent`.
  int exponent;

  private static int floorLog10OfPower2(int e) {
    return (int) (e * 661_971_961_083L >> 41);
  }

  private static int floorLog10OfThreeQuartersOfPower2(int e) {
    return (int) (e * 661_971_961_083L - 274_743_187_321L >> 41);
  }

  private static int floorLog2OfPower10(int e) {
    return (int) (e * 913_124_641_741L >> 38);
  }

  /// @param value finite and above 0
  void of(double value) {
    long bits = Double.doubleToRawLongBits(value);
    long fraction = bits & HIDDEN_BIT - 1;
    int biased = (int) (bits >>> FRACTION_BITS);
    if (biased > 0) {
      find(fraction | HIDDEN_BIT, biased - 1 + EXPONENT_MIN, 0);
    } else if (fraction < 3) {
      // So small that the number of digits left to look at would be too low.
      find(10 * fraction, EXPONENT_MIN, -1);
    } else {
      find(fraction, EXPONENT_MIN, 0);
    }
    strip();
  }

  /// Takes trailing zeros off.
  void strip() {
    long next = digits / 10;
    while (next * 10 == digits) {
      digits = next;
      exponent++;
      next = digits / 10;
    }
  }

  /// Of `c · 2^q · 10^shift`.
  private void find(long c, int q, int shift) {
    long odd = c & 1;
    long four = c << 2;
    // The neighbour below is nearer where the exponent changes.
    boolean even = c != HIDDEN_BIT || q == EXPONENT_MIN;
    int k = even ? floorLog10OfPower2(q) : floorLog10OfThreeQuartersOfPower2(q);
    int h = q + floorLog2OfPower10(-k) + 2;
    long high = HIGH[k - POWER_MIN];
    long low = LOW[k - POWER_MIN];
    long middle = product(high, low, four << h);
    long lower = product(high, low, four - (even ? 2 : 1) << h) + odd;
    long upper = product(high, low, four + 2 << h) - odd;
    exponent = k + shift;
    long s = middle >> 2;
    if (s >= 10) {
      long tens = s / 10 * 10;
      boolean below = lower <= tens << 2;
      boolean above = tens + 10 << 2 <= upper;
      if (below != above) {
        digits = below ? tens : tens + 10;
        return;
      }
    }
    boolean below = lower <= s << 2;
    boolean above = s + 1 << 2 <= upper;
    long half = middle - (s + s + 1 << 1);
    boolean down = below != above ? below : half < 0 || half == 0 && (s & 1) == 0;
    digits = down ? s : s + 1;
  }

  /// The product with a power of ten, its lowest bit set when anything below was cut off.
  private static long product(long high, long low, long c) {
    long x = Math.multiplyHigh(low, c);
    long y = high * c;
    long z = (y >>> 1) + x;
    long w = Math.multiplyHigh(high, c) + (z >>> 63);
    return w | (z & LOW_63) + LOW_63 >>> 63;
  }
}
