package io.tidemark.template;

import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.TextStyle;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/// Go's time layouts, written as the reference moment `Mon Jan 2 15:04:05 MST 2006`.
/// Source: https://pkg.go.dev/time#pkg-constants.
final class GoTimeLayout {
  private record Part(String layout, Function<ZonedDateTime, String> print) {}

  /// Longer layouts before their prefixes.
  private static final List<Part> PARTS = List.of(
      new Part("January", t -> t.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH)),
      new Part("Jan", t -> t.getMonth().getDisplayName(TextStyle.SHORT, Locale.ENGLISH)),
      new Part("Monday", t -> t.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH)),
      new Part("Mon", t -> t.getDayOfWeek().getDisplayName(TextStyle.SHORT, Locale.ENGLISH)),
      new Part("MST", GoTimeLayout::abbreviation),
      new Part("2006", t -> String.format(Locale.ROOT, "%04d", t.getYear())),
      new Part("-07:00:00", t -> offset(t, ":", true)),
      new Part("-07:00", t -> offset(t, ":", false)),
      new Part("-070000", t -> offset(t, "", true)),
      new Part("-0700", t -> offset(t, "", false)),
      new Part("-07", t -> offset(t, "", false).substring(0, 3)),
      new Part("Z07:00", t -> t.getOffset().getTotalSeconds() == 0 ? "Z" : offset(t, ":", false)),
      new Part("Z0700", t -> t.getOffset().getTotalSeconds() == 0 ? "Z" : offset(t, "", false)),
      new Part("002", t -> String.format(Locale.ROOT, "%03d", t.getDayOfYear())),
      new Part("01", t -> two(t.getMonthValue())),
      new Part("02", t -> two(t.getDayOfMonth())),
      new Part("03", t -> two(hour12(t))),
      new Part("04", t -> two(t.getMinute())),
      new Part("05", t -> two(t.getSecond())),
      new Part("06", t -> two(t.getYear() % 100)),
      new Part("15", t -> two(t.getHour())),
      new Part("_2", t -> String.format(Locale.ROOT, "%2d", t.getDayOfMonth())),
      new Part("PM", t -> t.getHour() < 12 ? "AM" : "PM"),
      new Part("pm", t -> t.getHour() < 12 ? "am" : "pm"),
      new Part("1", t -> Integer.toString(t.getMonthValue())),
      new Part("2", t -> Integer.toString(t.getDayOfMonth())),
      new Part("3", t -> Integer.toString(hour12(t))),
      new Part("4", t -> Integer.toString(t.getMinute())),
      new Part("5", t -> Integer.toString(t.getSecond())));

  private GoTimeLayout() {}

  static String format(ZonedDateTime time, String layout) {
    var out = new StringBuilder();
    int at = 0;
    while (at < layout.length()) {
      int fraction = fractionLength(layout, at);
      if (fraction > 0) {
        out.append(fraction(time, layout.substring(at, at + fraction)));
        at += fraction;
        continue;
      }
      Part part = partAt(layout, at);
      if (part.layout().isEmpty()) {
        out.append(layout.charAt(at++));
      } else {
        out.append(part.print().apply(time));
        at += part.layout().length();
      }
    }
    return out.toString();
  }

  private static Part partAt(String layout, int at) {
    for (Part part : PARTS) {
      if (layout.startsWith(part.layout(), at)) {
        return part;
      }
    }
    return new Part("", _ -> "");
  }

  /// Length of `.000` or `.999` (or with a comma) at `at` when no digit follows, else 0.
  private static int fractionLength(String layout, int at) {
    char mark = layout.charAt(at);
    if (mark != '.' && mark != ',' || at + 1 >= layout.length()) {
      return 0;
    }
    char digit = layout.charAt(at + 1);
    int end = at + 1;
    while (end < layout.length() && layout.charAt(end) == digit) {
      end++;
    }
    boolean digitFollows = end < layout.length() && Character.isDigit(layout.charAt(end));
    return (digit == '0' || digit == '9') && !digitFollows && end - at <= 10 ? end - at : 0;
  }

  private static String fraction(ZonedDateTime time, String layout) {
    String digits = String.format(Locale.ROOT, "%09d", time.getNano()).substring(0, layout.length() - 1);
    if (layout.charAt(1) == '9') {
      digits = digits.replaceAll("0+$", "");
      return digits.isEmpty() ? "" : layout.charAt(0) + digits;
    }
    return layout.charAt(0) + digits;
  }

  /// A zone without a name prints as its offset, as in Go.
  private static String abbreviation(ZonedDateTime time) {
    if (time.getZone() instanceof ZoneOffset) {
      return time.getOffset().getTotalSeconds() == 0 ? "UTC" : offset(time, "", false).replaceAll("00$", "");
    }
    return DateTimeFormatter.ofPattern("zzz", Locale.ENGLISH).format(time);
  }

  private static String offset(ZonedDateTime time, String separator, boolean seconds) {
    int total = time.getOffset().getTotalSeconds();
    int length = Math.abs(total);
    return (total < 0 ? "-" : "+") + two(length / 3600) + separator + two(length / 60 % 60) + (seconds ? separator + two(length % 60) : "");
  }

  private static int hour12(ZonedDateTime time) {
    return (time.getHour() + 11) % 12 + 1;
  }

  private static String two(int number) {
    return String.format(Locale.ROOT, "%02d", number);
  }
}
