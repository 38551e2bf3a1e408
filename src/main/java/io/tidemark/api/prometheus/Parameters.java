package io.tidemark.api.prometheus;

import io.tidemark.config.Durations;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.vertx.core.MultiMap;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// The parameters of one request, from the query string and a form body alike, read as Prometheus reads them.
final class Parameters {
  private static final BigDecimal MILLIS_MAX = BigDecimal.valueOf(Long.MAX_VALUE / 2);
  /// Whole numbers of so many digits are doubles without loss.
  private static final int WHOLE_CHARS_MAX = 15;
  private final MultiMap values;

  Parameters(MultiMap values) {
    this.values = values;
  }

  Optional<String> text(String name) {
    return Optional.ofNullable(values.get(name)).filter(t -> !t.isEmpty());
  }

  List<String> texts(String name) {
    return values.getAll(name);
  }

  boolean flag(String name) {
    return text(name).map(t -> t.equals("1") || t.equals("true")).orElse(false);
  }

  /// A limit of answers; 0 or none means no limit.
  int limit(String name) {
    return text(name).map(t -> {
      try {
        int limit = Integer.parseInt(t);
        if (limit >= 0) {
          return limit;
        }
      } catch (NumberFormatException e) {
        throw new TidemarkException(ErrorCode.BAD_DATA,
            "invalid parameter \"" + name + "\": strconv.Atoi: parsing \"" + t + "\": invalid syntax", e);
      }
      throw invalid(name, "limit must be non-negative");
    }).orElse(0);
  }

  /// A whole number, also a negative one.
  int number(String name, int byDefault) {
    return text(name).map(t -> {
      try {
        return Integer.parseInt(t);
      } catch (NumberFormatException e) {
        throw new TidemarkException(ErrorCode.BAD_DATA, name + " must be a number", e);
      }
    }).orElse(byDefault);
  }

  /// A time in milliseconds: seconds with decimals, or RFC 3339.
  long timeMillis(String name, long byDefault) {
    return text(name).map(t -> parseTime(name, t)).orElse(byDefault);
  }

  long requiredTimeMillis(String name) {
    return parseTime(name, values.get(name) == null ? "" : values.get(name));
  }

  private static long parseTime(String name, String text) {
    Optional<BigDecimal> seconds = decimal(text);
    if (seconds.isPresent()) {
      BigDecimal millis = seconds.get().movePointRight(3).setScale(0, RoundingMode.HALF_EVEN);
      if (millis.abs().compareTo(MILLIS_MAX) > 0) {
        throw invalid(name, "cannot parse \"" + text + "\" to a valid timestamp");
      }
      return millis.longValue();
    }
    try {
      return OffsetDateTime.parse(text).toInstant().toEpochMilli();
    } catch (DateTimeException e) {
      throw new TidemarkException(ErrorCode.BAD_DATA,
          "invalid parameter \"" + name + "\": cannot parse \"" + text + "\" to a valid timestamp", e);
    }
  }

  /// A duration in milliseconds: seconds with decimals, or `1h30m`.
  OptionalLong durationMillis(String name) {
    Optional<String> text = text(name);
    return text.isEmpty() ? OptionalLong.empty() : OptionalLong.of(parseDuration(name, text.get()));
  }

  long requiredDurationMillis(String name) {
    return parseDuration(name, values.get(name) == null ? "" : values.get(name));
  }

  private static long parseDuration(String name, String text) {
    Optional<BigDecimal> seconds = decimal(text);
    if (seconds.isPresent()) {
      BigDecimal millis = seconds.get().movePointRight(3).setScale(0, RoundingMode.DOWN);
      if (millis.abs().compareTo(MILLIS_MAX) > 0) {
        throw invalid(name, "cannot parse \"" + text + "\" to a valid duration. It overflows int64");
      }
      return millis.longValue();
    }
    return Durations.parse(text).orElseThrow(() -> invalid(name, "cannot parse \"" + text + "\" to a valid duration"));
  }

  /// A plain decimal number of reasonable length and exponent: a text such as `1e999999999` must not become a huge number.
  private static Optional<BigDecimal> decimal(String text) {
    if (text.isEmpty() || text.length() > 40) {
      return Optional.empty();
    }
    if (text.length() <= WHOLE_CHARS_MAX && isWhole(text)) {
      return Optional.of(BigDecimal.valueOf(Long.parseLong(text)));
    }
    try {
      double rough = Double.parseDouble(text);
      char last = text.charAt(text.length() - 1);
      if (Double.isNaN(rough) || Double.isInfinite(rough) || Math.abs(rough) > 1e18 || last == 'd' || last == 'f' || text.contains("x")) {
        return Optional.empty();
      }
      return Optional.of(BigDecimal.valueOf(rough));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  private static boolean isWhole(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return false;
      }
    }
    return true;
  }

  static TidemarkException invalid(String name, String why) {
    return new TidemarkException(ErrorCode.BAD_DATA, "invalid parameter \"" + name + "\": " + why);
  }
}
