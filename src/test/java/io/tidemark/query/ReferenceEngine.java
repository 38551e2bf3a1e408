package io.tidemark.query;

import io.tidemark.model.LabelSet;
import io.tidemark.model.Stale;
import io.tidemark.model.TimeRange;
import io.tidemark.promql.BinaryOp;
import io.tidemark.promql.Expr;
import io.tidemark.promql.Function;
import io.tidemark.promql.ValueType;
import io.tidemark.promql.VectorMatching;
import io.tidemark.storage.SampleBuffer;
import io.tidemark.storage.Selection;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// PromQL evaluated the obvious way: one time after the other, sample by sample, for a part of the language. Slow on purpose.
final class ReferenceEngine {
  private static final long LOOKBACK = 300_000;
  private static final long SUBQUERY_STEP = 60_000;

  private final MemoryReader reader;
  private final long queryStart;
  private final long queryEnd;

  ReferenceEngine(MemoryReader reader, long queryStart, long queryEnd) {
    this.reader = reader;
    this.queryStart = queryStart;
    this.queryEnd = queryEnd;
  }

  /// One sample.
  record Point(long millis, double value) {}

  /// A vector at one time; throws `IllegalStateException` where PromQL has an error.
  Map<LabelSet, Double> vector(Expr expr, long t) {
    return switch (expr) {
      case Expr.Paren paren -> vector(paren.expr(), t);
      case Expr.Unary unary -> {
        Map<LabelSet, Double> in = vector(unary.operand(), t);
        yield unary.negate() ? nameless(in, v -> -v) : in;
      }
      case Expr.VectorSelector selector -> {
        var out = new TreeMap<LabelSet, Double>();
        raw(selector, shifted(selector.shift(), t), LOOKBACK).forEach((labels, points) -> {
          double last = points.getLast().value;
          if (!Stale.is(last)) {
            out.put(labels, last);
          }
        });
        yield out;
      }
      case Expr.Aggregation aggregation -> aggregate(aggregation, t);
      case Expr.Binary binary -> binary(binary, t);
      case Expr.Call call -> call(call, t);
      case Expr.NumberLiteral _, Expr.StringLiteral _, Expr.MatrixSelector _, Expr.Subquery _ -> throw new IllegalArgumentException();
    };
  }

  double scalar(Expr expr, long t) {
    return switch (expr) {
      case Expr.NumberLiteral number -> number.value();
      case Expr.Paren paren -> scalar(paren.expr(), t);
      case Expr.Unary unary -> unary.negate() ? -scalar(unary.operand(), t) : scalar(unary.operand(), t);
      case Expr.Binary binary -> operate(binary.op(), scalar(binary.left(), t), scalar(binary.right(), t));
      case Expr.Call call when call.function() == Function.TIME -> t / 1000.0;
      default -> throw new IllegalArgumentException(expr.toString());
    };
  }

  private interface Change {
    double of(double value);
  }

  private static Map<LabelSet, Double> nameless(Map<LabelSet, Double> in, Change change) {
    var out = new TreeMap<LabelSet, Double>();
    in.forEach((labels, value) -> {
      if (out.put(labels.without(LabelSet.NAME), change.of(value)) != null) {
        throw new IllegalStateException("same labelset");
      }
    });
    return out;
  }

  private long shifted(Expr.TimeShift shift, long t) {
    long at = switch (shift.at()) {
      case Expr.At.None _ -> t;
      case Expr.At.Timestamp timestamp -> timestamp.millis();
      case Expr.At.Start _ -> queryStart;
      case Expr.At.End _ -> queryEnd;
    };
    return at - shift.offset().map(ReferenceEngine::millis).orElse(0L);
  }

  private static long millis(io.tidemark.promql.DurationExpr duration) {
    return ((io.tidemark.promql.DurationExpr.Literal) duration).millis();
  }

  private Map<LabelSet, List<Point>> raw(Expr.VectorSelector selector, long end, long range) {
    var out = new TreeMap<LabelSet, List<Point>>();
    try (Selection selection = reader.select(selector.matchers(), TimeRange.leftOpen(end - range, end), Integer.MAX_VALUE)) {
      for (int i = 0; i < selection.count(); i++) {
        var buffer = new SampleBuffer();
        selection.read(i, buffer);
        var points = new ArrayList<Point>();
        for (int j = 0; j < buffer.count; j++) {
          points.add(new Point(buffer.timestampsMillis[j], buffer.values[j]));
        }
        if (!points.isEmpty()) {
          out.put(selection.labels(i), points);
        }
      }
    }
    return out;
  }

  private record Window(Map<LabelSet, List<Point>> series, long start, long end) {}

  private Window window(Expr expr, long t) {
    return switch (expr) {
      case Expr.MatrixSelector matrix -> {
        long end = shifted(matrix.selector().shift(), t);
        long range = millis(matrix.range());
        var series = raw(matrix.selector(), end, range);
        series.values().forEach(points -> points.removeIf(p -> Stale.is(p.value)));
        series.values().removeIf(List::isEmpty);
        yield new Window(series, end - range, end);
      }
      case Expr.Subquery subquery -> {
        long end = shifted(subquery.shift(), t);
        long start = end - millis(subquery.range());
        long step = subquery.step().map(ReferenceEngine::millis).orElse(SUBQUERY_STEP);
        var series = new TreeMap<LabelSet, List<Point>>();
        for (long at = (Math.floorDiv(start, step) + 1) * step; at <= end; at += step) {
          long now = at;
          vector(subquery.expr(), at).forEach((labels, value) -> series.computeIfAbsent(labels, _ -> new ArrayList<>())
              .add(new Point(now, value)));
        }
        yield new Window(series, start, end);
      }
      default -> throw new IllegalArgumentException();
    };
  }

  private Map<LabelSet, Double> call(Expr.Call call, long t) {
    if (call.function() == Function.ABS) {
      return nameless(vector(call.arguments().getFirst(), t), Math::abs);
    }
    if (call.function() == Function.VECTOR) {
      return Map.of(LabelSet.EMPTY, scalar(call.arguments().getFirst(), t));
    }
    Window window = window(call.arguments().getLast(), t);
    var out = new TreeMap<LabelSet, Double>();
    window.series.forEach((labels, points) -> {
      double value = over(call, points, window, t);
      if (!Stale.is(value)) {
        LabelSet key = call.function() == Function.LAST_OVER_TIME ? labels : labels.without(LabelSet.NAME);
        if (out.put(key, value) != null) {
          throw new IllegalStateException("same labelset");
        }
      }
    });
    return out;
  }

  private double over(Expr.Call call, List<Point> points, Window window, long t) {
    double first = points.getFirst().value;
    double last = points.getLast().value;
    int n = points.size();
    return switch (call.function()) {
      case COUNT_OVER_TIME -> n;
      case LAST_OVER_TIME -> last;
      case SUM_OVER_TIME -> points.stream().mapToDouble(Point::value).sum();
      case AVG_OVER_TIME -> points.stream().mapToDouble(Point::value).sum() / n;
      case MIN_OVER_TIME -> points.stream().mapToDouble(Point::value).min().orElseThrow();
      case MAX_OVER_TIME -> points.stream().mapToDouble(Point::value).max().orElseThrow();
      case STDVAR_OVER_TIME -> {
        double mean = points.stream().mapToDouble(Point::value).sum() / n;
        yield points.stream().mapToDouble(p -> (p.value - mean) * (p.value - mean)).sum() / n;
      }
      case QUANTILE_OVER_TIME -> {
        double[] sorted = points.stream().mapToDouble(Point::value).sorted().toArray();
        double rank = scalar(call.arguments().getFirst(), t) * (n - 1);
        int low = (int) Math.floor(rank);
        int high = Math.min(n - 1, low + 1);
        yield sorted[low] + (sorted[high] - sorted[low]) * (rank - low);
      }
      case CHANGES -> {
        int changes = 0;
        for (int i = 1; i < n; i++) {
          changes += points.get(i).value != points.get(i - 1).value ? 1 : 0;
        }
        yield changes;
      }
      case RESETS -> {
        int resets = 0;
        for (int i = 1; i < n; i++) {
          resets += points.get(i).value < points.get(i - 1).value ? 1 : 0;
        }
        yield resets;
      }
      case IDELTA -> n < 2 ? Stale.VALUE : last - points.get(n - 2).value;
      case RATE, INCREASE, DELTA -> {
        if (n < 2) {
          yield Stale.VALUE;
        }
        boolean counter = call.function() != Function.DELTA;
        double change = last - first;
        for (int i = 1; counter && i < n; i++) {
          change += points.get(i).value < points.get(i - 1).value ? points.get(i - 1).value : 0;
        }
        double sampled = (points.getLast().millis - points.getFirst().millis) / 1000.0;
        double interval = sampled / (n - 1);
        double before = (points.getFirst().millis - window.start) / 1000.0;
        double after = (window.end - points.getLast().millis) / 1000.0;
        before = before >= interval * 1.1 ? interval / 2 : before;
        if (counter && change > 0 && first >= 0) {
          before = Math.min(before, sampled * (first / change));
        }
        after = after >= interval * 1.1 ? interval / 2 : after;
        double result = change * (sampled + before + after) / sampled;
        yield call.function() == Function.RATE ? result / ((window.end - window.start) / 1000.0) : result;
      }
      default -> throw new IllegalArgumentException(call.function().text());
    };
  }

  private Map<LabelSet, Double> aggregate(Expr.Aggregation aggregation, long t) {
    var groups = new TreeMap<LabelSet, List<Double>>();
    vector(aggregation.expr(), t).forEach((labels, value) -> {
      LabelSet key = aggregation.without() ? labels.without(LabelSet.NAME).without(aggregation.grouping())
          : labels.only(aggregation.grouping());
      groups.computeIfAbsent(key, _ -> new ArrayList<>()).add(value);
    });
    var out = new TreeMap<LabelSet, Double>();
    groups.forEach((key, values) -> {
      double sum = values.stream().mapToDouble(v -> v).sum();
      double mean = sum / values.size();
      out.put(key, switch (aggregation.op()) {
        case SUM -> sum;
        case AVG -> mean;
        case COUNT -> (double) values.size();
        case MIN -> values.stream().mapToDouble(v -> v).min().orElseThrow();
        case MAX -> values.stream().mapToDouble(v -> v).max().orElseThrow();
        case GROUP -> 1.0;
        case STDVAR -> values.stream().mapToDouble(v -> (v - mean) * (v - mean)).sum() / values.size();
        default -> throw new IllegalArgumentException(aggregation.op().text());
      });
    });
    return out;
  }

  private Map<LabelSet, Double> binary(Expr.Binary binary, long t) {
    BinaryOp op = binary.op();
    boolean filters = op.kind() == BinaryOp.Kind.COMPARISON && !binary.returnBool();
    if (binary.left().type() == ValueType.SCALAR || binary.right().type() == ValueType.SCALAR) {
      boolean scalarLeft = binary.left().type() == ValueType.SCALAR;
      double scalar = scalar(scalarLeft ? binary.left() : binary.right(), t);
      Map<LabelSet, Double> vector = vector(scalarLeft ? binary.right() : binary.left(), t);
      if (filters) {
        var out = new TreeMap<>(vector);
        out.values().removeIf(v -> operate(op, scalarLeft ? scalar : v, scalarLeft ? v : scalar) == 0);
        return out;
      }
      return nameless(vector, v -> operate(op, scalarLeft ? scalar : v, scalarLeft ? v : scalar));
    }
    VectorMatching matching = binary.matching().orElseThrow();
    Map<LabelSet, Double> left = vector(binary.left(), t);
    Map<LabelSet, Double> right = vector(binary.right(), t);
    Map<LabelSet, List<LabelSet>> rights = new HashMap<>();
    right.keySet().forEach(labels -> rights.computeIfAbsent(signature(matching, labels), _ -> new ArrayList<>()).add(labels));
    var out = new TreeMap<LabelSet, Double>();
    if (op.kind() == BinaryOp.Kind.SET) {
      left.forEach((labels, value) -> {
        if (op == BinaryOp.OR || rights.containsKey(signature(matching, labels)) == (op == BinaryOp.AND)) {
          out.put(labels, value);
        }
      });
      if (op == BinaryOp.OR) {
        List<LabelSet> lefts = left.keySet().stream().map(labels -> signature(matching, labels)).toList();
        right.forEach((labels, value) -> {
          if (!lefts.contains(signature(matching, labels))) {
            out.put(labels, value);
          }
        });
      }
      return out;
    }
    if (!left.isEmpty() && rights.values().stream().anyMatch(list -> list.size() > 1)) {
      throw new IllegalStateException("many-to-many");
    }
    var used = new ArrayList<LabelSet>();
    left.forEach((labels, value) -> {
      LabelSet signature = signature(matching, labels);
      if (!rights.containsKey(signature)) {
        return;
      }
      boolean oneToOne = matching.cardinality() == VectorMatching.Cardinality.ONE_TO_ONE;
      if (oneToOne && used.contains(signature)) {
        throw new IllegalStateException("many-to-one");
      }
      used.add(signature);
      double result = operate(op, value, right.get(rights.get(signature).getFirst()));
      LabelSet key = filters ? labels : labels.without(LabelSet.NAME);
      key = !oneToOne ? key : matching.on() ? key.only(matching.labels()) : key.without(matching.labels());
      if (!filters || result != 0) {
        if (out.put(key, filters ? value : result) != null) {
          throw new IllegalStateException("same labelset");
        }
      }
    });
    return out;
  }

  private static LabelSet signature(VectorMatching matching, LabelSet labels) {
    return matching.on() ? labels.only(matching.labels()) : labels.without(LabelSet.NAME).without(matching.labels());
  }

  private static double operate(BinaryOp op, double a, double b) {
    return switch (op) {
      case ADD -> a + b;
      case SUB -> a - b;
      case MUL -> a * b;
      case DIV -> a / b;
      case MOD -> a % b;
      case GT -> a > b ? 1 : 0;
      case GE -> a >= b ? 1 : 0;
      case LT -> a < b ? 1 : 0;
      case LE -> a <= b ? 1 : 0;
      case EQ -> a == b ? 1 : 0;
      case NE -> a != b ? 1 : 0;
      default -> throw new IllegalArgumentException(op.text());
    };
  }
}
