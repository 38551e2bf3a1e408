package io.tidemark.query.evaluate;

import io.tidemark.promql.BinaryOp;
import io.tidemark.promql.Expr;
import io.tidemark.promql.Span;
import io.tidemark.promql.ValueType;
import io.tidemark.query.kernel.Arithmetic;
import io.tidemark.query.kernel.Column;
import io.tidemark.query.kernel.HistogramArithmetic;
import io.tidemark.query.kernel.Remark;
import java.util.EnumSet;

/// Binary operators that yield a vector.
final class Binaries {
  private final Evaluator evaluator;

  Binaries(Evaluator evaluator) {
    this.evaluator = evaluator;
  }

  Source vector(Expr.Binary binary, Grid grid) {
    boolean leftScalar = binary.left().type() == ValueType.SCALAR;
    boolean rightScalar = binary.right().type() == ValueType.SCALAR;
    if (leftScalar || rightScalar) {
      return withScalar(binary, grid, leftScalar);
    }
    Table left = evaluator.shape.table(evaluator.vector(binary.left(), grid), grid.count());
    Table right = evaluator.shape.table(evaluator.vector(binary.right(), grid), grid.count());
    var matching = binary.matching().orElseThrow();
    return binary.op().kind() == BinaryOp.Kind.SET
        ? new SetOperators(evaluator, matching, grid.count()).apply(binary.op(), left, right)
        : new Matching(evaluator, binary, matching, grid.count()).apply(left, right);
  }

  private Source withScalar(Expr.Binary binary, Grid grid, boolean scalarLeft) {
    BinaryOp op = binary.op();
    int steps = grid.count();
    double[] scalar = evaluator.scalar(scalarLeft ? binary.left() : binary.right(), grid);
    Source vector = evaluator.vector(scalarLeft ? binary.right() : binary.left(), grid);
    if (op.kind() == BinaryOp.Kind.COMPARISON && !binary.returnBool()) {
      return evaluator.shape.changed(vector, column -> {
        if (column.hasHistograms()) {
          histograms(binary, column, scalar, scalarLeft, steps);
        } else if (scalarLeft) {
          Arithmetic.filter(op, scalar, column.values, column.values, column.values, steps);
        } else {
          Arithmetic.filter(op, column.values, scalar, column.values, column.values, steps);
        }
      });
    }
    Shape.ColumnChange change = column -> {
      if (column.hasHistograms() || op.kind() == BinaryOp.Kind.TRIM) {
        histograms(binary, column, scalar, scalarLeft, steps);
      } else if (scalarLeft) {
        Arithmetic.columns(op, scalar, column.values, column.values, steps);
      } else {
        Arithmetic.columns(op, column.values, scalar, column.values, steps);
      }
    };
    // Trimmed histograms are still of their metric.
    return op.kind() == BinaryOp.Kind.TRIM ? evaluator.shape.changed(vector, change)
        : evaluator.shape.namelessColumns(vector, steps, change);
  }

  private void histograms(Expr.Binary binary, Column column, double[] scalar, boolean scalarLeft, int steps) {
    var arithmetic = new HistogramArithmetic(binary.op(), binary.returnBool());
    var other = new Column(scalar);
    Column before = column.copy(steps);
    arithmetic.columns(scalarLeft ? other : before, scalarLeft ? before : other, before, column, steps);
    remark(evaluator.run, arithmetic, binary);
  }

  /// Notes what an operator found odd about its histograms.
  static void remark(Run run, HistogramArithmetic arithmetic, Expr.Binary binary) {
    run.notes.own(binary.span()).forEach(place -> remark(run.notes, arithmetic, binary.op(), place));
  }

  private static void remark(Notes notes, HistogramArithmetic arithmetic, BinaryOp op, Span place) {
    arithmetic.incompatiblePairs((left, right) -> notes.info("incompatible sample types encountered for binary operator \""
        + op.text() + "\": " + left + " " + op.text() + " " + right, place));
    String operation = op == BinaryOp.ADD ? "addition" : "subtraction";
    if (arithmetic.collided()) {
      notes.collided(operation, place);
    }
    if (arithmetic.reconciled()) {
      notes.reconciled(operation, place);
    }
    if (arithmetic.mixedSchemas()) {
      notes.remarks(EnumSet.of(Remark.MIXED_SCHEMAS), "", place);
    }
  }
}
