package io.tidemark.query.script;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Times and durations of scripts, in milliseconds.
final class Times {
  private static final Pattern DURATION = Pattern.compile(
      "(?:(\\d+)y)?(?:(\\d+)w)?(?:(\\d+)d)?(?:(\\d+)h)?(?:(\\d+)m)?(?:(\\d+)s)?(?:(\\d+)ms)?");
  private static final long[] UNIT_MILLIS = {365L * 86_400_000, 7L * 86_400_000, 86_400_000, 3_600_000, 60_000, 1000, 1};

  private Times() {}

  /// Reads `1h30m`, or the bare `0`.
  static long parse(String text) {
    Matcher matcher = DURATION.matcher(text);
    if (text.equals("0")) {
      return 0;
    }
    if (text.isEmpty() || !matcher.matches()) {
      throw new IllegalArgumentException("\"" + text + "\" is no duration such as 1h30m");
    }
    long millis = 0;
    for (int i = 0; i < UNIT_MILLIS.length; i++) {
      millis += matcher.group(i + 1) == null ? 0 : Long.parseLong(matcher.group(i + 1)) * UNIT_MILLIS[i];
    }
    return millis;
  }
}
