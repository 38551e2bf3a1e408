package io.tidemark.promql;

/// A length of time in a range, step or offset. Plain literals are folded by the parser; the rest needs the query's step and range.
public sealed interface DurationExpr {
  Span span();

  /// A fixed duration, possibly negative (offsets). In arithmetic the seconds count, not the milliseconds.
  ///
  /// @param duration whether it was written as a duration (`2m`) and not as a number of seconds (`120`); prints that way
  record Literal(double seconds, boolean duration, Span span) implements DurationExpr {
    public long millis() {
      return Math.round(seconds * 1000);
    }
  }

  /// `step()`: the query's step; 0 for an instant query.
  record Step(Span span) implements DurationExpr {}

  /// `range()`: the query's end minus its start; 0 for an instant query.
  record Range(Span span) implements DurationExpr {}

  record Negate(DurationExpr operand, Span span) implements DurationExpr {}

  record Paren(DurationExpr operand, Span span) implements DurationExpr {}

  /// Arithmetic in seconds: ADD, SUB, MUL, DIV, MOD or POW.
  record Arithmetic(BinaryOp op, DurationExpr left, DurationExpr right, Span span) implements DurationExpr {}

  /// `min_of(a, b)` or `max_of(a, b)`.
  record Extremum(boolean max, DurationExpr left, DurationExpr right, Span span) implements DurationExpr {}
}
