package io.tidemark.template;

import java.util.List;

/// Numbers with units for people, as Prometheus' templates print them.
final class Humanize {
  private static final List<String> LARGE = List.of("k", "M", "G", "T", "P", "E", "Z", "Y");
  private static final List<String> SMALL = List.of("m", "u", "n", "p", "f", "a", "z", "y");
  private static final List<String> BINARY = List.of("ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi");

  private Humanize() {}

  private static String four(double value) {
    return GoNumbers.general(value, 4, false);
  }

  private static boolean isPlain(double value) {
    return value == 0 || Double.isNaN(value) || Double.isInfinite(value);
  }

  static String decimal(double value) {
    if (isPlain(value)) {
      return four(value);
    }
    return Math.abs(value) >= 1 ? scaledDown(value, 1000, LARGE) : scaledUp(value, "");
  }

  static String binary(double value) {
    return Math.abs(value) <= 1 || isPlain(value) ? four(value) : scaledDown(value, 1024, BINARY);
  }

  private static String scaledDown(double value, double step, List<String> prefixes) {
    String prefix = "";
    double rest = value;
    for (String next : prefixes) {
      if (Math.abs(rest) < step) {
        break;
      }
      prefix = next;
      rest /= step;
    }
    return four(rest) + prefix;
  }

  private static String scaledUp(double value, String unit) {
    String prefix = "";
    double rest = value;
    for (String next : SMALL) {
      if (Math.abs(rest) >= 1) {
        break;
      }
      prefix = next;
      rest *= 1000;
    }
    return four(rest) + prefix + unit;
  }

  static String duration(double seconds) {
    if (Double.isNaN(seconds) || Double.isInfinite(seconds)) {
      return four(seconds);
    }
    if (seconds == 0) {
      return four(seconds) + "s";
    }
    if (Math.abs(seconds) < 1) {
      return scaledUp(seconds, "s");
    }
    String sign = seconds < 0 ? "-" : "";
    double length = Math.abs(seconds);
    long whole = (long) length;
    long days = whole / 86_400;
    long hours = whole / 3_600 % 24;
    long minutes = whole / 60 % 60;
    if (whole < 60) {
      return sign + four(length) + "s";
    }
    String tail = minutes + "m " + whole % 60 + "s";
    return sign + (days > 0 ? days + "d " + hours + "h " + tail : hours > 0 ? hours + "h " + tail : tail);
  }

  static String percentage(double ratio) {
    return four(ratio * 100) + "%";
  }

  /// The moment `seconds` after 1970 UTC, cut to milliseconds.
  static GoTime time(double seconds) {
    double nanos = seconds * 1e9;
    if (!(Math.abs(nanos) < 0x1p63)) {
      throw new TemplateFailure(GoNumbers.print(seconds) + " cannot be represented as a nanoseconds timestamp since it overflows int64");
    }
    return GoTime.ofMillis(Math.floorDiv((long) nanos, 1_000_000L));
  }

  static GoDuration span(double seconds) {
    double nanos = seconds * 1e9;
    if (!(Math.abs(nanos) < 0x1p63)) {
      throw new TemplateFailure(GoNumbers.print(seconds) + " cannot be represented as a duration since it overflows int64");
    }
    return new GoDuration((long) nanos);
  }
}
