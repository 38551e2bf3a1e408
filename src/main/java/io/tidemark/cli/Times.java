package io.tidemark.cli;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.OffsetDateTime;

/// Times on the command line.
final class Times {
  private Times() {}

  /// Milliseconds since 1970 of seconds, with decimals if need be, or of RFC 3339.
  ///
  /// @throws TidemarkException `BAD_DATA` for another text
  static long millis(String option, String text) {
    try {
      return text.contains("T") ? OffsetDateTime.parse(text).toInstant().toEpochMilli()
          : new BigDecimal(text).movePointRight(3).longValueExact();
    } catch (ArithmeticException | DateTimeException | NumberFormatException e) {
      throw new TidemarkException(ErrorCode.BAD_DATA, option + ": expected seconds since 1970 or a time such as 2026-11-26T12:00:00Z, "
          + "found \"" + text + "\"", e);
    }
  }
}
