package io.tidemark.template;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.tidemark.model.TidemarkException;
import io.tidemark.regex.Regex;
import java.util.Locale;

/// Functions on texts that both function sets share.
final class Texts {
  private Texts() {}

  private static Pattern pattern(String source) {
    try {
      Regex.check(source);
      return Pattern.compile(source);
    } catch (TidemarkException e) {
      throw new TemplateFailure(e.getMessage());
    } catch (PatternSyntaxException e) {
      throw new TemplateFailure("error parsing regexp: " + e.getDescription());
    }
  }

  /// Whether `pattern` matches anywhere in `text`; unlike a label matcher it is not anchored.
  static boolean match(String pattern, String text) {
    return pattern(pattern).matcher(text).find();
  }

  /// Go's `ReplaceAllString`: `$1`, `${1}` and `${name}` in the replacement are groups, `$$` is a dollar.
  static String replaceAll(String pattern, String replacement, String text) {
    Matcher matcher = pattern(pattern).matcher(text);
    var out = new StringBuilder();
    int from = 0;
    while (matcher.find()) {
      out.append(text, from, matcher.start());
      expand(out, replacement, matcher);
      from = matcher.end();
      GoPrint.check(out);
    }
    return out.append(text, from, text.length()).toString();
  }

  private static void expand(StringBuilder out, String replacement, Matcher matcher) {
    int at = 0;
    while (at < replacement.length()) {
      int dollar = replacement.indexOf('$', at);
      if (dollar < 0 || dollar == replacement.length() - 1) {
        out.append(replacement, at, replacement.length());
        return;
      }
      out.append(replacement, at, dollar);
      at = dollar + 1;
      if (replacement.charAt(at) == '$') {
        out.append('$');
        at++;
        continue;
      }
      boolean braced = replacement.charAt(at) == '{';
      int from = braced ? at + 1 : at;
      int end = from;
      while (end < replacement.length() && (replacement.charAt(end) == '_' || Character.isLetterOrDigit(replacement.charAt(end)))) {
        end++;
      }
      if (end == from || braced && (end >= replacement.length() || replacement.charAt(end) != '}')) {
        out.append('$');
        continue;
      }
      out.append(group(matcher, replacement.substring(from, end)));
      at = braced ? end + 1 : end;
    }
  }

  /// The text of a group, empty when it did not take part or does not exist.
  private static String group(Matcher matcher, String name) {
    try {
      boolean numbered = name.chars().allMatch(c -> c >= '0' && c <= '9');
      int number = numbered ? Integer.parseInt(name) : -1;
      if (numbered && number > matcher.groupCount()) {
        return "";
      }
      String text = numbered ? matcher.group(number) : matcher.group(name);
      return text == null ? "" : text;
    } catch (IllegalArgumentException e) {
      return "";
    }
  }

  /// Every letter that starts a word in upper case; with `lowerRest` all others in lower case.
  static String title(String text, boolean lowerRest) {
    var out = new StringBuilder();
    boolean inWord = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      out.append(inWord ? lowerRest ? Character.toLowerCase(c) : c : Character.toTitleCase(c));
      inWord = Character.isLetterOrDigit(c) || c == '_' || c == '\'';
    }
    return out.toString();
  }

  static String upper(String text) {
    return text.toUpperCase(Locale.ROOT);
  }

  static String lower(String text) {
    return text.toLowerCase(Locale.ROOT);
  }
}
