package io.tidemark.query.kernel;

import io.tidemark.promql.BinaryOp;

/// Binary operators between columns.
public final class Arithmetic {
  private Arithmetic() {}

  /// One pair of values; comparisons give 1 or 0.
  public static double apply(BinaryOp op, double a, double b) {
    return switch (op) {
      case ADD -> a + b;
      case SUB -> a - b;
      case MUL -> a * b;
      case DIV -> a / b;
      case MOD -> a % b;
      case POW -> power(a, b);
      case ATAN2 -> Math.atan2(a, b);
      case EQ -> a == b ? 1 : 0;
      case NE -> a != b ? 1 : 0;
      case LT -> a < b ? 1 : 0;
      case LE -> a <= b ? 1 : 0;
      case GT -> a > b ? 1 : 0;
      case GE -> a >= b ? 1 : 0;
      case AND, OR, UNLESS, TRIM_UPPER, TRIM_LOWER -> throw new IllegalArgumentException(op.text() + " is no operator on numbers");
    };
  }

  /// As IEEE 754 has it: `1^x` is 1 and `(-1)^±Inf` is 1, where Java gives NaN.
  private static double power(double a, double b) {
    return a == 1 || a == -1 && Double.isInfinite(b) ? 1 : Math.pow(a, b);
  }

  /// `out[i] = left[i] op right[i]` where both have a value. `out` may be one of the inputs.
  public static void columns(BinaryOp op, double[] left, double[] right, double[] out, int count) {
    for (int i = 0; i < count; i++) {
      double a = left[i];
      double b = right[i];
      if (!Columns.has(a) || !Columns.has(b)) {
        out[i] = Columns.NONE;
        continue;
      }
      out[i] = switch (op) {
        case ADD -> a + b;
        case SUB -> a - b;
        case MUL -> a * b;
        case DIV -> a / b;
        default -> apply(op, a, b);
      };
    }
  }

  /// A filtering comparison: `kept[i]` where `left[i] op right[i]` holds, none elsewhere. `out` may be one of the inputs.
  public static void filter(BinaryOp op, double[] left, double[] right, double[] kept, double[] out, int count) {
    for (int i = 0; i < count; i++) {
      double a = left[i];
      double b = right[i];
      out[i] = Columns.has(a) && Columns.has(b) && apply(op, a, b) != 0 ? kept[i] : Columns.NONE;
    }
  }
}
