package io.tidemark.notify;

import io.tidemark.config.Item;
import io.tidemark.config.Section;
import java.time.DateTimeException;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Reads one entry of `time_intervals` in Alertmanager's form: `times`, `weekdays`, `days_of_month`, `months`, `years`, `location`.
final class TimeIntervalReader {
  private static final Pattern TIME = Pattern.compile("([01]\\d|2[0-3]):([0-5]\\d)|(24):(00)");
  private static final List<String> WEEKDAYS = List.of("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday");
  private static final List<String> MONTHS = List.of("", "january", "february", "march", "april", "may", "june", "july", "august",
      "september", "october", "november", "december");

  private TimeIntervalReader() {}

  static TimeInterval read(Section section) {
    var minutes = new ArrayList<TimeInterval.Span>();
    for (Section times : section.sections("times")) {
      int from = minute(times, "start_time");
      int to = minute(times, "end_time");
      if (from >= to) {
        times.problem("end_time", "end_time must lie after start_time; split a span over midnight into two");
      }
      times.done();
      minutes.add(new TimeInterval.Span(from, to));
    }
    var interval = new TimeInterval(minutes, spans(section, "weekdays", WEEKDAYS, 0, 6), daysOfMonth(section),
        spans(section, "months", MONTHS, 1, 12), spans(section, "years", List.of(), 0, 9999), zone(section));
    section.done();
    return interval;
  }

  private static int minute(Section times, String key) {
    Matcher form = TIME.matcher(times.requiredText(key));
    if (!form.matches()) {
      times.problem(key, key + ": expected a time of the day such as 09:00, at most 24:00");
      return 0;
    }
    return form.group(3) != null ? 24 * 60 : Integer.parseInt(form.group(1)) * 60 + Integer.parseInt(form.group(2));
  }

  private static ZoneId zone(Section section) {
    String name = section.text("location", "UTC");
    try {
      return name.equals("Local") ? ZoneId.systemDefault() : ZoneId.of(name);
    } catch (DateTimeException e) {
      section.problem("location", "location: unknown time zone \"" + name + "\"; expected a name such as Europe/Berlin");
      return ZoneOffset.UTC;
    }
  }

  private static List<TimeInterval.Span> daysOfMonth(Section section) {
    var spans = new ArrayList<TimeInterval.Span>();
    for (TimeInterval.Span span : spans(section, "days_of_month", List.of(), -31, 31)) {
      boolean mixed = span.from() < 0 != span.to() < 0 && span.from() < 0;
      if (span.from() == 0 || span.to() == 0 || mixed) {
        section.problem("days_of_month", "days_of_month: 0 is no day, and a range that starts at the month's end must end there");
      }
      spans.add(span);
    }
    return spans;
  }

  private static List<TimeInterval.Span> spans(Section section, String key, List<String> names, int min, int max) {
    var spans = new ArrayList<TimeInterval.Span>();
    for (Item item : section.items(key)) {
      String[] ends = item.text().strip().toLowerCase(Locale.ROOT).split(":", 2);
      Optional<Integer> from = number(ends[0], names, min, max);
      Optional<Integer> to = number(ends[ends.length - 1], names, min, max);
      boolean bothFromEnd = from.isPresent() && to.isPresent() && from.get() < 0 == to.get() < 0;
      if (from.isEmpty() || to.isEmpty() || bothFromEnd && from.get() > to.get()) {
        section.problems().add(item.line(), item.column(), key + ": expected one value or an ascending range a:b"
            + (names.isEmpty() ? " from " + min + " to " + max : " of " + String.join(", ", names).replaceFirst("^, ", "")) + ", found \""
            + item.text() + "\"");
      } else {
        spans.add(new TimeInterval.Span(from.get(), to.get()));
      }
    }
    return spans;
  }

  private static Optional<Integer> number(String text, List<String> names, int min, int max) {
    int named = text.isEmpty() ? -1 : names.indexOf(text);
    if (named >= 0) {
      return Optional.of(named);
    }
    if (!text.matches("-?\\d{1,4}") || names == WEEKDAYS) {
      return Optional.empty();
    }
    int value = Integer.parseInt(text);
    return value < min || value > max ? Optional.empty() : Optional.of(value);
  }
}
