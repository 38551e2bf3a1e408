package io.tidemark.collector.text;

import java.nio.charset.StandardCharsets;

/// Reads numbers from bytes. The common forms cost no object; the rest goes through the JDK's exact parser.
public final class Numbers {
  /// What a text `NaN` means: Prometheus' ordinary NaN, never the staleness marker.
  public static final double NAN = Double.longBitsToDouble(0x7ff8000000000001L);
  private static final int DIGITS_MAX = 400;
  /// Powers of ten that a double holds exactly.
  private static final double[] TENS = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
      1e18, 1e19, 1e20, 1e21, 1e22};

  private boolean valid;

  /// Whether the last call read a number.
  public boolean isValid() {
    return valid;
  }

  /// A float as Prometheus reads it: Go's `ParseFloat` without hexadecimal forms and underscores. Out of range is not valid.
  public double decimal(byte[] bytes, int from, int to) {
    int at = from;
    boolean negative = false;
    if (at < to && (bytes[at] == '+' || bytes[at] == '-')) {
      negative = bytes[at] == '-';
      at++;
    }
    long mantissa = 0;
    int digits = 0;
    int significant = 0;
    int exponent = 0;
    boolean point = false;
    for (; at < to; at++) {
      byte b = bytes[at];
      if (b == '.' && !point) {
        point = true;
        continue;
      }
      if (b < '0' || b > '9') {
        break;
      }
      digits++;
      exponent -= point ? 1 : 0;
      if (significant > 0 || b != '0') {
        significant++;
        mantissa = significant < 19 ? mantissa * 10 + (b - '0') : mantissa;
      }
    }
    if (digits == 0) {
      return word(bytes, from, to);
    }
    if (at < to && (bytes[at] == 'e' || bytes[at] == 'E')) {
      int exponentAt = at + 1;
      boolean negativeExponent = exponentAt < to && bytes[exponentAt] == '-';
      exponentAt += exponentAt < to && (bytes[exponentAt] == '+' || bytes[exponentAt] == '-') ? 1 : 0;
      int written = 0;
      int first = exponentAt;
      while (exponentAt < to && bytes[exponentAt] >= '0' && bytes[exponentAt] <= '9') {
        written = Math.min(100_000, written * 10 + bytes[exponentAt] - '0');
        exponentAt++;
      }
      at = exponentAt == first ? to + 1 : exponentAt;
      exponent += negativeExponent ? -written : written;
    }
    valid = at == to && to - from <= DIGITS_MAX;
    if (!valid) {
      return 0;
    }
    // Both factors are exact, so one rounding gives the nearest double (Clinger's fast path).
    if (significant < 19 && mantissa <= 1L << 53 && exponent >= -22 && exponent <= 22) {
      double magnitude = exponent < 0 ? mantissa / TENS[-exponent] : mantissa * TENS[exponent];
      return negative ? -magnitude : magnitude;
    }
    double value = Double.parseDouble(new String(bytes, from, to - from, StandardCharsets.ISO_8859_1));
    valid = !Double.isInfinite(value);
    return value;
  }

  /// `Inf`, `Infinity` with or without a sign and `NaN` without one, in any case.
  private double word(byte[] bytes, int from, int to) {
    int at = from;
    boolean signed = at < to && (bytes[at] == '+' || bytes[at] == '-');
    boolean negative = signed && bytes[at] == '-';
    at += signed ? 1 : 0;
    valid = is(bytes, at, to, "inf") || is(bytes, at, to, "infinity");
    if (valid) {
      return negative ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
    }
    valid = !signed && is(bytes, at, to, "nan");
    return NAN;
  }

  private static boolean is(byte[] bytes, int from, int to, String lowerCase) {
    if (to - from != lowerCase.length()) {
      return false;
    }
    for (int i = 0; i < lowerCase.length(); i++) {
      if ((bytes[from + i] | 0x20) != lowerCase.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /// A whole number of 64 bits with an optional sign.
  public long whole(byte[] bytes, int from, int to) {
    int at = from;
    boolean negative = at < to && bytes[at] == '-';
    at += at < to && (bytes[at] == '+' || bytes[at] == '-') ? 1 : 0;
    valid = at < to && to - at <= 40;
    // Collected as a negative number, which reaches one further.
    long value = 0;
    for (; valid && at < to; at++) {
      int digit = bytes[at] - '0';
      valid = digit >= 0 && digit <= 9 && value >= (Long.MIN_VALUE + digit) / 10;
      value = value * 10 - digit;
    }
    valid &= negative || value != Long.MIN_VALUE;
    return negative ? value : -value;
  }
}
