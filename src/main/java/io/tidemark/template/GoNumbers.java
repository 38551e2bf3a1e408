package io.tidemark.template;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;

/// Numbers as Go's `strconv` reads and prints them.
public final class GoNumbers {
  private static final int DIGITS_SHORTEST = -1;

  private GoNumbers() {}

  /// The value as `%v` prints it: shortest digits that read back the same, `1e+06` from a million on.
  public static String print(double value) {
    return general(value, DIGITS_SHORTEST, false);
  }

  /// The value as `strconv.FormatFloat(v, 'e', -1, 64)` prints it, e.g. `1.5e+01`: the form of values in Prometheus' alerts API.
  public static String exponent(double value) {
    return exponent(value, DIGITS_SHORTEST);
  }

  /// The value as `strconv.FormatFloat(v, 'f', -1, 64)` prints it, e.g. `15`: the form of sample values in Prometheus' API.
  public static String plain(double value) {
    return special(value).isEmpty() ? zeroSigned(value, shortest(value).toPlainString()) : special(value);
  }

  /// `%.{digits}f`.
  static String fixed(double value, int digits) {
    if (!special(value).isEmpty()) {
      return special(value);
    }
    return zeroSigned(value, new BigDecimal(value).setScale(digits, RoundingMode.HALF_EVEN).toPlainString());
  }

  /// `%.{digits}e`; negative digits mean as few as needed.
  static String exponent(double value, int digits) {
    if (!special(value).isEmpty()) {
      return special(value);
    }
    if (value == 0) {
      return zeroSigned(value, digits > 0 ? "0." + "0".repeat(digits) + "e+00" : "0e+00");
    }
    BigDecimal rounded = digits < 0 ? shortest(value) : new BigDecimal(value).round(new MathContext(digits + 1, RoundingMode.HALF_EVEN));
    String text = rounded.unscaledValue().abs().toString();
    int exponent = text.length() - 1 - rounded.scale();
    if (digits >= 0 && text.length() < digits + 1) {
      text += "0".repeat(digits + 1 - text.length());
    }
    String mantissa = text.length() == 1 ? text : text.charAt(0) + "." + text.substring(1);
    return (value < 0 ? "-" : "") + mantissa + String.format(Locale.ROOT, "e%s%02d", exponent < 0 ? "-" : "+", Math.abs(exponent));
  }

  /// `%.{digits}g`; negative digits mean as few as needed. `keepZeros` is the `#` flag.
  static String general(double value, int digits, boolean keepZeros) {
    if (!special(value).isEmpty()) {
      return special(value);
    }
    if (value == 0) {
      return zeroSigned(value, "0");
    }
    boolean shortest = digits < 0;
    int precision = shortest ? 6 : Math.max(1, digits);
    BigDecimal rounded = shortest ? shortest(value) : new BigDecimal(value).round(new MathContext(precision, RoundingMode.HALF_EVEN));
    if (!keepZeros) {
      rounded = rounded.stripTrailingZeros();
    }
    int count = rounded.precision();
    int exponent = count - 1 - rounded.scale();
    int threshold = !shortest && precision > count && count >= exponent + 1 ? count : precision;
    if (exponent < -4 || exponent >= threshold) {
      return exponent(value, shortest ? DIGITS_SHORTEST : (keepZeros ? precision : count) - 1);
    }
    return rounded.scale() < 0 ? rounded.setScale(0).toPlainString() : rounded.toPlainString();
  }

  private static String special(double value) {
    return Double.isNaN(value) ? "NaN" : value == Double.POSITIVE_INFINITY ? "+Inf" : value == Double.NEGATIVE_INFINITY ? "-Inf" : "";
  }

  private static String zeroSigned(double value, String text) {
    boolean negative = Double.doubleToRawLongBits(value) < 0;
    return negative && !text.startsWith("-") ? "-" + text : text;
  }

  /// The shortest decimal that reads back as `value`. `Double.toString` gives it, but never fewer than two digits.
  private static BigDecimal shortest(double value) {
    BigDecimal decimal = new BigDecimal(Double.toString(value)).stripTrailingZeros();
    if (decimal.precision() == 2) {
      BigDecimal single = decimal.round(new MathContext(1, RoundingMode.HALF_EVEN));
      if (single.doubleValue() == value) {
        return single.stripTrailingZeros();
      }
    }
    return decimal.signum() == 0 ? BigDecimal.ZERO : decimal;
  }

  /// Reads a float as `strconv.ParseFloat` does; fails the rendering when `text` is none.
  static double parse(String text) {
    String lower = text.toLowerCase(Locale.ROOT);
    switch (lower.startsWith("+") || lower.startsWith("-") ? lower.substring(1) : lower) {
      case "inf", "infinity":
        return lower.startsWith("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
      case "nan":
        return Double.NaN;
      default:
        break;
    }
    try {
      if (!lower.isEmpty() && "0123456789.".indexOf(lower.charAt(lower.length() - 1)) >= 0) {
        return Double.parseDouble(lower);
      }
    } catch (NumberFormatException e) {
      throw new TemplateFailure("strconv.ParseFloat: parsing \"" + text + "\": invalid syntax");
    }
    throw new TemplateFailure("strconv.ParseFloat: parsing \"" + text + "\": invalid syntax");
  }
}
