package io.tidemark.template;

import io.tidemark.template.Token.Kind;
import java.util.ArrayList;
import java.util.List;

/// Cuts a source into tokens: text between the delimiters, and what stands inside them.
final class Lexer {
  /// A place and what is wrong there.
  static final class SyntaxError extends RuntimeException {
    private static final long serialVersionUID = 1L;
    final int offset;

    SyntaxError(int offset, String message) {
      super(message, null, false, false);
      this.offset = offset;
    }

    @Override
    public String getMessage() {
      return String.valueOf(super.getMessage());
    }
  }

  private static final String TRIMMED = " \t\r\n";

  private final String source;
  private final List<Token> tokens = new ArrayList<>();
  private int at;

  private Lexer(String source) {
    this.source = source;
  }

  static List<Token> tokens(String source) {
    var lexer = new Lexer(source);
    lexer.run();
    return lexer.tokens;
  }

  private void run() {
    boolean trimStart = false;
    while (true) {
      int open = source.indexOf("{{", at);
      int end = open < 0 ? source.length() : open;
      int from = trimStart ? skipTrimmed(at, end) : at;
      boolean trims = open >= 0 && source.startsWith("{{-", open) && open + 3 < source.length() && isTrimmed(open + 3);
      int to = end;
      while (trims && to > from && isTrimmed(to - 1)) {
        to--;
      }
      if (to > from) {
        add(Kind.TEXT, source.substring(from, to), from);
      }
      if (open < 0) {
        add(Kind.END, "", source.length());
        return;
      }
      at = open + (trims ? 3 : 2);
      trimStart = commentOrAction(open);
    }
  }

  private int skipTrimmed(int from, int end) {
    int i = from;
    while (i < end && isTrimmed(i)) {
      i++;
    }
    return i;
  }

  private boolean isTrimmed(int index) {
    return TRIMMED.indexOf(source.charAt(index)) >= 0;
  }

  /// Reads to behind the closing delimiter; whether that one trims the text after it.
  private boolean commentOrAction(int open) {
    int comment = skipTrimmed(at, source.length());
    if (source.startsWith("/*", at) || at > open + 2 && source.startsWith("/*", comment)) {
      return comment(open, source.indexOf("*/", comment));
    }
    add(Kind.OPEN, "{{", open);
    int depth = 0;
    while (true) {
      if (at >= source.length()) {
        throw new SyntaxError(open, "unclosed action");
      }
      boolean trims = isTrimmed(at) && source.startsWith("-}}", skipTrimmed(at, source.length()));
      if (trims || source.startsWith("}}", at)) {
        if (depth > 0) {
          throw new SyntaxError(at, "unclosed left paren");
        }
        at = trims ? skipTrimmed(at, source.length()) : at;
        add(Kind.CLOSE, "}}", at);
        at += trims ? 3 : 2;
        return trims;
      }
      depth += token();
      if (depth < 0) {
        throw new SyntaxError(at - 1, "unexpected right paren");
      }
    }
  }

  private boolean comment(int open, int close) {
    if (close < 0) {
      throw new SyntaxError(open, "unclosed comment");
    }
    at = close + 2;
    if (source.startsWith("}}", at)) {
      at += 2;
      return false;
    }
    int marker = skipTrimmed(at, source.length());
    if (marker > at && source.startsWith("-}}", marker)) {
      at = marker + 3;
      return true;
    }
    throw new SyntaxError(open, "comment ends before closing delimiter");
  }

  /// Reads one token; +1 for an opening parenthesis, -1 for a closing one, else 0.
  private int token() {
    int from = at;
    char c = source.charAt(at);
    if (isTrimmed(at)) {
      at = skipTrimmed(at, source.length());
      add(Kind.SPACE, " ", from);
      return 0;
    }
    switch (c) {
      case '|' -> single(Kind.PIPE);
      case ',' -> single(Kind.COMMA);
      case '=' -> single(Kind.ASSIGN);
      case '(' -> {
        single(Kind.LEFT);
        return 1;
      }
      case ')' -> {
        single(Kind.RIGHT);
        return -1;
      }
      case ':' -> {
        if (!source.startsWith(":=", at)) {
          throw new SyntaxError(at, "expected :=");
        }
        at += 2;
        add(Kind.DECLARE, ":=", from);
      }
      case '"' -> string();
      case '`' -> raw();
      case '\'' -> character();
      case '$' -> {
        at++;
        word();
        add(Kind.VARIABLE, source.substring(from, at), from);
      }
      case '.' -> dotOrField();
      default -> {
        if (isDigit(c) || (c == '+' || c == '-') && at + 1 < source.length()
            && (isDigit(source.charAt(at + 1)) || source.charAt(at + 1) == '.')) {
          number();
        } else if (isWord(c)) {
          word();
          add(Kind.NAME, source.substring(from, at), from);
        } else {
          throw new SyntaxError(at, "unexpected character " + Character.getName(source.codePointAt(at)) + " in action");
        }
      }
    }
    return 0;
  }

  private void dotOrField() {
    int from = at;
    if (at + 1 < source.length() && isDigit(source.charAt(at + 1))) {
      number();
      return;
    }
    at++;
    word();
    if (at == from + 1) {
      add(Kind.DOT, ".", from);
    } else {
      add(Kind.FIELD, source.substring(from + 1, at), from);
    }
  }

  private void word() {
    while (at < source.length() && isWord(source.charAt(at))) {
      at++;
    }
  }

  private void number() {
    int from = at;
    at++;
    while (at < source.length()) {
      char c = source.charAt(at);
      char before = source.charAt(at - 1);
      boolean exponentSign = (c == '+' || c == '-') && "eEpP".indexOf(before) >= 0 && !source.startsWith("0x", from);
      if (!isWord(c) && c != '.' && !exponentSign) {
        break;
      }
      at++;
    }
    add(Kind.NUMBER, source.substring(from, at), from);
  }

  private void string() {
    int from = at;
    int end = closing('"', "unterminated quoted string");
    add(Kind.STRING, Unquote.text(source.substring(from + 1, end), from), from);
    at = end + 1;
  }

  private void character() {
    int from = at;
    int end = closing('\'', "unterminated character constant");
    String text = Unquote.text(source.substring(from + 1, end), from);
    if (text.codePointCount(0, text.length()) != 1) {
      throw new SyntaxError(from, "malformed character constant");
    }
    add(Kind.CHARACTER, text, from);
    at = end + 1;
  }

  private int closing(char quote, String problem) {
    int i = at + 1;
    while (i < source.length() && source.charAt(i) != quote && source.charAt(i) != '\n') {
      i += source.charAt(i) == '\\' ? 2 : 1;
    }
    if (i >= source.length() || source.charAt(i) != quote) {
      throw new SyntaxError(at, problem);
    }
    return i;
  }

  private void raw() {
    int from = at;
    int end = source.indexOf('`', at + 1);
    if (end < 0) {
      throw new SyntaxError(at, "unterminated raw quoted string");
    }
    add(Kind.STRING, source.substring(from + 1, end).replace("\r", ""), from);
    at = end + 1;
  }

  private void single(Kind kind) {
    add(kind, source.substring(at, at + 1), at);
    at++;
  }

  private void add(Kind kind, String text, int offset) {
    tokens.add(new Token(kind, text, offset));
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isWord(char c) {
    return c == '_' || Character.isLetterOrDigit(c);
  }
}
