package io.tidemark.template;

import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.TextStyle;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// Go's `time.Time`: prints as `2022-01-25 12:36:43 +0000 UTC`, `Format` takes Go's layouts.
public final class GoTime implements TemplateObject {
  private static final String PRINTED = "2006-01-02 15:04:05.999999999 -0700 MST";
  private final ZonedDateTime time;

  private GoTime(ZonedDateTime time) {
    this.time = time;
  }

  /// A moment in UTC.
  public static GoTime ofMillis(long millis) {
    return new GoTime(ZonedDateTime.ofInstant(Instant.ofEpochMilli(millis), ZoneOffset.UTC));
  }

  /// This moment in another zone.
  public GoTime in(ZoneId zone) {
    return new GoTime(time.withZoneSameInstant(zone));
  }

  public long millis() {
    return time.toInstant().toEpochMilli();
  }

  /// This moment in Go's `layout`, e.g. `Jan 2, 2006 at 3:04pm (MST)`.
  public String format(String layout) {
    return GoTimeLayout.format(time, layout);
  }

  @Override
  public Optional<Object> member(String name, List<Object> arguments) {
    return switch (name) {
      case "Format" -> Optional.of(format(String.valueOf(one(arguments, String.class))));
      case "Unix" -> Optional.of(time.toEpochSecond());
      case "UnixMilli" -> Optional.of(millis());
      case "UnixNano" -> Optional.of(time.toEpochSecond() * 1_000_000_000L + time.getNano());
      case "UTC" -> Optional.of(in(ZoneOffset.UTC));
      case "Local" -> Optional.of(this);
      case "String" -> Optional.of(toString());
      case "Year" -> Optional.of((long) time.getYear());
      case "Month" -> Optional.of(time.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH));
      case "Day" -> Optional.of((long) time.getDayOfMonth());
      case "YearDay" -> Optional.of((long) time.getDayOfYear());
      case "Weekday" -> Optional.of(time.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH));
      case "Hour" -> Optional.of((long) time.getHour());
      case "Minute" -> Optional.of((long) time.getMinute());
      case "Second" -> Optional.of((long) time.getSecond());
      case "Nanosecond" -> Optional.of((long) time.getNano());
      case "IsZero" -> Optional.of(time.getYear() == 1 && time.getDayOfYear() == 1 && time.toLocalTime().toNanoOfDay() == 0);
      case "Add" -> Optional.of(new GoTime(time.plusNanos(one(arguments, GoDuration.class).nanos())));
      case "Sub" -> Optional.of(since(one(arguments, GoTime.class)));
      case "Before" -> Optional.of(time.isBefore(one(arguments, GoTime.class).time));
      case "After" -> Optional.of(time.isAfter(one(arguments, GoTime.class).time));
      case "Equal" -> Optional.of(time.isEqual(one(arguments, GoTime.class).time));
      default -> Optional.empty();
    };
  }

  /// How much later this moment is than `other`.
  GoDuration since(GoTime other) {
    return new GoDuration((millis() - other.millis()) * 1_000_000L);
  }

  private static <T> T one(List<Object> arguments, Class<T> kind) {
    if (arguments.size() == 1 && kind.isInstance(arguments.getFirst())) {
      return kind.cast(arguments.getFirst());
    }
    throw new TemplateFailure("expected one argument of kind " + kind.getSimpleName());
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof GoTime that && time.equals(that.time);
  }

  @Override
  public int hashCode() {
    return time.hashCode();
  }

  @Override
  public String typeName() {
    return "time.Time";
  }

  @Override
  public String toString() {
    return format(PRINTED);
  }
}
