package io.tidemark.api.prometheus;

import io.tidemark.api.Piece;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
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
  /// Below these a number of thousandths has at most 15 digits too.
  private static final double FEW_DECIMALS_END = 1e11;
  /// Two digits of each number below 100.
  private static final byte[] PAIRS = new byte[200];
  private static final long[] POWERS = new long[19];

  static {
    for (int i = 0; i < 100; i++) {
      PAIRS[2 * i] = (byte) ('0' + i / 10);
      PAIRS[2 * i + 1] = (byte) ('0' + i % 10);
    }
    POWERS[0] = 1;
    for (int i = 1; i < POWERS.length; i++) {
      POWERS[i] = POWERS[i - 1] * 10;
    }
  }

  private static final long EIGHT_DIGITS = 100_000_000;
  private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final ShortestDecimal decimal = new ShortestDecimal();

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
    if (size < FEW_DECIMALS_END && thousandths(size)) {
      return digits(out, at, decimal.digits, decimal.exponent, style);
    }
    decimal.of(size);
    return digits(out, at, decimal.digits, decimal.exponent, style);
  }

  /// The quick way for up to three decimals. A decimal of at most 15 digits is the only one of so few that reads back as its double, so one
  /// that does is the shortest.
  private boolean thousandths(double size) {
    long thousandths = (long) (size * 1000 + 0.5);
    if (thousandths == 0 || thousandths / 1000.0 != size) {
      return false;
    }
    decimal.digits = thousandths;
    decimal.exponent = -3;
    decimal.strip();
    return true;
  }

  private static int word(byte[] out, int at, char a, char b, char c) {
    out[at] = (byte) a;
    out[at + 1] = (byte) b;
    out[at + 2] = (byte) c;
    return at + 3;
  }

  /// Writes `digits · 10^exponent`.
  private static int digits(byte[] out, int start, long digits, int exponent, Style style) {
    int count = count(digits);
    int point = count + exponent;
    int at = start;
    if (point - 1 < style.exponentMin || point - 1 >= style.exponentEnd) {
      at = withPoint(out, at, digits, count, 1);
      out[at++] = 'e';
      out[at++] = (byte) (point - 1 < 0 ? '-' : '+');
      int size = Math.abs(point - 1);
      if (size < 10) {
        out[at++] = '0';
      }
      return whole(out, at, size);
    }
    if (point <= 0) {
      out[at++] = '0';
      out[at++] = '.';
      return whole(out, zeros(out, at, -point), digits, count);
    }
    return point >= count ? zeros(out, whole(out, at, digits, count), point - count) : withPoint(out, at, digits, count, point);
  }

  /// The digits with a point behind `point` of them; without one when there are no more.
  private static int withPoint(byte[] out, int at, long digits, int count, int point) {
    if (point == count) {
      return whole(out, at, digits, count);
    }
    int end = whole(out, at + 1, digits, count);
    for (int i = at; i < at + point; i++) {
      out[i] = out[i + 1];
    }
    out[at + point] = '.';
    return end;
  }

  private static int zeros(byte[] out, int at, int count) {
    for (int i = 0; i < count; i++) {
      out[at + i] = '0';
    }
    return at + count;
  }

  /// How many digits a number of 0 or more has.
  private static int count(long value) {
    // 1233 / 4096 is just above log10(2).
    int guess = (64 - Long.numberOfLeadingZeros(value | 1)) * 1233 >>> 12;
    return value < POWERS[guess] ? Math.max(1, guess) : guess + 1;
  }

  /// A number of 0 or more.
  static int whole(byte[] out, int at, long value) {
    return whole(out, at, value, count(value));
  }

  private static int whole(byte[] out, int at, long value, int count) {
    int i = at + count;
    long rest = value;
    while (rest >= EIGHT_DIGITS) {
      long next = rest / EIGHT_DIGITS;
      i -= 8;
      LONG.set(out, i, eightDigits(rest - next * EIGHT_DIGITS));
      rest = next;
    }
    int small = (int) rest;
    while (small >= 100) {
      int next = small / 100;
      i = pair(out, i, small - next * 100);
      small = next;
    }
    if (small >= 10) {
      pair(out, i, small);
    } else {
      out[i - 1] = (byte) ('0' + small);
    }
    return at + count;
  }

  /// The digits of a number below 10^8 with leading zeros, the first in the lowest byte: halves of four digits, then of two, then of one,
  /// all halves at once. The factors are reciprocals that are exact for numbers of so few digits.
  private static long eightDigits(long value) {
    long high = value / 10_000;
    long fours = high | value - high * 10_000 << 32;
    long hundreds = fours * 5_243 >>> 19 & 0x7f_0000_007fL;
    long twos = hundreds | fours - hundreds * 100 << 16;
    long tens = twos * 103 >>> 10 & 0x000f_000f_000f_000fL;
    return (tens | twos - tens * 10 << 8) + 0x3030_3030_3030_3030L;
  }

  /// Four digits of a number below 10,000 before `end`.
  static void fourDigits(byte[] out, int end, int value) {
    int high = value / 100;
    pair(out, end, value - high * 100);
    pair(out, end - 2, high);
  }

  /// Two digits before `end`.
  private static int pair(byte[] out, int end, int value) {
    out[end - 2] = PAIRS[2 * value];
    out[end - 1] = PAIRS[2 * value + 1];
    return end - 2;
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
}
