package io.tidemark.promql;

import io.tidemark.promql.grammar.PromQLParser;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.antlr.v4.runtime.CommonToken;
import org.antlr.v4.runtime.Token;

/// Cuts a text into tokens, all at once. A lexical error becomes one last `ERROR` token that carries Prometheus' message, so that a
/// syntax error before it is told first, as there.
///
/// Three surroundings decide what a word is: inside braces every word is a label name, inside brackets only the words of duration
/// expressions exist, elsewhere keywords count in any case.
final class Scanner {
  private static final Map<String, Integer> KEYWORDS = new HashMap<>();
  private static final Map<String, Integer> DURATION_WORDS = Map.of("step", PromQLParser.STEP, "range", PromQLParser.RANGE,
      "min_of", PromQLParser.MIN_OF, "max_of", PromQLParser.MAX_OF);
  /// Digits with single underscores between them; a hexadecimal number has no fraction.
  private static final Pattern NUMBER = Pattern.compile(
      "0[xX]_?[0-9a-fA-F]+(?:_[0-9a-fA-F]+)*|(?:[0-9]+(?:_[0-9]+)*\\.?(?:[0-9]+(?:_[0-9]+)*)?|\\.[0-9]+(?:_[0-9]+)*)"
          + "(?:[eE][+-]?[0-9]+(?:_[0-9]+)*)?");
  private static final Pattern DURATION_REST = Pattern.compile("[smhdwy]s?(?:[0-9]+[smhdw]s?)*");
  private static final int END = -1;
  private static final int BAD_RUNE = 0xFFFD;

  static {
    for (int type = PromQLParser.SUM; type <= PromQLParser.MAX_OF; type++) {
      KEYWORDS.put(PromQLParser.VOCABULARY.getSymbolicName(type).toLowerCase(Locale.ROOT), type);
    }
    KEYWORDS.put("and", PromQLParser.LAND);
    KEYWORDS.put("or", PromQLParser.LOR);
    KEYWORDS.put("unless", PromQLParser.LUNLESS);
    KEYWORDS.put("atan2", PromQLParser.ATAN2);
    KEYWORDS.put("inf", PromQLParser.NUMBER);
    KEYWORDS.put("nan", PromQLParser.NUMBER);
  }

  private final String text;
  private final List<Token> tokens = new ArrayList<>();
  private int at;
  private int start;
  private int parens;
  private boolean braces;
  private boolean brackets;
  private boolean colonSeen;
  private boolean numberSeen;

  private Scanner(String text) {
    this.text = text;
  }

  /// The tokens of `text`, the last one `EOF`.
  static List<Token> scan(String text) {
    var scanner = new Scanner(text);
    boolean more = true;
    while (more) {
      more = scanner.next();
    }
    scanner.start = text.length();
    scanner.at = text.length();
    scanner.emit(Token.EOF);
    return scanner.tokens;
  }

  private boolean next() {
    skipBlanksAndComments();
    start = at;
    int c = read();
    if (c == END) {
      return atEnd();
    }
    if (c == '"' || c == '\'') {
      return string(c);
    }
    if (c == '`') {
      return rawString();
    }
    if (braces) {
      return inBraces(c);
    }
    if (isDigit(c) || c == '.' && isDigit(peek())) {
      return numberOrDuration();
    }
    return brackets && (isAlpha(c) || c == ':') ? inBrackets(c) : isAlpha(c) || c == ':' ? word() : symbol(c);
  }

  private boolean atEnd() {
    if (braces) {
      return error("unexpected end of input inside braces");
    }
    if (parens != 0) {
      return error("unclosed left parenthesis");
    }
    if (brackets) {
      return error(numberSeen ? "unclosed left bracket" : "unexpected end of input in duration expression");
    }
    return false;
  }

  private boolean inBraces(int c) {
    if (isAlpha(c)) {
      while (isAlphanumeric(peek())) {
        at++;
      }
      return emit(PromQLParser.IDENTIFIER);
    }
    return switch (c) {
      case ',' -> emit(PromQLParser.COMMA);
      case '=' -> emit(accept('~') ? PromQLParser.EQL_REGEX : PromQLParser.EQL);
      case '!' -> accept('~') ? emit(PromQLParser.NEQ_REGEX)
          : accept('=') ? emit(PromQLParser.NEQ) : error("unexpected character after '!' inside braces: " + rune(peek()));
      case '{' -> error("unexpected left brace '{'");
      case '}' -> {
        braces = false;
        yield emit(PromQLParser.RIGHT_BRACE);
      }
      default -> error("unexpected character inside braces: " + rune(c));
    };
  }

  private boolean inBrackets(int c) {
    if (c == ':') {
      if (!numberSeen) {
        return error("unexpected colon before duration in duration expression");
      }
      if (colonSeen) {
        return error("unexpected colon ':'");
      }
      colonSeen = true;
      return emit(PromQLParser.COLON);
    }
    while (isAlphanumeric(peek())) {
      at++;
    }
    Integer type = DURATION_WORDS.get(text.substring(start, at).toLowerCase(Locale.ROOT));
    if (type != null) {
      numberSeen = true;
      return emit(type);
    }
    return error(numberSeen && isAfterNumber() ? "unexpected character: " + rune(c) + ", expected ':'"
        : "unexpected character in duration expression: " + rune(c));
  }

  private boolean isAfterNumber() {
    int last = tokens.isEmpty() ? Token.EOF : tokens.getLast().getType();
    return last == PromQLParser.NUMBER || last == PromQLParser.DURATION;
  }

  private boolean word() {
    while (isAlphanumeric(peek()) || peek() == ':') {
      at++;
    }
    String word = text.substring(start, at);
    Integer type = KEYWORDS.get(word.toLowerCase(Locale.ROOT));
    if (type == null) {
      return emit(word.indexOf(':') < 0 ? PromQLParser.IDENTIFIER : PromQLParser.METRIC_IDENTIFIER);
    }
    boolean fill = type == PromQLParser.FILL || type == PromQLParser.FILL_LEFT || type == PromQLParser.FILL_RIGHT;
    // Series called fill existed before the modifier, so the word is one only in front of a parenthesis.
    return emit(fill && !parenthesisFollows() ? PromQLParser.IDENTIFIER : type);
  }

  private boolean parenthesisFollows() {
    int i = at;
    while (i < text.length() && isBlank(text.charAt(i))) {
      i++;
    }
    return i < text.length() && text.charAt(i) == '(';
  }

  private boolean symbol(int c) {
    return switch (c) {
      case ',' -> emit(PromQLParser.COMMA);
      case '*' -> emit(PromQLParser.MUL);
      case '/' -> emit(PromQLParser.DIV);
      case '%' -> emit(PromQLParser.MOD);
      case '+' -> emit(PromQLParser.ADD);
      case '-' -> emit(PromQLParser.SUB);
      case '^' -> emit(PromQLParser.POW);
      case '@' -> emit(PromQLParser.AT);
      case '=' -> peek() == '~' ? error("unexpected character after '=': '~'")
          : emit(accept('=') ? PromQLParser.EQLC : PromQLParser.EQL);
      case '!' -> accept('=') ? emit(PromQLParser.NEQ) : error("unexpected character after '!': " + rune(peek()));
      case '<' -> emit(accept('=') ? PromQLParser.LTE : accept('/') ? PromQLParser.TRIM_UPPER : PromQLParser.LSS);
      case '>' -> emit(accept('=') ? PromQLParser.GTE : accept('/') ? PromQLParser.TRIM_LOWER : PromQLParser.GTR);
      case '(' -> {
        parens++;
        yield emit(PromQLParser.LEFT_PAREN);
      }
      case ')' -> {
        parens--;
        yield parens < 0 ? error("unexpected right parenthesis ')'") : emit(PromQLParser.RIGHT_PAREN);
      }
      case '{' -> {
        if (brackets) {
          yield error("unexpected character in duration expression: '{'");
        }
        braces = true;
        yield emit(PromQLParser.LEFT_BRACE);
      }
      case '[' -> {
        if (brackets) {
          yield error("unexpected left bracket '['");
        }
        brackets = true;
        colonSeen = false;
        numberSeen = false;
        yield emit(PromQLParser.LEFT_BRACKET);
      }
      case ']' -> {
        if (!brackets) {
          yield error("unexpected right bracket ']'");
        }
        brackets = false;
        yield emit(PromQLParser.RIGHT_BRACKET);
      }
      // Names in the style of other systems are the most common reason for a stray dot.
      case '.' -> error("unexpected character: '.'" + (isAfterName() ? "; a name with dots is written in braces and quotes: {\""
          + tokens.getLast().getText() + dottedRest() + "\"}" : ""));
      default -> error((brackets ? "unexpected character in duration expression: " : "unexpected character: ") + rune(c));
    };
  }

  private boolean isAfterName() {
    return !tokens.isEmpty() && tokens.getLast().getStopIndex() == start - 1 && isAlpha(tokens.getLast().getText().charAt(0))
        && isAlpha(peek());
  }

  private String dottedRest() {
    int end = at;
    while (end < text.length() && (isAlphanumeric(text.charAt(end)) || text.charAt(end) == '.')) {
      end++;
    }
    return text.substring(start, end);
  }

  private boolean numberOrDuration() {
    numberSeen = true;
    Matcher number = NUMBER.matcher(text).region(start, text.length());
    at = number.lookingAt() ? number.end() : start + 1;
    // A second dot belongs to no number.
    if (peek() == '.') {
      at++;
      return error("bad number or duration syntax: " + Fault.quoted(text.substring(start, at)));
    }
    if (!isAlphanumeric(peek())) {
      return emit(PromQLParser.NUMBER);
    }
    Matcher rest = DURATION_REST.matcher(text).region(at, text.length());
    if (rest.lookingAt()) {
      at = rest.end();
      if (!isAlphanumeric(peek())) {
        return emit(PromQLParser.DURATION);
      }
      at++;
    }
    return error("bad number or duration syntax: " + Fault.quoted(text.substring(start, at)));
  }

  private boolean string(int quote) {
    while (true) {
      int c = read();
      if (c == END || c == '\n') {
        return error("unterminated quoted string");
      }
      if (c == quote) {
        return emit(PromQLParser.STRING);
      }
      if (c == BAD_RUNE) {
        return error("invalid UTF-8 rune");
      }
      if (c == '\\') {
        String fault = escape(quote);
        if (!fault.isEmpty()) {
          return error(fault);
        }
      }
    }
  }

  /// Checks the escape behind a backslash; answers what is wrong with it, or the empty string.
  private String escape(int quote) {
    int c = read();
    int digits;
    int base = 16;
    int max = Character.MAX_CODE_POINT;
    switch (c) {
      case 'a', 'b', 'f', 'n', 'r', 't', 'v', '\\' -> {
        return "";
      }
      case '0', '1', '2', '3', '4', '5', '6', '7' -> {
        digits = 3;
        base = 8;
        max = 255;
        at--;
      }
      case 'x' -> {
        digits = 2;
        max = 255;
      }
      case 'u' -> digits = 4;
      case 'U' -> digits = 8;
      case END -> {
        return "escape sequence not terminated";
      }
      default -> {
        return c == quote ? "" : "unknown escape sequence " + unicode(c);
      }
    }
    long value = 0;
    for (int i = 0; i < digits; i++) {
      int d = read();
      int digit = d < 0x80 ? Character.digit(d, base) : -1;
      if (digit < 0) {
        return d == END ? "escape sequence not terminated" : "illegal character " + unicode(d) + " in escape sequence";
      }
      value = value * base + digit;
    }
    return value > max || value >= 0xD800 && value < 0xE000 ? "escape sequence is an invalid Unicode code point" : "";
  }

  private boolean rawString() {
    while (true) {
      int c = read();
      if (c == END) {
        return error("unterminated raw string");
      }
      if (c == BAD_RUNE) {
        return error("invalid UTF-8 rune");
      }
      if (c == '`') {
        return emit(PromQLParser.STRING);
      }
    }
  }

  private void skipBlanksAndComments() {
    while (at < text.length() && (isBlank(text.charAt(at)) || text.charAt(at) == '#')) {
      if (text.charAt(at) == '#') {
        while (at < text.length() && text.charAt(at) != '\n' && text.charAt(at) != '\r') {
          at++;
        }
      } else {
        at++;
      }
    }
  }

  /// The next code point, or {@link #END}; a lone surrogate reads as {@link #BAD_RUNE}.
  private int read() {
    if (at >= text.length()) {
      return END;
    }
    int c = text.codePointAt(at);
    at += Character.charCount(c);
    return c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? BAD_RUNE : c;
  }

  private int peek() {
    return at < text.length() ? text.codePointAt(at) : END;
  }

  private boolean accept(int c) {
    boolean yes = peek() == c;
    if (yes) {
      at++;
    }
    return yes;
  }

  private boolean emit(int type) {
    var token = new CommonToken(type, type == Token.EOF ? "" : text.substring(start, at));
    token.setStartIndex(start);
    token.setStopIndex(at - 1);
    tokens.add(token);
    return true;
  }

  private boolean error(String message) {
    var token = new CommonToken(PromQLParser.ERROR, message);
    token.setStartIndex(start);
    token.setStopIndex(start);
    tokens.add(token);
    return false;
  }

  private static String rune(int c) {
    if (c == END || c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) {
      return "'\uFFFD'";
    }
    String quoted = Fault.quoted(Character.toString(c));
    return c == '\'' ? "'\\''" : c == '"' ? "'\"'" : "'" + quoted.substring(1, quoted.length() - 1) + "'";
  }

  private static String unicode(int c) {
    return String.format("U+%04X '%s'", c, Character.toString(c));
  }

  private static boolean isBlank(int c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
  }

  private static boolean isDigit(int c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isAlpha(int c) {
    return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
  }

  private static boolean isAlphanumeric(int c) {
    return isAlpha(c) || isDigit(c);
  }
}
