package io.tidemark.notify;

import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Reads matchers as Alertmanager did before label names were UTF-8: names are plain, a value may hold any character without quotes, and
/// a backslash before anything but `n`, `"` and `\` stands for itself, so that `ip=~"10\.0\..*"` is the pattern it looks like.
/// Source: Alertmanager's `labels.ParseMatchers`.
final class ClassicMatcherParser {
  /// The longer ones first.
  private static final List<Matcher.Op> OPS = List.of(Matcher.Op.MATCH, Matcher.Op.NOT_MATCH, Matcher.Op.NOT_EQUAL, Matcher.Op.EQUAL);

  private ClassicMatcherParser() {}

  /// Comma-separated matchers, the braces around them optional; empty when the text is not in this syntax either.
  static Optional<List<Matcher>> parse(String text) {
    String inner = text.startsWith("{") ? text.substring(1) : text;
    inner = inner.endsWith("}") ? inner.substring(0, inner.length() - 1) : inner;
    var matchers = new ArrayList<Matcher>();
    for (String part : split(inner)) {
      Optional<Matcher> matcher = one(part.strip());
      if (matcher.isEmpty()) {
        return Optional.empty();
      }
      matchers.add(matcher.get());
    }
    return Optional.of(matchers);
  }

  /// At commas outside of quotes; nothing after the last comma is no part.
  private static List<String> split(String text) {
    var parts = new ArrayList<String>();
    boolean quoted = false;
    boolean escaped = false;
    int from = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == ',' && !quoted) {
        parts.add(text.substring(from, i));
        from = i + 1;
      }
      quoted ^= c == '"' && !escaped;
      escaped = c == '\\' && !escaped;
    }
    if (!text.substring(from).isBlank()) {
      parts.add(text.substring(from));
    }
    return parts;
  }

  private static Optional<Matcher> one(String text) {
    int end = 0;
    while (end < text.length() && LabelSet.isPlainName(text.substring(0, end + 1), true)) {
      end++;
    }
    String name = text.substring(0, end);
    String rest = text.substring(end).stripLeading();
    return name.isEmpty() ? Optional.empty() : OPS.stream().filter(op -> rest.startsWith(op.text())).findFirst()
        .flatMap(op -> value(rest.substring(op.text().length()).stripLeading()).map(value -> new Matcher(name, op, value)));
  }

  /// Empty when there is a double quote that is neither escaped nor one of the two around the value.
  private static Optional<String> value(String raw) {
    boolean quoted = raw.startsWith("\"");
    boolean open = quoted;
    var value = new StringBuilder();
    for (int i = quoted ? 1 : 0; i < raw.length(); i++) {
      char c = raw.charAt(i);
      boolean last = i == raw.length() - 1;
      if (c == '\\' && !last) {
        char next = raw.charAt(++i);
        value.append(switch (next) {
          case 'n' -> "\n";
          case '"', '\\' -> String.valueOf(next);
          default -> "\\" + next;
        });
      } else if (c != '"') {
        value.append(c);
      } else if (open && last) {
        open = false;
      } else {
        return Optional.empty();
      }
    }
    return open ? Optional.empty() : Optional.of(value.toString());
  }
}
