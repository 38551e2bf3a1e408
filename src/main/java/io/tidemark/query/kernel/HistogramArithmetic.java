package io.tidemark.query.kernel;

import io.tidemark.model.Histogram;
import io.tidemark.promql.BinaryOp;

/// Binary operators where at least one operand may be a histogram.
///
/// One object for one operator of a query, on one thread; it keeps what there is to remark.
public final class HistogramArithmetic {
  private final BinaryOp op;
  private final boolean filters;
  private final boolean returnsBool;
  private int pairs;
  private boolean collided;
  private boolean reconciled;
  private boolean mixedSchemas;

  /// @param returnsBool whether a comparison yields 0 or 1; one that does not is a filter
  public HistogramArithmetic(BinaryOp op, boolean returnsBool) {
    this.op = op;
    this.returnsBool = returnsBool;
    this.filters = op.kind() == BinaryOp.Kind.COMPARISON && !returnsBool;
  }

  /// `out[i] = left[i] op right[i]` where both have a value; a filter keeps `kept[i]`. `out` is neither of the others.
  public void columns(Column left, Column right, Column kept, Column out, int count) {
    out.forgetHistograms();
    for (int step = 0; step < count; step++) {
      out.set(step, Columns.NONE);
      if (!left.has(step) || !right.has(step)) {
        continue;
      }
      Histogram a = left.histogram(step);
      Histogram b = right.histogram(step);
      if (a == null && b == null) {
        numbers(left.values[step], right.values[step], step, kept, out);
      } else if (a != null && b != null) {
        histograms(a, b, step, kept, out);
      } else if (a != null) {
        withNumber(a, right.values[step], step, out);
      } else if (b != null && op == BinaryOp.MUL) {
        out.set(step, HistogramValues.times(b, left.values[step]));
      } else {
        incompatible(FLOAT_HISTOGRAM);
      }
    }
  }

  private void numbers(double a, double b, int step, Column kept, Column out) {
    if (op.kind() == BinaryOp.Kind.TRIM) {
      incompatible(FLOAT_FLOAT);
      return;
    }
    double answer = Arithmetic.apply(op, a, b);
    if (!filters) {
      out.set(step, answer);
    } else if (answer != 0) {
      out.take(step, kept);
    }
  }

  private void withNumber(Histogram a, double b, int step, Column out) {
    switch (op) {
      case MUL -> out.set(step, HistogramValues.times(a, b));
      case DIV -> out.set(step, HistogramValues.by(a, b));
      case TRIM_UPPER, TRIM_LOWER -> out.set(step, HistogramTrim.trim(a, b, op == BinaryOp.TRIM_UPPER));
      default -> incompatible(HISTOGRAM_FLOAT);
    }
  }

  private void histograms(Histogram a, Histogram b, int step, Column kept, Column out) {
    switch (op) {
      case ADD, SUB -> {
        if (a.isCustom() != b.isCustom()) {
          mixedSchemas = true;
          return;
        }
        HistogramSum sum = HistogramSum.of(a, b, op == BinaryOp.SUB);
        collided |= sum.collided();
        reconciled |= sum.reconciled();
        out.set(step, op == BinaryOp.SUB ? sum.result(Histogram.Reset.GAUGE) : sum.result());
      }
      case EQ, NE -> {
        boolean holds = HistogramCompare.same(a, b) == (op == BinaryOp.EQ);
        if (returnsBool) {
          out.set(step, holds ? 1 : 0);
        } else if (holds) {
          out.take(step, kept);
        }
      }
      default -> incompatible(HISTOGRAM_HISTOGRAM);
    }
  }

  /// Whether the operator has an answer for what two columns hold at a step; where not, the two count as not meeting there.
  public boolean takes(Column left, Column right, int step) {
    Histogram a = left.histogram(step);
    Histogram b = right.histogram(step);
    if (a == null) {
      return b == null ? op.kind() != BinaryOp.Kind.TRIM : op == BinaryOp.MUL;
    }
    return switch (op) {
      case MUL, DIV, TRIM_UPPER, TRIM_LOWER -> b == null;
      case ADD, SUB -> b != null && a.isCustom() == b.isCustom();
      case EQ, NE -> b != null;
      default -> false;
    };
  }

  private static final int FLOAT_FLOAT = 0;
  private static final int FLOAT_HISTOGRAM = 1;
  private static final int HISTOGRAM_FLOAT = 2;
  private static final int HISTOGRAM_HISTOGRAM = 3;

  private void incompatible(int pair) {
    pairs |= 1 << pair;
  }

  /// Told of each pair of types that the operator was given and cannot take.
  public interface Pairs {
    void pair(String left, String right);
  }

  public void incompatiblePairs(Pairs told) {
    for (int pair = FLOAT_FLOAT; pair <= HISTOGRAM_HISTOGRAM; pair++) {
      if ((pairs & 1 << pair) != 0) {
        told.pair(pair >= HISTOGRAM_FLOAT ? "histogram" : "float", pair % 2 == 1 ? "histogram" : "float");
      }
    }
  }

  /// Whether one operand was told to begin anew and the other not to.
  public boolean collided() {
    return collided;
  }

  /// Whether custom bounds differed.
  public boolean reconciled() {
    return reconciled;
  }

  /// Whether custom met exponential buckets.
  public boolean mixedSchemas() {
    return mixedSchemas;
  }
}
