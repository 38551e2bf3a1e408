package io.tidemark.notify;

import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.List;

/// A repeating span of the calendar; every part that is given must hold, a part without ranges always holds.
///
/// @param minutes     of the day, end exclusive
/// @param weekdays    0 = Sunday to 6 = Saturday, both inclusive
/// @param daysOfMonth 1 to 31, or -31 to -1 counted from the month's end, both inclusive
/// @param months      1 to 12, both inclusive
/// @param years       both inclusive
/// @param zone        where these are read off the clock
public record TimeInterval(List<Span> minutes, List<Span> weekdays, List<Span> daysOfMonth, List<Span> months, List<Span> years,
    ZoneId zone) {
  /// A range of whole numbers.
  public record Span(int from, int to) {
    boolean holds(int value) {
      return from <= value && value <= to;
    }
  }

  public TimeInterval {
    minutes = List.copyOf(minutes);
    weekdays = List.copyOf(weekdays);
    daysOfMonth = List.copyOf(daysOfMonth);
    months = List.copyOf(months);
    years = List.copyOf(years);
  }

  boolean contains(long atMillis) {
    ZonedDateTime at = Instant.ofEpochMilli(atMillis).atZone(zone);
    int minute = at.getHour() * 60 + at.getMinute();
    return (minutes.isEmpty() || minutes.stream().anyMatch(span -> span.from <= minute && minute < span.to))
        && any(weekdays, at.getDayOfWeek().getValue() % 7)
        && (daysOfMonth.isEmpty() || daysOfMonth.stream().anyMatch(span -> holdsDay(span, at)))
        && any(months, at.getMonthValue())
        && any(years, at.getYear());
  }

  private static boolean any(List<Span> spans, int value) {
    return spans.isEmpty() || spans.stream().anyMatch(span -> span.holds(value));
  }

  /// Days counted from the end are turned into days of this month, and both ends are kept within it.
  private static boolean holdsDay(Span span, ZonedDateTime at) {
    int days = at.toLocalDate().lengthOfMonth();
    int from = span.from < 0 ? days + span.from + 1 : span.from;
    int to = span.to < 0 ? days + span.to + 1 : span.to;
    return from <= days && new Span(Math.max(1, from), Math.min(days, to)).holds(at.getDayOfMonth());
  }
}
