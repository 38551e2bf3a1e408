package io.tidemark.promql;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Numbers, durations and strings: their spelling in PromQL to their value. Faults come as `IllegalArgumentException` with
/// Prometheus' text; the caller knows the place.
final class Literals {
  private static final Pattern DURATION = Pattern.compile(
      "(?:([0-9]+)y)?(?:([0-9]+)w)?(?:([0-9]+)d)?(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?(?:([0-9]+)ms)?");
  private static final long[] UNIT_MILLIS = {365L * 86_400_000, 7L * 86_400_000, 86_400_000, 3_600_000, 60_000, 1000, 1};
  /// The longest duration, 2^63 nanoseconds.
  private static final long DURATION_MILLIS_MAX = Long.MAX_VALUE / 1_000_000;

  private Literals() {}

  /// The value of a decimal, octal (`0755`) or hexadecimal number, `Inf` or `NaN`.
  static double number(String text) {
    String digits = text.replace("_", "");
    if (digits.equalsIgnoreCase("inf")) {
      return Double.POSITIVE_INFINITY;
    }
    if (digits.equalsIgnoreCase("nan")) {
      return Double.NaN;
    }
    try {
      if (digits.startsWith("0x") || digits.startsWith("0X")) {
        return Long.parseLong(digits, 2, digits.length(), 16);
      }
      if (digits.length() > 1 && digits.chars().allMatch(c -> c >= '0' && c <= '7') && digits.charAt(0) == '0') {
        return Long.parseLong(digits, 8);
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("error parsing number: strconv.ParseFloat: parsing " + Fault.quoted(text) + ": invalid syntax", e);
    }
    double value = Double.parseDouble(digits);
    if (Double.isInfinite(value)) {
      throw new IllegalArgumentException("error parsing number: strconv.ParseFloat: parsing " + Fault.quoted(text)
          + ": value out of range");
    }
    return value;
  }

  /// The seconds of a duration such as `1h30m`.
  static double durationSeconds(String text) {
    Matcher matcher = DURATION.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException("not a valid duration string: " + Fault.quoted(text));
    }
    long millis = 0;
    for (int i = 0; i < UNIT_MILLIS.length; i++) {
      String count = matcher.group(i + 1);
      if (count != null) {
        millis = plus(millis, count, UNIT_MILLIS[i]);
      }
    }
    return millis / 1000.0;
  }

  private static long plus(long millis, String count, long unit) {
    try {
      long sum = Math.addExact(millis, Math.multiplyExact(Long.parseLong(count), unit));
      if (sum <= DURATION_MILLIS_MAX) {
        return sum;
      }
      throw new IllegalArgumentException("duration out of range");
    } catch (ArithmeticException | NumberFormatException e) {
      throw new IllegalArgumentException("duration out of range", e);
    }
  }

  /// What stands between the quotes of `literal`, escapes resolved; empty when the escapes make no valid UTF-8.
  static Optional<String> string(String literal) {
    String body = literal.substring(1, literal.length() - 1);
    if (literal.charAt(0) == '`' || body.indexOf('\\') < 0) {
      return Optional.of(body);
    }
    // Escapes like \xC3\xA4 name bytes, so the text is put together in UTF-8.
    var out = new ByteArrayOutputStream();
    int at = 0;
    while (at < body.length()) {
      int next = body.indexOf('\\', at);
      int end = next < 0 ? body.length() : next;
      out.writeBytes(body.substring(at, end).getBytes(StandardCharsets.UTF_8));
      at = next < 0 ? end : escape(body, next + 1, out);
    }
    try {
      return Optional.of(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(out.toByteArray())).toString());
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }

  private static int escape(String body, int at, ByteArrayOutputStream out) {
    char c = body.charAt(at);
    switch (c) {
      case 'a' -> out.write(7);
      case 'b' -> out.write('\b');
      case 'f' -> out.write('\f');
      case 'n' -> out.write('\n');
      case 'r' -> out.write('\r');
      case 't' -> out.write('\t');
      case 'v' -> out.write(11);
      case 'x' -> {
        out.write(Integer.parseInt(body, at + 1, at + 3, 16));
        return at + 3;
      }
      case 'u', 'U' -> {
        int end = at + (c == 'u' ? 5 : 9);
        out.writeBytes(Character.toString(Integer.parseInt(body, at + 1, end, 16)).getBytes(StandardCharsets.UTF_8));
        return end;
      }
      case '0', '1', '2', '3', '4', '5', '6', '7' -> {
        out.write(Integer.parseInt(body, at, at + 3, 8));
        return at + 3;
      }
      default -> out.write(c);
    }
    return at + 1;
  }

  /// A duration as Prometheus prints it: `1d12h`, years and weeks only when nothing remains, `0s`, a leading minus.
  static String formatDuration(long millis) {
    if (millis == 0) {
      return "0s";
    }
    var out = new StringBuilder(millis < 0 ? "-" : "");
    long rest = Math.abs(millis);
    String[] units = {"y", "w", "d", "h", "m", "s", "ms"};
    for (int i = 0; i < units.length; i++) {
      boolean exactOnly = i < 2;
      long count = rest / UNIT_MILLIS[i];
      if (count > 0 && (!exactOnly || rest % UNIT_MILLIS[i] == 0)) {
        out.append(count).append(units[i]);
        rest -= count * UNIT_MILLIS[i];
      }
    }
    return out.toString();
  }
}
