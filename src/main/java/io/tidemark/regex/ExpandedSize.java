package io.tidemark.regex;

import java.util.ArrayDeque;

/// How large a pattern becomes once its counted repetitions are written out, which is what compiling does.
///
/// The engine bounds a single count at 1,000 but not counts within counts, so twenty characters could ask for gigabytes. The scan
/// knows just enough of the syntax not to mistake classes, escapes and quotes for repetitions; what it does not know counts as itself.
final class ExpandedSize {
  private final String pattern;
  private final ArrayDeque<Long> outer = new ArrayDeque<>();
  private final long max;
  /// Parts of the group that is open, its last part included.
  private long parts;
  private long last;
  private int at;

  private ExpandedSize(String pattern, long max) {
    this.pattern = pattern;
    this.max = max;
  }

  /// Whether `pattern` expands to more than `max` parts.
  static boolean exceeds(String pattern, long max) {
    return new ExpandedSize(pattern, max).scan();
  }

  private boolean scan() {
    while (at < pattern.length() && parts <= max) {
      char c = pattern.charAt(at++);
      switch (c) {
        case '\\' -> escape();
        case '[' -> characterClass();
        case '(' -> {
          outer.push(parts);
          parts = 0;
        }
        case ')' -> {
          last = parts + 1;
          parts = last + (outer.isEmpty() ? 0 : outer.pop());
        }
        case '{' -> repetition();
        default -> part(1);
      }
    }
    return parts > max;
  }

  private void part(long count) {
    last = 1;
    parts += count;
  }

  private void escape() {
    char c = at < pattern.length() ? pattern.charAt(at++) : '\\';
    if (c == 'Q') {
      int end = pattern.indexOf("\\E", at);
      part((end < 0 ? pattern.length() : end) - at);
      at = end < 0 ? pattern.length() : end + 2;
      return;
    }
    if ((c == 'x' || c == 'p' || c == 'P') && at < pattern.length() && pattern.charAt(at) == '{') {
      int end = pattern.indexOf('}', at);
      at = end < 0 ? pattern.length() : end + 1;
    }
    part(1);
  }

  private void characterClass() {
    at += at < pattern.length() && pattern.charAt(at) == '^' ? 1 : 0;
    // A bracket that comes first is a member.
    at += at < pattern.length() && pattern.charAt(at) == ']' ? 1 : 0;
    while (at < pattern.length() && pattern.charAt(at) != ']') {
      if (pattern.charAt(at) == '\\') {
        at += 2;
      } else if (pattern.startsWith("[:", at) && pattern.indexOf(":]", at) > 0) {
        at = pattern.indexOf(":]", at) + 2;
      } else {
        at++;
      }
    }
    at++;
    part(1);
  }

  /// `{n}`, `{n,}` or `{n,m}`; any other brace stands for itself.
  private void repetition() {
    int end = pattern.indexOf('}', at);
    String inside = end < 0 || end - at > 9 ? "" : pattern.substring(at, end);
    int comma = inside.indexOf(',');
    String low = comma < 0 ? inside : inside.substring(0, comma);
    String high = comma < 0 || comma == inside.length() - 1 ? low : inside.substring(comma + 1);
    if (!isNumber(low) || !isNumber(high)) {
      part(1);
      return;
    }
    long times = Math.max(1, Math.max(Long.parseLong(low), Long.parseLong(high)));
    parts += last * (times - 1);
    last *= times;
    at = end + 1;
  }

  private static boolean isNumber(String text) {
    return !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9');
  }
}
