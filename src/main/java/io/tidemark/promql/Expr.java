package io.tidemark.promql;

import io.tidemark.model.Matcher;
import java.util.List;
import java.util.Optional;

/// A parsed expression. A closed family: consumers `switch` over it without a `default`. Immutable.
public sealed interface Expr {
  /// Where it stands in the query's text.
  Span span();

  /// What it yields.
  ValueType type();

  /// A number. `duration` tells that it was written as a duration (`5m` is 300) and prints that way.
  record NumberLiteral(double value, boolean duration, Span span) implements Expr {
    @Override
    public ValueType type() {
      return ValueType.SCALAR;
    }
  }

  record StringLiteral(String value, Span span) implements Expr {
    @Override
    public ValueType type() {
      return ValueType.STRING;
    }
  }

  /// `name{matchers} offset … @ …`. The name, if any, is also the first matcher (`__name__`, EQUAL).
  ///
  /// @param name     the metric name as written before the braces, or the empty string (`{"a.b"}` is a matcher only)
  /// @param matchers all matchers, the name's first, the rest in the order written
  record VectorSelector(String name, List<Matcher> matchers, TimeShift shift, Extension extension, Span span) implements Expr {
    public VectorSelector {
      matchers = List.copyOf(matchers);
    }

    @Override
    public ValueType type() {
      return ValueType.VECTOR;
    }
  }

  /// `selector[range]`; the selector carries offset, `@` and the anchored/smoothed modifier.
  record MatrixSelector(VectorSelector selector, DurationExpr range, Span span) implements Expr {
    @Override
    public ValueType type() {
      return ValueType.MATRIX;
    }
  }

  /// `expr[range:step] offset … @ …`; without a step the engine's default applies.
  record Subquery(Expr expr, DurationExpr range, Optional<DurationExpr> step, TimeShift shift, Span span) implements Expr {
    @Override
    public ValueType type() {
      return ValueType.MATRIX;
    }
  }

  /// `-expr` or `+expr`.
  record Unary(boolean negate, Expr operand, Span span) implements Expr {
    @Override
    public ValueType type() {
      return operand.type();
    }
  }

  /// @param matching   present when both sides are vectors
  /// @param returnBool whether a comparison gives 0/1 instead of filtering
  record Binary(BinaryOp op, Expr left, Expr right, Optional<VectorMatching> matching, boolean returnBool, Span span) implements Expr {
    @Override
    public ValueType type() {
      return left.type() == ValueType.SCALAR && right.type() == ValueType.SCALAR ? ValueType.SCALAR : ValueType.VECTOR;
    }
  }

  /// @param parameter present when the operator takes one
  /// @param grouping  labels of `by` or `without`, in the order written
  record Aggregation(AggregateOp op, Optional<Expr> parameter, Expr expr, boolean without, List<String> grouping, Span span)
      implements Expr {
    public Aggregation {
      grouping = List.copyOf(grouping);
    }

    @Override
    public ValueType type() {
      return ValueType.VECTOR;
    }
  }

  record Call(Function function, List<Expr> arguments, Span span) implements Expr {
    public Call {
      arguments = List.copyOf(arguments);
    }

    @Override
    public ValueType type() {
      return function.returns();
    }
  }

  record Paren(Expr expr, Span span) implements Expr {
    @Override
    public ValueType type() {
      return expr.type();
    }
  }

  /// The experimental range modifiers.
  enum Extension { NONE, ANCHORED, SMOOTHED }

  /// When a selector or subquery looks: `@` is applied first, then the offset is subtracted.
  record TimeShift(At at, Optional<DurationExpr> offset) {
    public static final TimeShift NONE = new TimeShift(new At.None(), Optional.empty());
  }

  /// The `@` modifier.
  sealed interface At {
    record None() implements At {}

    /// `@ 1609746000.123`
    record Timestamp(long millis) implements At {}

    /// `@ start()`
    record Start() implements At {}

    /// `@ end()`
    record End() implements At {}
  }
}
