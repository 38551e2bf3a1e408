package io.tidemark.transfer;

import io.tidemark.codec.ByteWriter;
import io.tidemark.model.LabelSet;
import java.nio.charset.StandardCharsets;

/// Writes samples as lines of OpenMetrics text. One thread; reused.
final class OpenMetricsText {
  private final ByteWriter out = new ByteWriter(1 << 16);
  private byte[] series = new byte[0];
  private long secondBefore = Long.MIN_VALUE;
  private byte[] secondText = new byte[0];

  ByteWriter out() {
    return out;
  }

  /// The series of the samples that follow.
  void series(LabelSet labels) {
    var text = new StringBuilder();
    String name = labels.metricName();
    boolean isPlain = LabelSet.isPlainName(name, true);
    if (isPlain) {
      text.append(name);
    }
    String separator = "{";
    if (!isPlain) {
      quote(text.append(separator), name);
      separator = ",";
    }
    for (int i = 0; i < labels.count(); i++) {
      if (labels.name(i).equals(LabelSet.NAME)) {
        continue;
      }
      text.append(separator);
      separator = ",";
      if (LabelSet.isPlainName(labels.name(i), false)) {
        text.append(labels.name(i));
      } else {
        quote(text, labels.name(i));
      }
      quote(text.append('='), labels.value(i));
    }
    text.append(separator.equals("{") ? " " : "} ");
    series = text.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static void quote(StringBuilder text, String value) {
    text.append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      switch (c) {
        case '\n' -> text.append("\\n");
        case '"' -> text.append("\\\"");
        case '\\' -> text.append("\\\\");
        default -> text.append(c);
      }
    }
    text.append('"');
  }

  /// A line; every NaN becomes the one that the text has.
  void sample(long timestampMillis, double value) {
    out.writeBytes(series, 0, series.length);
    ascii(number(value));
    out.writeByte(' ');
    time(timestampMillis);
    out.writeByte('\n');
  }

  private static String number(double value) {
    if (value == Double.POSITIVE_INFINITY) {
      return "+Inf";
    }
    if (value == Double.NEGATIVE_INFINITY) {
      return "-Inf";
    }
    boolean isWhole = value == Math.rint(value) && Math.abs(value) < 1e15 && Double.doubleToRawLongBits(value) != Long.MIN_VALUE;
    return isWhole ? Long.toString((long) value) : Double.toString(value);
  }

  /// Seconds with milliseconds. Readers multiply the nearest double by a thousand and cut off what is behind the point, which gives one
  /// millisecond less for some; those get half a millisecond on top, which is cut off.
  private void time(long millis) {
    long second = millis / 1000;
    if (second != secondBefore) {
      secondBefore = second;
      secondText = Long.toString(second).getBytes(StandardCharsets.US_ASCII);
    }
    if (millis < 0 && second == 0) {
      out.writeByte('-');
    }
    out.writeBytes(secondText, 0, secondText.length);
    int rest = (int) Math.abs(millis % 1000);
    if (rest != 0) {
      out.writeByte('.');
      out.writeByte('0' + rest / 100);
      out.writeByte('0' + rest / 10 % 10);
      out.writeByte('0' + rest % 10);
      if ((long) (millis / 1000.0 * 1000) != millis) {
        out.writeByte('5');
      }
    }
  }

  private void ascii(String text) {
    for (int i = 0; i < text.length(); i++) {
      out.writeByte(text.charAt(i));
    }
  }

  void line(String text) {
    ascii(text);
    out.writeByte('\n');
  }
}
