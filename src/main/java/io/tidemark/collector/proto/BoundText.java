package io.tidemark.collector.proto;

import java.math.BigDecimal;

/// Numbers as Prometheus writes them into the labels `le` and `quantile`: the shortest digits that mean the number, with `.0` behind a
/// whole one, and an exponent of two digits or more below 1e-4 and from 1e+06 on.
public final class BoundText {
  private static final int EXPONENT_MIN = -4;
  private static final int EXPONENT_MAX = 6;

  private BoundText() {}

  public static String of(double value) {
    if (Double.isNaN(value)) {
      return "NaN";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "+Inf" : "-Inf";
    }
    if (value == 0) {
      return 1 / value > 0 ? "0.0" : "-0.0";
    }
    BigDecimal decimal = new BigDecimal(Double.toString(value)).stripTrailingZeros();
    String digits = decimal.unscaledValue().abs().toString();
    int exponent = digits.length() - 1 - decimal.scale();
    String sign = value < 0 ? "-" : "";
    if (exponent < EXPONENT_MIN || exponent >= EXPONENT_MAX) {
      String power = String.valueOf(Math.abs(exponent));
      return sign + digits.charAt(0) + (digits.length() > 1 ? "." + digits.substring(1) : "") + (exponent < 0 ? "e-" : "e+")
          + (power.length() < 2 ? "0" : "") + power;
    }
    String plain = sign + decimal.abs().toPlainString();
    return plain.indexOf('.') < 0 ? plain + ".0" : plain;
  }
}
