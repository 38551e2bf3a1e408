package io.tidemark.query.kernel;

/// Logarithms to the base 2 and powers of 2 with the last bits of Prometheus on x86-64.
///
/// Quantiles and fractions of native histograms go there and back between these two, near a bound often through a difference of almost
/// equal logarithms, so that one last bit more or less in here is several in the answer. `Math.log` and `Math.pow` are as exact, but
/// round other numbers up. Both functions err by less than one unit in the last place of their result, a logarithm near 0 excepted.
/// Sources: the methods of fdlibm's `e_log.c` and `e_exp.c` (https://www.netlib.org/fdlibm/), of which Go's `math` takes one branch each.
final class PowersOfTwo {
  private static final double LN2_HIGH = 0x1.62e42feep-1;
  private static final double LN2_LOW = 0x1.a39ef35793c76p-33;
  private static final double LOG2_E = 1.4426950408889634;
  private static final double HALF_ROOT = 0.7071067811865476;
  /// What `ln((1 + s) / (1 - s)) / s - 2` is as a polynomial of `s²`, from the first power up.
  private static final double[] LOG = {0x1.5555555555593p-1, 0x1.999999997fa04p-2, 0x1.2492494229359p-2, 0x1.c71c51d8e78afp-3,
      0x1.7466496cb03dep-3, 0x1.39a09d078c69fp-3, 0x1.2f112df3e5244p-3};
  /// What `r · (exp(r) + 1) / (exp(r) - 1) - 2` is as a polynomial of `r²`, from the first power up.
  private static final double[] EXP = {0x1.5555555555555p-3, -0x1.6c16c16bebd93p-9, 0x1.1566aaf25de2cp-14, -0x1.bbd41c5d26bf1p-20,
      0x1.6376972bea4d0p-25};
  private static final double POWER_MAX = 0x1.fffffffffffffp9;
  private static final double POWER_MIN = -1074;
  private static final int SUBNORMAL_SHIFT = 54;

  private PowersOfTwo() {}

  /// The logarithm of `x` to the base 2, exact for powers of 2; NaN below 0, -Inf for 0.
  static double log2(double x) {
    if (!(x > 0) || Double.isInfinite(x)) {
      return Math.log(x);
    }
    boolean subnormal = x < Double.MIN_NORMAL;
    double normal = subnormal ? Math.scalb(x, SUBNORMAL_SHIFT) : x;
    int exponent = Math.getExponent(normal) + 1;
    double fraction = Math.scalb(normal, -exponent);
    int whole = subnormal ? exponent - SUBNORMAL_SHIFT : exponent;
    return fraction == 0.5 ? whole - 1 : lnOfFraction(fraction) * LOG2_E + whole;
  }

  /// The natural logarithm of a number from 0.5 to 1, which is doubled when that brings it closer to 1.
  private static double lnOfFraction(double fraction) {
    int k = fraction <= HALF_ROOT ? -1 : 0;
    double f = Math.scalb(fraction, -k) - 1;
    double s = f / (2 + f);
    double z = s * s;
    double w = z * z;
    double odd = z * (LOG[0] + w * (LOG[2] + w * (LOG[4] + w * LOG[6])));
    double even = w * (LOG[1] + w * (LOG[3] + w * LOG[5]));
    double halfSquare = 0.5 * f * f;
    return k * LN2_HIGH - (halfSquare - (s * (halfSquare + (odd + even)) + k * LN2_LOW) - f);
  }

  /// 2 to the power of `x`.
  static double exp2(double x) {
    if (Double.isNaN(x)) {
      return x;
    }
    if (x > POWER_MAX) {
      return Double.POSITIVE_INFINITY;
    }
    if (x < POWER_MIN) {
      return 0;
    }
    int whole = (int) (x + Math.copySign(0.5, x));
    double rest = x - whole;
    double high = rest * LN2_HIGH;
    double low = -rest * LN2_LOW;
    double r = high - low;
    double z = r * r;
    double c = r - z * (EXP[0] + z * (EXP[1] + z * (EXP[2] + z * (EXP[3] + z * EXP[4]))));
    return Math.scalb(1 - (low - r * c / (2 - c) - high), whole);
  }
}
