package io.tidemark.promql;

import java.util.Iterator;

/// Tree → text on several lines, as Prometheus' `/api/v1/format_query` answers: whatever does not fit one line is split at its
/// outermost construct, children two blanks further in.
public final class PrettyPrinter {
  private static final int LINE_CHARS_MAX = 100;
  private static final String INDENT = "  ";

  private final StringBuilder out = new StringBuilder();

  private PrettyPrinter() {}

  public static String print(Expr expr) {
    var printer = new PrettyPrinter();
    printer.print(expr, 0);
    return printer.out.toString();
  }

  /// Appends `expr`, its first line indented too.
  private void print(Expr expr, int level) {
    out.repeat(INDENT, level);
    printHere(expr, level);
  }

  /// Appends `expr` behind an indentation that is already there.
  private void printHere(Expr expr, int level) {
    String line = Printer.print(expr);
    if (line.codePointCount(0, line.length()) <= LINE_CHARS_MAX) {
      out.append(line);
      return;
    }
    switch (expr) {
      case Expr.NumberLiteral _, Expr.StringLiteral _, Expr.VectorSelector _, Expr.MatrixSelector _ -> out.append(line);
      case Expr.Subquery subquery -> {
        printHere(subquery.expr(), level);
        out.append(Printer.subquerySuffix(subquery));
      }
      case Expr.Unary unary -> {
        out.append(Printer.sign(unary));
        if (unary.operand() instanceof Expr.Binary power) {
          // The sign stands where the left operand's indentation would.
          binary(power, level, "");
        } else {
          printHere(unary.operand(), level);
        }
      }
      case Expr.Binary binary -> binary(binary, level, INDENT);
      case Expr.Aggregation aggregation -> {
        out.append(Printer.aggregator(aggregation)).append("(\n");
        if (aggregation.parameter().isPresent()) {
          print(aggregation.parameter().get(), level + 1);
          out.append(",\n");
        }
        print(aggregation.expr(), level + 1);
        close(level);
      }
      case Expr.Call call -> {
        out.append(call.function().text()).append("(\n");
        for (Iterator<Expr> arguments = call.arguments().iterator(); arguments.hasNext();) {
          print(arguments.next(), level + 1);
          out.append(arguments.hasNext() ? ",\n" : "");
        }
        close(level);
      }
      case Expr.Paren paren -> {
        out.append("(\n");
        print(paren.expr(), level + 1);
        close(level);
      }
    }
  }

  /// The indentation that stands here belongs to the operator's line; the left operand goes `further` in.
  private void binary(Expr.Binary binary, int level, String further) {
    out.append(further);
    if (binary.left() instanceof Expr.NumberLiteral) {
      out.append(Printer.left(binary));
    } else {
      printHere(binary.left(), level + 1);
    }
    out.append('\n').repeat(INDENT, level).append(Printer.operator(binary)).append('\n');
    print(binary.right(), level + 1);
  }

  private void close(int level) {
    out.append('\n').repeat(INDENT, level).append(')');
  }
}
