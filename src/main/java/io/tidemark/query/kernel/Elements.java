package io.tidemark.query.kernel;

import io.tidemark.model.Histogram;
import io.tidemark.promql.Function;

/// Functions of one number, and the parts of a date.
public final class Elements {
  private static final double LN2 = Math.log(2);
  private static final double EXP_MAX = 709;
  private static final long DAY_SECONDS = 86_400;

  private Elements() {}

  /// Applies `function` to `column[0..count)` in place, skipping steps without a value.
  public static void apply(Function function, double[] column, int count) {
    for (int i = 0; i < count; i++) {
      if (Columns.has(column[i])) {
        column[i] = of(function, column[i]);
      }
    }
  }

  private static double of(Function function, double x) {
    return switch (function) {
      case ABS -> Math.abs(x);
      case CEIL -> Math.ceil(x);
      case FLOOR -> Math.floor(x);
      case EXP -> Math.exp(x);
      case LN -> Math.log(x);
      case LOG2 -> PowersOfTwo.log2(x);
      case LOG10 -> Math.log10(x);
      case SQRT -> Math.sqrt(x);
      case SGN -> x > 0 ? 1 : x < 0 ? -1 : x;
      case SIN -> Math.sin(x);
      case COS -> Math.cos(x);
      case TAN -> Math.tan(x);
      case ASIN -> Math.asin(x);
      case ACOS -> Math.acos(x);
      case ATAN -> Math.atan(x);
      case SINH -> sinh(x);
      case COSH -> cosh(x);
      case TANH -> Math.tanh(x);
      case ASINH -> asinh(x);
      case ACOSH -> acosh(x);
      case ATANH -> 0.5 * Math.log1p(2 * x / (1 - x));
      case DEG -> x * 180 / Math.PI;
      case RAD -> x * Math.PI / 180;
      default -> datePart(function, x);
    };
  }

  /// Away from 0 half the exponential function less its inverse: `Math.exp` is all but never off by a digit, `Math.sinh` for one number in
  /// nine. Where the exponential function overflows, half of it need not.
  private static double sinh(double x) {
    double a = Math.abs(x);
    if (!(a > 1 && a < EXP_MAX)) {
      return Math.sinh(x);
    }
    double e = Math.exp(a);
    return Math.copySign((e - 1 / e) / 2, x);
  }

  private static double cosh(double x) {
    double a = Math.abs(x);
    if (!(a < EXP_MAX)) {
      return Math.cosh(x);
    }
    double e = Math.exp(a);
    return (e + 1 / e) / 2;
  }

  private static double acosh(double x) {
    if (x > 2) {
      return x > 1e8 ? Math.log(x) + LN2 : Math.log(x + Math.sqrt(x * x - 1));
    }
    // Near 1 the difference to 1 holds all the digits; far below 1, x and the root of its square would cancel each other out.
    double above = x - 1;
    return above < 0 ? Double.NaN : Math.log1p(above + Math.sqrt(2 * above + above * above));
  }

  private static double asinh(double x) {
    double a = Math.abs(x);
    double result = a > 1e8 ? Math.log(a) + LN2 : Math.log1p(a + a * a / (1 + Math.sqrt(a * a + 1)));
    return Math.copySign(result, x);
  }

  /// Days from 1970-01-01 to civil dates after Howard Hinnant, https://howardhinnant.github.io/date_algorithms.html.
  private static double datePart(Function function, double seconds) {
    if (!(Math.abs(seconds) < 1e17)) {
      return Double.NaN;
    }
    long whole = (long) seconds;
    long days = Math.floorDiv(whole, DAY_SECONDS);
    long ofDay = Math.floorMod(whole, DAY_SECONDS);
    long z = days + 719_468;
    long era = Math.floorDiv(z, 146_097);
    long dayOfEra = z - era * 146_097;
    long yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
    long dayOfMarchYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
    long marchMonth = (5 * dayOfMarchYear + 2) / 153;
    long day = dayOfMarchYear - (153 * marchMonth + 2) / 5 + 1;
    long month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
    long year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
    return switch (function) {
      case MINUTE -> ofDay / 60 % 60;
      case HOUR -> ofDay / 3600;
      case DAY_OF_WEEK -> Math.floorMod(days + 4, 7L);
      case DAY_OF_MONTH -> day;
      case DAY_OF_YEAR -> month > 2 ? dayOfMarchYear + 60 + (isLeap(year) ? 1 : 0) : dayOfMarchYear - 305;
      case DAYS_IN_MONTH -> daysInMonth(year, month);
      case MONTH -> month;
      case YEAR -> year;
      default -> throw new IllegalArgumentException(function.text() + " is no function of one number");
    };
  }

  private static boolean isLeap(long year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  }

  private static double daysInMonth(long year, long month) {
    if (month == 2) {
      return isLeap(year) ? 29 : 28;
    }
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
  }

  /// Rounds to the nearest multiple of `nearest[i]`, halves up.
  public static void round(double[] column, double[] nearest, int count) {
    for (int i = 0; i < count; i++) {
      if (Columns.has(column[i])) {
        double inverse = 1.0 / nearest[i];
        column[i] = Math.floor(column[i] * inverse + 0.5) / inverse;
      }
    }
  }

  /// Limits to `[low[i], high[i]]`; NaN in a limit gives NaN, `low > high` no value.
  public static void clamp(double[] column, double[] low, double[] high, int count) {
    for (int i = 0; i < count; i++) {
      if (Columns.has(column[i])) {
        column[i] = low[i] > high[i] ? Columns.NONE : Math.max(low[i], Math.min(high[i], column[i]));
      }
    }
  }

  public static void negate(Column column, int count) {
    negate(column.values, count);
    for (int i = 0; i < count && column.hasHistograms(); i++) {
      Histogram histogram = column.histograms[i];
      if (histogram != null) {
        column.set(i, HistogramValues.times(histogram, -1));
      }
    }
  }

  public static void negate(double[] column, int count) {
    for (int i = 0; i < count; i++) {
      if (Columns.has(column[i])) {
        column[i] = -column[i];
      }
    }
  }
}
