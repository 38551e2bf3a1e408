package io.tidemark.promql;

import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.TidemarkException;
import io.tidemark.promql.BinaryOp.Kind;
import io.tidemark.promql.VectorMatching.Cardinality;
import io.tidemark.regex.Regex;
import java.util.List;
import java.util.Optional;

/// Refuses what parses but has no meaning. Called for each node as it is built, children first.
final class TypeCheck {
  /// More quantiles than this in one `histogram_quantiles` are refused, as in Prometheus.
  private static final int HISTOGRAM_QUANTILES_ARGUMENTS_MAX = 12;

  private final Fault fault;
  private final Features features;

  TypeCheck(Fault fault, Features features) {
    this.fault = fault;
    this.features = features;
  }

  void aggregation(AggregateOp op, Optional<Expr> parameter, Expr expr) {
    expect(expr, ValueType.VECTOR, "aggregation expression");
    parameter.ifPresent(p -> expect(p, op == AggregateOp.COUNT_VALUES ? ValueType.STRING : ValueType.SCALAR, "aggregation parameter"));
  }

  private void expect(Expr expr, ValueType type, String where) {
    if (expr.type() != type) {
      throw fault.at(expr.span(), "expected type " + type.text() + " in " + where + ", got " + expr.type().text());
    }
  }

  /// The matching that an operation of these operands has: none unless both are vectors.
  Optional<VectorMatching> binary(BinaryOp op, Expr left, Expr right, VectorMatching written, boolean returnBool, Span operator) {
    Span span = left.span().to(right.span());
    boolean scalars = left.type() == ValueType.SCALAR && right.type() == ValueType.SCALAR;
    if (returnBool && op.kind() != Kind.COMPARISON) {
      throw fault.at(operator, "bool modifier can only be used on comparison operators");
    }
    if (op.kind() == Kind.COMPARISON && !returnBool && scalars) {
      throw fault.at(operator, "comparisons between scalars must use BOOL modifier");
    }
    for (String label : written.labels()) {
      if (written.on() && written.include().contains(label)) {
        throw fault.at(operator, "label " + Fault.quoted(label) + " must not occur in ON and GROUP clause at once");
      }
    }
    for (Expr side : List.of(left, right)) {
      if (side.type() != ValueType.SCALAR && side.type() != ValueType.VECTOR) {
        throw fault.at(side.span(), "binary expression must contain only scalar and instant vector types");
      }
    }
    boolean fills = written.fillLeft().isPresent() || written.fillRight().isPresent();
    if (left.type() == ValueType.VECTOR && right.type() == ValueType.VECTOR) {
      return Optional.of(op.kind() == Kind.SET ? setMatching(op, written, fills, span) : written);
    }
    if (!written.labels().isEmpty()) {
      throw fault.at(span, "vector matching only allowed between instant vectors");
    }
    if (fills) {
      throw fault.at(span, "filling in missing series only allowed between instant vectors");
    }
    if (op.kind() == Kind.SET) {
      throw fault.at(span, "set operator " + Fault.quoted(op.text()) + " not allowed in binary scalar expression");
    }
    return Optional.empty();
  }

  private VectorMatching setMatching(BinaryOp op, VectorMatching written, boolean fills, Span span) {
    if (written.cardinality() != Cardinality.ONE_TO_ONE) {
      throw fault.at(span, "no grouping allowed for " + Fault.quoted(op.text()) + " operation");
    }
    if (fills) {
      throw fault.at(span, "filling in missing series not allowed for set operators");
    }
    return new VectorMatching(Cardinality.MANY_TO_MANY, written.on(), written.labels(), List.of(), written.fillLeft(), written.fillRight());
  }

  void call(Function function, List<Expr> arguments, Span name, Span span) {
    if (function.isExperimental() && !features.has(Features.Flag.EXPERIMENTAL_FUNCTIONS)) {
      throw fault.at(name, "function " + Fault.quoted(function.text()) + " is not enabled; start with --enable-feature="
          + Features.Flag.EXPERIMENTAL_FUNCTIONS.text());
    }
    argumentCount(function, arguments.size(), span);
    if (function == Function.INFO && arguments.size() > 1) {
      infoSelector(arguments.get(1), span);
    }
    List<ValueType> types = function.arguments();
    for (int i = 0; i < arguments.size(); i++) {
      expect(arguments.get(i), types.get(Math.min(i, types.size() - 1)), "call to function " + Fault.quoted(function.text()));
    }
  }

  private void argumentCount(Function function, int count, Span span) {
    int max = function == Function.HISTOGRAM_QUANTILES ? HISTOGRAM_QUANTILES_ARGUMENTS_MAX
        : function.repeatsLast() ? Integer.MAX_VALUE : function.arguments().size();
    if (count >= function.argumentsMin() && count <= max) {
      return;
    }
    boolean exact = max == function.argumentsMin();
    int bound = count < function.argumentsMin() ? function.argumentsMin() : max;
    String kind = exact ? "" : count < function.argumentsMin() ? "at least " : "at most ";
    throw fault.at(span, "expected " + kind + bound + " argument(s) in call to " + Fault.quoted(function.text()) + ", got " + count);
  }

  private void infoSelector(Expr argument, Span span) {
    if (argument.type() != ValueType.VECTOR) {
      throw fault.at(span, "expected type instant vector in call to function \"info\", got " + argument.type().text());
    }
    if (!(argument instanceof Expr.VectorSelector selector)) {
      throw fault.at(argument.span(), "expected label selectors only");
    }
    if (!selector.name().isEmpty()) {
      throw fault.at(argument.span(), "expected label selectors only, got vector selector instead");
    }
  }

  void unary(Expr operand, Span span) {
    if (operand.type() != ValueType.SCALAR && operand.type() != ValueType.VECTOR) {
      throw fault.at(span, "unary expression only allowed on expressions of type scalar or instant vector, got "
          + Fault.quoted(operand.type().text()));
    }
  }

  void subquery(Expr expr, Span span) {
    if (expr.type() != ValueType.VECTOR) {
      // Here Prometheus uses the short name of the type.
      String type = expr.type() == ValueType.MATRIX ? "matrix" : expr.type().text();
      throw fault.at(span, "subquery is only allowed on instant vector, got " + type + " instead");
    }
  }

  void selector(String name, List<Matcher> matchers, boolean mayBeEmpty, Span span) {
    if (!name.isEmpty()) {
      for (Matcher matcher : matchers.subList(1, matchers.size())) {
        if (matcher.name().equals(LabelSet.NAME)) {
          throw fault.at(span, "metric name must not be set twice: " + Fault.quoted(name) + " or " + Fault.quoted(matcher.value()));
        }
      }
    } else if (!mayBeEmpty && matchers.stream().allMatch(TypeCheck::matchesEmpty)) {
      throw fault.at(span, "vector selector must contain at least one non-empty matcher");
    }
  }

  /// Whether a series without the label passes.
  static boolean matchesEmpty(Matcher matcher) {
    boolean same = matcher.op().isRegex() ? Regex.compile(matcher.value()).matches("") : matcher.value().isEmpty();
    return same != matcher.op().isNegative();
  }

  /// Refuses a pattern that RE2 would not take.
  void pattern(Matcher matcher, Span span) {
    if (matcher.op().isRegex()) {
      try {
        Regex.compile(matcher.value());
      } catch (TidemarkException e) {
        throw fault.at(span, e.getMessage());
      }
    }
  }
}
