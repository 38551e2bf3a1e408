package io.tidemark.api.prometheus;

import io.tidemark.api.Piece;
import java.nio.charset.StandardCharsets;

/// Writes numbers as Go does: the shortest decimal that reads back equal. One thread; reused.
final class NumberText {
  /// When an exponent is written.
  enum Style {
    /// As Prometheus' JSON: an exponent below 1e-6 and from 1e21 on.
    JSON(-6, 21),
    /// As the text exposition format, with Go's verb `g`: an exponent below 1e-4 and from 1e6 on; no sign before a zero.
    EXPOSITION(-4, 6),
    /// Go's verb `f`: no exponent ever.
    PLAIN(Integer.MIN_VALUE, Integer.MAX_VALUE);

    private final int exponentMin;
    private final int exponentEnd;

    Style(int exponentMin, int exponentEnd) {
      this.exponentMin = exponentMin;
      this.exponentEnd = exponentEnd;
    }
  }

  /// A number of any style but `PLAIN` takes at most 26 bytes.
  static final int BYTES_MAX = 32;
  private static final int PLAIN_BYTES_MAX = 350;
  /// Whole numbers below take at most 15 digits.
  private static final double WHOLE_END = 1e15;
  private static final int DIGITS_MAX = 20;

  private final ShortestDecimal decimal = new ShortestDecimal();
  private final byte[] scratch = new byte[DIGITS_MAX];

  /// Adds `value`, without quotes.
  void add(Piece out, double value, Style style) {
    byte[] bytes = out.reserve(style == Style.PLAIN ? PLAIN_BYTES_MAX : BYTES_MAX);
    out.advance(write(bytes, out.count(), value, style));
  }

  /// As text, without quotes.
  static String text(double value, Style style) {
    var bytes = new byte[PLAIN_BYTES_MAX];
    return new String(bytes, 0, new NumberText().write(bytes, 0, value, style), StandardCharsets.ISO_8859_1);
  }

  /// Appends `value` as in JSON.
  static void append(StringBuilder out, double value) {
    out.append(text(value, Style.JSON));
  }

  /// Writes from `at` on, where there is room, and answers the end.
  int write(byte[] out, int start, double value, Style style) {
    int at = start;
    if (value < 0 || value == 0 && 1 / value < 0 && style != Style.EXPOSITION) {
      out[at++] = '-';
    } else if (value == Double.POSITIVE_INFINITY) {
      out[at++] = '+';
    }
    double size = Math.abs(value);
    if (size == (long) size && size < WHOLE_END && (style != Style.EXPOSITION || size < 1e6)) {
      return whole(out, at, (long) size);
    }
    if (Double.isNaN(value)) {
      return word(out, at, 'N', 'a', 'N');
    }
    if (size == Double.POSITIVE_INFINITY) {
      return word(out, at, 'I', 'n', 'f');
    }
    decimal.of(size);
    int from = DIGITS_MAX;
    for (long rest = decimal.digits; rest > 0; rest /= 10) {
      scratch[--from] = (byte) ('0' + rest % 10);
    }
    return digits(out, at, from, DIGITS_MAX - from + decimal.exponent, style);
  }

  private static int word(byte[] out, int at, char a, char b, char c) {
    out[at] = (byte) a;
    out[at + 1] = (byte) b;
    out[at + 2] = (byte) c;
    return at + 3;
  }

  /// The digits in `scratch` from `from` on, the point behind `point` of them.
  private int digits(byte[] out, int start, int from, int point, Style style) {
    int count = DIGITS_MAX - from;
    int at = start;
    int exponent = point - 1;
    if (exponent < style.exponentMin || exponent >= style.exponentEnd) {
      out[at++] = scratch[from];
      if (count > 1) {
        out[at++] = '.';
        at = copy(out, at, from + 1, count - 1);
      }
      out[at++] = 'e';
      out[at++] = (byte) (exponent < 0 ? '-' : '+');
      int size = Math.abs(exponent);
      if (size < 10) {
        out[at++] = '0';
      }
      return whole(out, at, size);
    }
    if (point <= 0) {
      out[at++] = '0';
      out[at++] = '.';
      return copy(out, zeros(out, at, -point), from, count);
    }
    if (point >= count) {
      return zeros(out, copy(out, at, from, count), point - count);
    }
    at = copy(out, at, from, point);
    out[at++] = '.';
    return copy(out, at, from + point, count - point);
  }

  private int copy(byte[] out, int at, int from, int count) {
    for (int i = 0; i < count; i++) {
      out[at + i] = scratch[from + i];
    }
    return at + count;
  }

  private static int zeros(byte[] out, int at, int count) {
    for (int i = 0; i < count; i++) {
      out[at + i] = '0';
    }
    return at + count;
  }

  /// A number of 0 or more.
  static int whole(byte[] out, int at, long value) {
    int count = 1;
    for (long bound = 10; count < 19 && value >= bound; bound *= 10) {
      count++;
    }
    long rest = value;
    for (int i = at + count - 1; i >= at; i--) {
      long next = rest / 10;
      out[i] = (byte) ('0' + (rest - next * 10));
      rest = next;
    }
    return at + count;
  }

  /// Writes milliseconds as seconds with up to three decimals, without trailing zeros; takes at most 22 bytes.
  static int seconds(byte[] out, int start, long millis) {
    int at = start;
    if (millis < 0) {
      out[at++] = '-';
    }
    at = whole(out, at, Math.abs(millis / 1000));
    int rest = (int) Math.abs(millis % 1000);
    if (rest != 0) {
      out[at++] = '.';
      out[at++] = (byte) ('0' + rest / 100);
      if (rest % 100 != 0) {
        out[at++] = (byte) ('0' + rest / 10 % 10);
        if (rest % 10 != 0) {
          out[at++] = (byte) ('0' + rest % 10);
        }
      }
    }
    return at;
  }

  /// Appends milliseconds as seconds.
  static void appendSeconds(StringBuilder out, long millis) {
    var bytes = new byte[BYTES_MAX];
    out.append(new String(bytes, 0, seconds(bytes, 0, millis), StandardCharsets.ISO_8859_1));
  }
}
