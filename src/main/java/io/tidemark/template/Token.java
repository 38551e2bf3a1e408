package io.tidemark.template;

/// One lexical element.
///
/// @param text   the source text; for quoted literals already unquoted
/// @param offset where it starts in the source, in characters
record Token(Kind kind, String text, int offset) {
  enum Kind {
    TEXT, OPEN, CLOSE, SPACE, NAME, FIELD, DOT, VARIABLE, NUMBER, CHARACTER, STRING, PIPE, LEFT, RIGHT, DECLARE, ASSIGN, COMMA, END
  }

  boolean is(Kind other) {
    return kind == other;
  }

  boolean isName(String name) {
    return kind == Kind.NAME && text.equals(name);
  }
}
