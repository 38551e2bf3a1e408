package io.tidemark.regex;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/// A compiled RE2 pattern that must match the whole text; `.` also matches a newline, as in Prometheus. Immutable, any thread.
///
/// Patterns that are a plain alternation of literals (`a|b|c`) or a literal with `.*` or `.+` around it run without the engine.
/// Source of the syntax: RE2, https://github.com/google/re2/wiki/Syntax.
public final class Regex {
  /// Longest pattern accepted, in characters.
  public static final int PATTERN_CHARS_MAX = 64 * 1024;
  /// Most parts of a pattern with its counted repetitions written out.
  public static final int PARTS_MAX = 200_000;
  private static final String META = "\\.+*?()|[]{}^$";

  private final String source;
  private final Pattern pattern;
  private final Optional<Set<String>> literals;
  private final Optional<Wrapped> wrapped;

  /// `before literal after` where before and after are nothing, `.*` or `.+`.
  private record Wrapped(String literal, int before, int after) {
    boolean matches(String text) {
      if (before < 0 && after < 0) {
        return text.equals(literal);
      }
      if (before < 0) {
        return text.length() >= literal.length() + after && text.startsWith(literal);
      }
      if (after < 0) {
        return text.length() >= literal.length() + before && text.endsWith(literal);
      }
      int at = text.indexOf(literal, before);
      return at >= 0 && text.length() - at - literal.length() >= after;
    }
  }

  private Regex(String source, Pattern pattern) {
    this.source = source;
    this.pattern = pattern;
    this.literals = alternation(source);
    this.wrapped = wrapped(source);
  }

  /// Compiles `source`.
  ///
  /// @throws TidemarkException `BAD_DATA` with RE2's reason when it is not a pattern, or when it is too long or too large
  public static Regex compile(String source) {
    check(source);
    try {
      return new Regex(source, Pattern.compile("^(?s:" + source + ")$"));
    } catch (PatternSyntaxException e) {
      throw new TidemarkException(ErrorCode.BAD_DATA, "error parsing regexp: " + e.getDescription()
          + (e.getPattern() == null ? "" : ": `" + e.getPattern() + "`"), e);
    } catch (StackOverflowError e) {
      throw new TidemarkException(ErrorCode.BAD_DATA, "error parsing regexp: expression nests too deeply", e);
    }
  }

  /// Refuses what would take too much memory to compile; for patterns that are used without the anchors of this class.
  ///
  /// @throws TidemarkException `BAD_DATA` when it is too long or too large
  public static void check(String source) {
    if (source.length() > PATTERN_CHARS_MAX) {
      throw new TidemarkException(ErrorCode.BAD_DATA,
          "regular expression of " + source.length() + " characters; at most " + PATTERN_CHARS_MAX + " are allowed");
    }
    if (ExpandedSize.exceeds(source, PARTS_MAX)) {
      throw new TidemarkException(ErrorCode.BAD_DATA, "error parsing regexp: with its repetitions written out the expression has more than "
          + PARTS_MAX + " parts; use smaller counts");
    }
  }

  /// Whether the whole of `text` matches.
  public boolean matches(String text) {
    if (literals.isPresent()) {
      return literals.get().contains(text);
    }
    if (wrapped.isPresent()) {
      return wrapped.get().matches(text);
    }
    return pattern.matches(text);
  }

  /// The texts that match, when the pattern is an alternation of literals; index look-ups use it in place of a scan.
  public Optional<Set<String>> literals() {
    return literals;
  }

  /// The compiled pattern, anchored at both ends, for replacements with groups.
  public Pattern pattern() {
    return pattern;
  }

  /// `template` with `$1`, `$name`, `${1}` and `${name}` replaced by groups of the match on `text`, as Go's `Regexp.Expand`: a name is
  /// as long as possible, an unknown group is empty, `$$` is a dollar. Without a match every group is empty.
  public String expand(String text, String template) {
    if (template.indexOf('$') < 0) {
      return template;
    }
    Matcher matcher = pattern.matcher(text);
    boolean matched = matcher.matches();
    var out = new StringBuilder();
    int at = 0;
    while (at < template.length()) {
      char c = template.charAt(at);
      boolean braced = template.startsWith("${", at);
      int from = at + (braced ? 2 : 1);
      int to = from;
      while (to < template.length() && isWord(template.charAt(to))) {
        to++;
      }
      boolean closed = !braced || to < template.length() && template.charAt(to) == '}';
      if (c == '$' && to > from && closed) {
        out.append(matched ? group(matcher, template.substring(from, to)) : "");
        at = to + (braced ? 1 : 0);
      } else {
        out.append(c);
        at += template.startsWith("$$", at) ? 2 : 1;
      }
    }
    return out.toString();
  }

  private static boolean isWord(char c) {
    return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
  }

  private String group(Matcher matcher, String name) {
    boolean number = name.length() < 6 && name.chars().allMatch(c -> c >= '0' && c <= '9');
    String value = null;
    if (number) {
      int index = Integer.parseInt(name);
      value = index <= matcher.groupCount() ? matcher.group(index) : null;
    } else if (pattern.namedGroups().containsKey(name)) {
      value = matcher.group(name);
    }
    return value == null ? "" : value;
  }

  /// The pattern as written.
  public String source() {
    return source;
  }

  private static Optional<Set<String>> alternation(String source) {
    var texts = new LinkedHashSet<String>();
    for (String part : source.split("\\|", -1)) {
      if (!isLiteral(part)) {
        return Optional.empty();
      }
      texts.add(part);
    }
    return Optional.of(texts);
  }

  private static Optional<Wrapped> wrapped(String source) {
    int before = source.startsWith(".*") ? 0 : source.startsWith(".+") ? 1 : -1;
    String rest = before < 0 ? source : source.substring(2);
    int after = rest.endsWith(".*") ? 0 : rest.endsWith(".+") ? 1 : -1;
    String literal = after < 0 ? rest : rest.substring(0, rest.length() - 2);
    return isLiteral(literal) ? Optional.of(new Wrapped(literal, before, after)) : Optional.empty();
  }

  private static boolean isLiteral(String text) {
    return text.chars().noneMatch(c -> META.indexOf(c) >= 0);
  }

  @Override
  public String toString() {
    return source;
  }
}
