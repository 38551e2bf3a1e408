package io.tidemark.promql;

import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.promql.Expr.At;
import io.tidemark.promql.Expr.Extension;
import io.tidemark.promql.Expr.TimeShift;
import io.tidemark.promql.Expr.VectorSelector;
import io.tidemark.promql.VectorMatching.Cardinality;
import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/// Tree → text in Prometheus' one-line form: `sum by (job) (rate(x{a="b"}[5m] offset 1m))`. What it prints parses to the same tree.
public final class Printer {
  private Printer() {}

  public static String print(Expr expr) {
    return switch (expr) {
      case Expr.NumberLiteral number ->
          number.duration() ? Literals.formatDuration(Math.round(number.value() * 1000)) : number(number.value());
      case Expr.StringLiteral string -> quoted(string.value());
      case VectorSelector selector -> selector(selector, selector.shift(), selector.extension());
      case Expr.MatrixSelector matrix -> matrix(matrix);
      case Expr.Subquery subquery -> print(subquery.expr()) + subquerySuffix(subquery);
      case Expr.Unary unary -> sign(unary) + print(unary.operand());
      case Expr.Binary binary -> left(binary) + " " + operator(binary) + " " + print(binary.right());
      case Expr.Aggregation aggregation -> {
        String parameter = aggregation.parameter().map(p -> print(p) + ", ").orElse("");
        yield aggregator(aggregation) + "(" + parameter + print(aggregation.expr()) + ")";
      }
      case Expr.Call call ->
          call.function().text() + call.arguments().stream().map(Printer::print).collect(Collectors.joining(", ", "(", ")"));
      case Expr.Paren paren -> "(" + print(paren.expr()) + ")";
    };
  }

  /// A duration expression: `5m`, `(step() + 1)`.
  public static String print(DurationExpr expr) {
    return switch (expr) {
      case DurationExpr.Literal literal -> literal.duration() ? Literals.formatDuration(literal.millis()) : number(literal.seconds());
      case DurationExpr.Step _ -> "step()";
      case DurationExpr.Range _ -> "range()";
      case DurationExpr.Negate negate -> "-" + print(negate.operand());
      case DurationExpr.Paren paren -> "(" + print(paren.operand()) + ")";
      case DurationExpr.Arithmetic a -> print(a.left()) + " " + a.op().text() + " " + print(a.right());
      case DurationExpr.Extremum e -> (e.max() ? "max_of(" : "min_of(") + print(e.left()) + ", " + print(e.right()) + ")";
    };
  }

  static String left(Expr.Binary binary) {
    String text = print(binary.left());
    // A sign in front would take the whole power as its operand.
    return binary.op() == BinaryOp.POW && text.equals("+Inf") ? "Inf" : text;
  }

  static String sign(Expr.Unary unary) {
    return unary.negate() ? "-" : "+";
  }

  /// The operator with everything between the operands.
  static String operator(Expr.Binary binary) {
    return binary.op().text() + (binary.returnBool() ? " bool" : "") + binary.matching().map(Printer::matching).orElse("");
  }

  private static String matching(VectorMatching matching) {
    var out = new StringBuilder();
    boolean grouped = matching.cardinality() == Cardinality.MANY_TO_ONE || matching.cardinality() == Cardinality.ONE_TO_MANY;
    if (!matching.labels().isEmpty() || matching.on() || grouped) {
      out.append(matching.on() ? " on (" : " ignoring (").append(labels(matching.labels())).append(')');
    }
    if (grouped) {
      out.append(matching.cardinality() == Cardinality.MANY_TO_ONE ? " group_left (" : " group_right (")
          .append(labels(matching.include())).append(')');
    }
    if (matching.fillLeft().isPresent() && matching.fillLeft().equals(matching.fillRight())) {
      return out.append(" fill (").append(number(matching.fillLeft().getAsDouble())).append(')').toString();
    }
    matching.fillLeft().ifPresent(value -> out.append(" fill_left (").append(number(value)).append(')'));
    matching.fillRight().ifPresent(value -> out.append(" fill_right (").append(number(value)).append(')'));
    return out.toString();
  }

  /// The aggregator with its grouping, up to the parenthesis: `sum by (job) `.
  static String aggregator(Expr.Aggregation aggregation) {
    String labels = labels(aggregation.grouping());
    return aggregation.op().text()
        + (aggregation.without() ? " without (" + labels + ") " : labels.isEmpty() ? "" : " by (" + labels + ") ");
  }

  private static String labels(List<String> labels) {
    return labels.stream().map(label -> LabelSet.isPlainName(label, false) ? label : quoted(label)).collect(Collectors.joining(", "));
  }

  private static String matrix(Expr.MatrixSelector matrix) {
    VectorSelector selector = matrix.selector();
    return selector(selector, TimeShift.NONE, Extension.NONE) + "[" + period(matrix.range()) + "]" + extension(selector.extension())
        + at(selector.shift()) + offset(selector.shift());
  }

  private static String selector(VectorSelector selector, TimeShift shift, Extension extension) {
    List<Matcher> matchers = selector.name().isEmpty() ? selector.matchers() : selector.matchers().subList(1, selector.matchers().size());
    String braces = matchers.isEmpty() && !selector.name().isEmpty() ? ""
        : matchers.stream().map(Matcher::toString).sorted().collect(Collectors.joining(",", "{", "}"));
    return selector.name() + braces + at(shift) + extension(extension) + offset(shift);
  }

  /// `[range:step]` and the shift behind it.
  static String subquerySuffix(Expr.Subquery subquery) {
    return "[" + period(subquery.range()) + ":" + subquery.step().map(Printer::period).orElse("") + "]" + at(subquery.shift())
        + offset(subquery.shift());
  }

  /// A range or step, where a plain number of seconds prints as a duration.
  private static String period(DurationExpr expr) {
    return expr instanceof DurationExpr.Literal literal ? Literals.formatDuration(literal.millis()) : print(expr);
  }

  private static String at(TimeShift shift) {
    return switch (shift.at()) {
      case At.None _ -> "";
      case At.Timestamp timestamp -> " @ " + BigDecimal.valueOf(timestamp.millis(), 3).toPlainString();
      case At.Start _ -> " @ start()";
      case At.End _ -> " @ end()";
    };
  }

  private static String offset(TimeShift shift) {
    return shift.offset().map(offset -> " offset " + period(offset)).orElse("");
  }

  private static String extension(Extension extension) {
    return extension == Extension.NONE ? "" : " " + extension.name().toLowerCase(Locale.ROOT);
  }

  private static String quoted(String text) {
    return Fault.quoted(text);
  }

  /// The shortest decimal that reads back as `value`, without an exponent; `+Inf`, `-Inf`, `NaN`.
  static String number(double value) {
    if (Double.isNaN(value)) {
      return "NaN";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "+Inf" : "-Inf";
    }
    if (value == 0) {
      return 1 / value < 0 ? "-0" : "0";
    }
    return new BigDecimal(Double.toString(value)).stripTrailingZeros().toPlainString();
  }
}
