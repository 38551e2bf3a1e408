package io.tidemark.template;

import java.util.List;
import java.util.Optional;

/// Go's `time.Duration`: prints as `1h2m3.5s`.
///
/// @param nanos the length in nanoseconds
public record GoDuration(long nanos) implements TemplateObject {
  @Override
  public Optional<Object> member(String name, List<Object> arguments) {
    return switch (name) {
      case "Seconds" -> Optional.of(nanos / 1e9);
      case "Minutes" -> Optional.of(nanos / 60e9);
      case "Hours" -> Optional.of(nanos / 3600e9);
      case "Milliseconds" -> Optional.of(nanos / 1_000_000);
      case "Microseconds" -> Optional.of(nanos / 1_000);
      case "Nanoseconds" -> Optional.of(nanos);
      case "String" -> Optional.of(toString());
      case "Abs" -> Optional.of(new GoDuration(Math.abs(nanos)));
      case "Round" -> Optional.of(new GoDuration(rounded(unit(arguments))));
      case "Truncate" -> Optional.of(new GoDuration(nanos - nanos % unit(arguments)));
      default -> Optional.empty();
    };
  }

  private static long unit(List<Object> arguments) {
    if (arguments.size() == 1) {
      if (arguments.getFirst() instanceof GoDuration unit && unit.nanos > 0) {
        return unit.nanos;
      }
      if (arguments.getFirst() instanceof Long nanos && nanos > 0) {
        return nanos;
      }
    }
    throw new TemplateFailure("expected one duration above zero");
  }

  /// Half away from zero, as Go rounds.
  private long rounded(long unit) {
    long rest = Math.abs(nanos % unit);
    long down = nanos - nanos % unit;
    return rest + rest < unit ? down : down + (nanos < 0 ? -unit : unit);
  }

  @Override
  public String typeName() {
    return "time.Duration";
  }

  @Override
  public String toString() {
    if (nanos == 0) {
      return "0s";
    }
    String sign = nanos < 0 ? "-" : "";
    long length = Math.abs(nanos);
    if (length < 1_000) {
      return sign + length + "ns";
    }
    if (length < 1_000_000) {
      return sign + fraction(length, 1_000) + "µs";
    }
    if (length < 1_000_000_000) {
      return sign + fraction(length, 1_000_000) + "ms";
    }
    long hours = length / 3_600_000_000_000L;
    long minutes = length / 60_000_000_000L % 60;
    String seconds = fraction(length % 60_000_000_000L, 1_000_000_000) + "s";
    return sign + (hours > 0 ? hours + "h" + minutes + "m" : minutes > 0 ? minutes + "m" : "") + seconds;
  }

  private static String fraction(long value, long unit) {
    String whole = Long.toString(value / unit);
    if (value % unit == 0) {
      return whole;
    }
    String digits = Long.toString(unit + value % unit).substring(1);
    return whole + "." + digits.replaceAll("0+$", "");
  }
}
