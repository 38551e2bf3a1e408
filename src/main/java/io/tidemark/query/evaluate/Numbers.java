package io.tidemark.query.evaluate;

import io.tidemark.model.Histogram;
import io.tidemark.model.HistogramBuckets;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;

/// Numbers as Prometheus writes them in labels and messages.
final class Numbers {
  private Numbers() {}

  /// Shortest decimal that reads back the same, without an exponent (Go's `'f', -1`).
  static String decimal(double value) {
    if (Double.isNaN(value)) {
      return "NaN";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "+Inf" : "-Inf";
    }
    if (value == 0) {
      return 1 / value < 0 ? "-0" : "0";
    }
    return shortest(value).toPlainString();
  }

  /// The shortest decimal that reads back as `value`. `Double.toString` gives it, but never fewer than two digits.
  private static BigDecimal shortest(double value) {
    BigDecimal decimal = new BigDecimal(Double.toString(value)).stripTrailingZeros();
    if (decimal.precision() == 2) {
      BigDecimal single = decimal.round(new MathContext(1));
      if (single.doubleValue() == value) {
        return single.stripTrailingZeros();
      }
    }
    return decimal;
  }

  /// Go's `%g`: shortest form, with an exponent below 1e-4 and from 1e6.
  static String general(double value) {
    if (Double.isNaN(value) || Double.isInfinite(value) || value == 0) {
      return decimal(value);
    }
    double magnitude = Math.abs(value);
    if (magnitude >= 1e-4 && magnitude < 1e6) {
      return decimal(value);
    }
    return exponential(shortest(value), value < 0);
  }

  private static String exponential(BigDecimal digits, boolean negative) {
    int exponent = digits.precision() - digits.scale() - 1;
    String unscaled = digits.unscaledValue().abs().toString();
    String mantissa = unscaled.length() == 1 ? unscaled : unscaled.charAt(0) + "." + unscaled.substring(1);
    String sign = exponent < 0 ? "-" : "+";
    String power = Math.abs(exponent) < 10 ? "0" + Math.abs(exponent) : Integer.toString(Math.abs(exponent));
    return (negative ? "-" : "") + mantissa + "e" + sign + power;
  }

  /// A histogram as Prometheus prints it: `{count:…, sum:…, (0.5,1]:2, …}`, buckets that hold nothing left out.
  static String text(Histogram h) {
    var text = new StringBuilder("{count:").append(general(h.count())).append(", sum:").append(general(h.sum()));
    HistogramBuckets all = HistogramBuckets.of(h);
    for (int i = 0; i < all.count; i++) {
      text.append(", ").append(all.holdsLower(i) ? '[' : '(').append(general(all.lower[i])).append(',').append(general(all.upper[i]))
          .append(all.holdsUpper(i) ? ']' : ')').append(':').append(general(all.counts[i]));
    }
    return text.append('}').toString();
  }

  /// Go's `%.2g`.
  static String twoDigits(double value) {
    if (Double.isNaN(value) || Double.isInfinite(value) || value == 0) {
      return decimal(value);
    }
    var rounded = new BigDecimal(value).round(new MathContext(2));
    int exponent = rounded.precision() - rounded.scale() - 1;
    return exponent < -4 || exponent >= 2 ? exponential(rounded.stripTrailingZeros(), value < 0) : decimal(rounded.doubleValue());
  }

  /// As {@link #general}, but a whole number ends in `.0`: how OpenMetrics writes label values.
  static String openMetrics(double value) {
    String text = general(value);
    return text.chars().allMatch(c -> c == '-' || c >= '0' && c <= '9') ? text + ".0" : text;
  }

  /// A number as Go's `ParseFloat` reads it, or NaN.
  static double parse(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "+inf", "inf", "+infinity", "infinity" -> Double.POSITIVE_INFINITY;
      case "-inf", "-infinity" -> Double.NEGATIVE_INFINITY;
      default -> {
        if (text.isEmpty() || "0123456789+-.".indexOf(text.charAt(0)) < 0 || "0123456789.".indexOf(text.charAt(text.length() - 1)) < 0) {
          yield Double.NaN;
        }
        try {
          yield Double.parseDouble(text);
        } catch (NumberFormatException e) {
          yield Double.NaN; // the answer of this function for what is no number
        }
      }
    };
  }
}
