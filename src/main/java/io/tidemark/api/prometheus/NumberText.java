package io.tidemark.api.prometheus;

/// Floats as Prometheus' JSON writes them: the shortest decimal that reads back equal, an exponent only below 1e-6 and from 1e21 on.
final class NumberText {
  /// From here on two digits are never more than needed: the distance of neighbours is below a tenth.
  private static final double TWO_DIGITS_BELOW = 100 * Double.MIN_VALUE;

  private NumberText() {}

  /// Appends `value`, without quotes.
  static void append(StringBuilder out, double value) {
    if (value == (long) value && Math.abs(value) < 1e15) {
      if (value == 0 && 1 / value < 0) {
        out.append('-');
      }
      out.append((long) value);
    } else if (Double.isNaN(value)) {
      out.append("NaN");
    } else if (Double.isInfinite(value)) {
      out.append(value > 0 ? "+Inf" : "-Inf");
    } else {
      appendDecimal(out, value);
    }
  }

  private static void appendDecimal(StringBuilder out, double value) {
    String text = Double.toString(Math.abs(value));
    int e = text.indexOf('E');
    int exponent = e < 0 ? 0 : Integer.parseInt(text.substring(e + 1));
    String mantissa = e < 0 ? text : text.substring(0, e);
    int point = mantissa.indexOf('.');
    String digits = mantissa.substring(0, point) + (mantissa.endsWith(".0") ? "" : mantissa.substring(point + 1));
    int scale = point + exponent;
    int leading = 0;
    while (leading < digits.length() - 1 && digits.charAt(leading) == '0') {
      leading++;
    }
    digits = digits.substring(leading);
    scale -= leading;
    if (Math.abs(value) < TWO_DIGITS_BELOW && digits.length() == 2) {
      // Double.toString never gives fewer than two digits, where these few values have a shorter form.
      long rounded = Math.round(Integer.parseInt(digits) / 10.0);
      if (Double.parseDouble(rounded + "E" + (scale - 1)) == Math.abs(value)) {
        scale += rounded == 10 ? 1 : 0;
        digits = rounded == 10 ? "1" : Long.toString(rounded);
      }
    }
    if (value < 0) {
      out.append('-');
    }
    if (scale - 1 < -6 || scale - 1 >= 21) {
      out.append(digits.charAt(0));
      if (digits.length() > 1) {
        out.append('.').append(digits, 1, digits.length());
      }
      int power = scale - 1;
      out.append('e').append(power < 0 ? '-' : '+').append(Math.abs(power) < 10 ? "0" : "").append(Math.abs(power));
    } else if (scale <= 0) {
      out.append("0.").repeat("0", -scale).append(digits);
    } else if (scale >= digits.length()) {
      out.append(digits).repeat("0", scale - digits.length());
    } else {
      out.append(digits, 0, scale).append('.').append(digits, scale, digits.length());
    }
  }

  /// Appends milliseconds as seconds with up to three decimals, without trailing zeros.
  static void appendSeconds(StringBuilder out, long millis) {
    long seconds = millis / 1000;
    int rest = (int) Math.abs(millis % 1000);
    if (millis < 0 && seconds == 0) {
      out.append('-');
    }
    out.append(seconds);
    if (rest != 0) {
      out.append('.').append((char) ('0' + rest / 100));
      if (rest % 100 != 0) {
        out.append((char) ('0' + rest / 10 % 10));
        if (rest % 10 != 0) {
          out.append((char) ('0' + rest % 10));
        }
      }
    }
  }
}
