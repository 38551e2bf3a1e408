package io.tidemark.query.evaluate;

import io.tidemark.promql.BinaryOp;
import io.tidemark.promql.Expr;
import io.tidemark.promql.ValueType;
import io.tidemark.query.kernel.Arithmetic;

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
    if (op.kind() == BinaryOp.Kind.TRIM) {
      incompatible(evaluator.run, "float", op, "float", binary);
      return Table.EMPTY;
    }
    if (op.kind() == BinaryOp.Kind.COMPARISON && !binary.returnBool()) {
      return evaluator.shape.changed(vector, column -> {
        if (scalarLeft) {
          Arithmetic.filter(op, scalar, column, column, column, steps);
        } else {
          Arithmetic.filter(op, column, scalar, column, column, steps);
        }
      });
    }
    return evaluator.shape.nameless(vector, steps, column -> {
      if (scalarLeft) {
        Arithmetic.columns(op, scalar, column, column, steps);
      } else {
        Arithmetic.columns(op, column, scalar, column, steps);
      }
    });
  }

  static void incompatible(Run run, String left, BinaryOp op, String right, Expr place) {
    run.notes.info("incompatible sample types encountered for binary operator \"" + op.text() + "\": " + left + " " + op.text() + " "
        + right, place.span());
  }
}
