package io.tidemark.config;

import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Durations as Prometheus writes them: `1h30m`, units `y w d h m s ms` in that order, a year of 365 days; or a bare `0`.
public final class Durations {
  private static final Pattern FORM =
      Pattern.compile("(?:(\\d+)y)?(?:(\\d+)w)?(?:(\\d+)d)?(?:(\\d+)h)?(?:(\\d+)m)?(?:(\\d+)s)?(?:(\\d+)ms)?");
  private static final long[] UNIT_MILLIS = {365 * 86_400_000L, 7 * 86_400_000L, 86_400_000L, 3_600_000L, 60_000L, 1_000L, 1L};
  private static final String[] UNITS = {"y", "w", "d", "h", "m", "s", "ms"};

  private Durations() {}

  /// The duration in milliseconds, or empty when `text` is not one or does not fit.
  public static OptionalLong parse(String text) {
    if (text.equals("0")) {
      return OptionalLong.of(0);
    }
    Matcher matcher = FORM.matcher(text);
    if (text.isEmpty() || text.length() > 64 || !matcher.matches()) {
      return OptionalLong.empty();
    }
    long millis = 0;
    try {
      for (int i = 0; i < UNIT_MILLIS.length; i++) {
        String digits = matcher.group(i + 1);
        if (digits != null) {
          millis = Math.addExact(millis, Math.multiplyExact(Long.parseLong(digits), UNIT_MILLIS[i]));
        }
      }
    } catch (ArithmeticException | NumberFormatException e) {
      return OptionalLong.empty();
    }
    return OptionalLong.of(millis);
  }

  /// `millis` (0 or more) as Prometheus prints it, e.g. `1h30m`; years and weeks only when nothing else is left over.
  public static String print(long millis) {
    if (millis == 0) {
      return "0s";
    }
    var out = new StringBuilder();
    long rest = millis;
    for (int i = 0; i < UNIT_MILLIS.length; i++) {
      boolean exactOnly = i < 2;
      if (rest >= UNIT_MILLIS[i] && (!exactOnly || rest % UNIT_MILLIS[i] == 0)) {
        out.append(rest / UNIT_MILLIS[i]).append(UNITS[i]);
        rest %= UNIT_MILLIS[i];
      }
    }
    return out.toString();
  }
}
