package io.tidemark.promql;

/// Binary operators with their spelling, binding strength (higher binds tighter) and kind.
public enum BinaryOp {
  OR("or", 1, Kind.SET), AND("and", 2, Kind.SET), UNLESS("unless", 2, Kind.SET),
  EQ("==", 3, Kind.COMPARISON), NE("!=", 3, Kind.COMPARISON), LE("<=", 3, Kind.COMPARISON), LT("<", 3, Kind.COMPARISON),
  GE(">=", 3, Kind.COMPARISON), GT(">", 3, Kind.COMPARISON),
  ADD("+", 4, Kind.ARITHMETIC), SUB("-", 4, Kind.ARITHMETIC),
  MUL("*", 5, Kind.ARITHMETIC), DIV("/", 5, Kind.ARITHMETIC), MOD("%", 5, Kind.ARITHMETIC), ATAN2("atan2", 5, Kind.ARITHMETIC),
  POW("^", 6, Kind.ARITHMETIC),
  /// Histogram trimming, `</` and `>/`.
  TRIM_UPPER("</", 3, Kind.TRIM), TRIM_LOWER(">/", 3, Kind.TRIM);

  /// What family an operator belongs to.
  public enum Kind { SET, COMPARISON, ARITHMETIC, TRIM }

  private final String text;
  private final int precedence;
  private final Kind kind;

  BinaryOp(String text, int precedence, Kind kind) {
    this.text = text;
    this.precedence = precedence;
    this.kind = kind;
  }

  public String text() {
    return text;
  }

  public int precedence() {
    return precedence;
  }

  public Kind kind() {
    return kind;
  }

  /// Only `^` groups to the right.
  public boolean isRightAssociative() {
    return this == POW;
  }
}
