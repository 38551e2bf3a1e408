package io.tidemark.notify;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.Matcher;
import io.tidemark.model.TidemarkException;
import java.util.ArrayList;
import java.util.List;

/// Reads matchers in Alertmanager's UTF-8 syntax: `name op value`, comma-separated, the braces around them optional. Names and values
/// may be bare or in double quotes with Go's escapes.
final class MatcherParser {
  private static final String RESERVED = "{}!=~,\\\"'`";

  private final String text;
  private int at;

  /// Whether a name or value with this character needs quotes.
  static boolean isReserved(int c) {
    return RESERVED.indexOf(c) >= 0 || Character.isWhitespace(c) || Character.isSpaceChar(c);
  }

  MatcherParser(String text) {
    this.text = text;
  }

  List<Matcher> all() {
    var matchers = new ArrayList<Matcher>();
    skipSpace();
    boolean braces = take("{");
    skipSpace();
    while (at < text.length() && !isNext("}")) {
      matchers.add(one());
      skipSpace();
      if (!take(",")) {
        break;
      }
      skipSpace();
    }
    if (braces && !take("}")) {
      throw wrong("expected a comma or a closing brace");
    }
    skipSpace();
    if (at < text.length()) {
      throw wrong(braces ? "expected the end" : "expected a comma or the end");
    }
    return matchers;
  }

  private Matcher one() {
    String name = word("a label name");
    if (name.isEmpty()) {
      throw wrong("a label name must not be empty");
    }
    skipSpace();
    Matcher.Op op = operator();
    skipSpace();
    boolean nothing = at >= text.length() || isNext(",") || isNext("}");
    return new Matcher(name, op, nothing ? "" : word("a value"));
  }

  private Matcher.Op operator() {
    if (take("=~")) {
      return Matcher.Op.MATCH;
    } else if (take("!~")) {
      return Matcher.Op.NOT_MATCH;
    } else if (take("!=")) {
      return Matcher.Op.NOT_EQUAL;
    } else if (take("=")) {
      return Matcher.Op.EQUAL;
    }
    throw wrong("expected one of = != =~ !~");
  }

  private String word(String what) {
    if (isNext("\"")) {
      return quoted();
    }
    int start = at;
    while (at < text.length() && RESERVED.indexOf(text.charAt(at)) < 0 && !Character.isWhitespace(text.charAt(at))) {
      at++;
    }
    if (at == start) {
      throw wrong("expected " + what + "; a text with any of " + RESERVED + " or a space needs double quotes");
    }
    return text.substring(start, at);
  }

  private String quoted() {
    int open = at++;
    var out = new StringBuilder();
    while (at < text.length()) {
      char c = text.charAt(at++);
      if (c == '"') {
        return out.toString();
      }
      out.append(c == '\\' ? escaped() : String.valueOf(c));
    }
    at = open;
    throw wrong("the quote that opens here is never closed");
  }

  private String escaped() {
    char c = at < text.length() ? text.charAt(at++) : ' ';
    return switch (c) {
      case 'n' -> "\n";
      case 't' -> "\t";
      case 'r' -> "\r";
      case '"', '\\', '\'' -> String.valueOf(c);
      case 'x' -> Character.toString(hex(2));
      case 'u' -> Character.toString(hex(4));
      case 'U' -> Character.toString(hex(8));
      default -> {
        at--;
        throw wrong("unknown escape; use \\\\ for a backslash");
      }
    };
  }

  private int hex(int digits) {
    int end = at + digits;
    try {
      int code = end <= text.length() ? Integer.parseInt(text.substring(at, end), 16) : -1;
      if (Character.isValidCodePoint(code)) {
        at = end;
        return code;
      }
    } catch (NumberFormatException e) {
      throw wrong("expected " + digits + " hexadecimal digits of a character");
    }
    throw wrong("expected " + digits + " hexadecimal digits of a character");
  }

  private boolean isNext(String token) {
    return text.startsWith(token, at);
  }

  private boolean take(String token) {
    boolean there = isNext(token);
    at += there ? token.length() : 0;
    return there;
  }

  private void skipSpace() {
    while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
      at++;
    }
  }

  private TidemarkException wrong(String what) {
    return new TidemarkException(ErrorCode.BAD_DATA, "matcher `" + text + "`, character " + (at + 1) + ": " + what);
  }
}
