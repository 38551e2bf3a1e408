package io.tidemark.query.evaluate;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.promql.Expr;
import io.tidemark.promql.ValueType;
import io.tidemark.query.Value;
import io.tidemark.query.kernel.Arithmetic;
import io.tidemark.query.kernel.Column;
import io.tidemark.query.kernel.Columns;
import io.tidemark.query.kernel.Elements;
import io.tidemark.storage.SampleBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// Walks a typed tree and answers it. One object per query, on one worker.
///
/// Vectors come back as a {@link Source}: labels known, values made when somebody asks. So `sum by (job) (rate(x[5m]))` reads,
/// rates and adds one series after the other and never holds the rates. Scalars come back as one value per step.
public final class Evaluator {
  final Run run;
  final Selectors selectors;
  final Shape shape;
  private final Invariance invariance = new Invariance();
  private final Calls calls;
  private final Aggregations aggregations;
  private final Binaries binaries;
  private final SharedParts shared;

  public Evaluator(Run run) {
    this.run = run;
    selectors = new Selectors(run);
    shape = new Shape(run);
    calls = new Calls(this);
    aggregations = new Aggregations(this);
    binaries = new Binaries(this);
    shared = new SharedParts(run, shape);
  }

  /// The query's answer.
  public Value evaluate(Expr expr) {
    return evaluate(expr, run.request.startMillis(), run.request.endMillis());
  }

  /// The part of the query's answer that is for `[startMillis, endMillis]`, evaluation times both.
  public Value evaluate(Expr expr, long startMillis, long endMillis) {
    run.check();
    look(expr, expr);
    var grid = Grid.of(run.request, startMillis, endMillis);
    return run.request.isInstant() ? instant(expr, grid) : range(expr, grid);
  }

  /// Takes in the query before anything of it is evaluated.
  ///
  /// @param evaluated the part of it that this evaluates
  void look(Expr whole, Expr evaluated) {
    selectors.resets.look(whole, false);
    shared.look(evaluated, selectors.resets);
  }

  private Value instant(Expr expr, Grid grid) {
    return switch (expr.type()) {
      case STRING -> new Value.Text(grid.firstMillis(), text(expr));
      case SCALAR -> new Value.Scalar(grid.firstMillis(), scalar(expr, grid)[0]);
      case MATRIX -> {
        if (unwrapped(expr) instanceof Expr.Subquery) {
          run.steps.answerIsSubquery();
        }
        yield samples(range(expr, grid, run));
      }
      case VECTOR -> {
        Table table = shape.finished(vector(expr, grid), 1);
        var elements = new ArrayList<Value.Element>(table.count());
        for (int i = 0; i < table.count(); i++) {
          Column column = table.columns()[i];
          if (column.has(0)) {
            elements.add(new Value.Element(table.labels(i), column.values[0], column.histogram(0)));
          }
        }
        if (!table.isOrdered()) {
          var compared = new int[1];
          run.sorting(() -> elements.sort((a, b) -> {
            run.checkEach(compared[0]++);
            return a.labels().compareTo(b.labels());
          }));
        }
        yield new Value.Vector(grid.firstMillis(), elements);
      }
    };
  }

  /// The samples of a range vector as they are.
  private Value samples(RangeSource source) {
    var series = new ArrayList<Value.Series>();
    run.fanout.each(1, (_, scratch) -> {
      for (int i = 0; i < source.count(); i++) {
        run.check();
        source.samples(i, scratch);
        long[] timestamps = scratch.samples.timestampsMillis;
        int from = 0;
        int to = scratch.samples.count;
        while (from < to && timestamps[from] <= source.windows().startMillis(0)) {
          from++;
        }
        while (to > from && timestamps[to - 1] > source.windows().endMillis(0)) {
          to--;
        }
        if (from < to) {
          run.reserve(2, to - from);
          LabelSet labels = source.dropsName(i) ? Run.withoutName(source.labels(i)) : source.labels(i);
          SampleBuffer samples = scratch.samples;
          series.add(new Value.Series(labels, Arrays.copyOfRange(timestamps, from, to), Arrays.copyOfRange(samples.values, from, to),
              samples.hasHistograms() ? Arrays.copyOfRange(samples.histograms, from, to) : samples.histograms, to - from));
        }
      }
    });
    sort(series);
    return new Value.Matrix(series);
  }

  private Value range(Expr expr, Grid grid) {
    if (expr.type() == ValueType.SCALAR) {
      double[] values = scalar(expr, grid);
      return new Value.Matrix(List.of(series(LabelSet.EMPTY, new Column(values), grid)));
    }
    Table table = shape.finished(vector(expr, grid), grid.count());
    run.hold(Math.multiplyExact(table.count(), 2L * Double.BYTES * grid.count() + Run.ROW_BYTES));
    var series = new ArrayList<Value.Series>(table.count());
    for (int i = 0; i < table.count(); i++) {
      run.check();
      Value.Series one = series(table.labels(i), table.columns()[i], grid);
      if (one.count() > 0) {
        series.add(one);
      }
    }
    sort(series);
    return new Value.Matrix(series);
  }

  private void sort(List<Value.Series> series) {
    var compared = new int[1];
    run.sorting(() -> series.sort((a, b) -> {
      run.checkEach(compared[0]++);
      return a.labels().compareTo(b.labels());
    }));
  }

  private static Value.Series series(LabelSet labels, Column column, Grid grid) {
    if (column.hasHistograms()) {
      var samples = new SampleBuffer();
      Columns.toSamples(column, grid.count(), grid.firstMillis(), grid.stepMillis(), samples);
      return new Value.Series(labels, samples.timestampsMillis, samples.values, samples.histograms, samples.count);
    }
    var timestamps = new long[grid.count()];
    var values = new double[grid.count()];
    int count = Columns.toSamples(column.values, grid.count(), grid.firstMillis(), grid.stepMillis(), timestamps, values);
    return new Value.Series(labels, timestamps, values, count);
  }

  /// An expression of type instant vector.
  Source vector(Expr expr, Grid grid) {
    if (expr instanceof Expr.Paren paren) {
      return vector(paren.expr(), grid);
    }
    if (grid.count() > 1 && invariance.holds(expr)) {
      return Shape.repeated(vector(expr, grid.first()), grid.count());
    }
    if (expr instanceof Expr.Aggregation aggregation) {
      // Never shared: another node says where in the query its remarks belong.
      Optional<Table> elsewhere = run.elsewhere(aggregation, grid);
      if (elsewhere.isPresent()) {
        return elsewhere.get();
      }
    }
    return shared.of(expr, grid, () -> made(expr, grid));
  }

  private Source made(Expr expr, Grid grid) {
    return switch (expr) {
      case Expr.VectorSelector selector -> selectors.instant(selector, grid, Selectors.Part.VALUE);
      case Expr.Unary unary -> unary.negate()
          ? shape.namelessColumns(vector(unary.operand(), grid), grid.count(), column -> Elements.negate(column, grid.count()))
          : vector(unary.operand(), grid);
      case Expr.Binary binary -> binaries.vector(binary, grid);
      case Expr.Aggregation aggregation -> aggregations.evaluate(aggregation, grid);
      case Expr.Call call -> calls.vector(call, grid);
      case Expr.Paren _, Expr.NumberLiteral _, Expr.StringLiteral _, Expr.MatrixSelector _, Expr.Subquery _ -> throw wrongType(expr,
          ValueType.VECTOR);
    };
  }

  /// An expression of type scalar: one value per step.
  double[] scalar(Expr expr, Grid grid) {
    int steps = grid.count();
    return switch (expr) {
      case Expr.NumberLiteral number -> {
        run.hold((long) steps * Double.BYTES);
        yield filled(steps, number.value());
      }
      case Expr.Paren paren -> scalar(paren.expr(), grid);
      case Expr.Unary unary -> {
        double[] values = scalar(unary.operand(), grid);
        if (unary.negate()) {
          Elements.negate(values, steps);
        }
        yield values;
      }
      case Expr.Binary binary -> {
        double[] left = scalar(binary.left(), grid);
        Arithmetic.columns(binary.op(), left, scalar(binary.right(), grid), left, steps);
        run.release((long) steps * Double.BYTES);
        yield left;
      }
      case Expr.Call call -> {
        run.hold((long) steps * Double.BYTES);
        yield calls.scalar(call, grid);
      }
      case Expr.StringLiteral _, Expr.VectorSelector _, Expr.MatrixSelector _, Expr.Subquery _, Expr.Aggregation _ ->
          throw wrongType(expr, ValueType.SCALAR);
    };
  }

  static double[] filled(int steps, double value) {
    var values = new double[steps];
    Arrays.fill(values, value);
    return values;
  }

  /// An expression of type string.
  String text(Expr expr) {
    return switch (unwrapped(expr)) {
      case Expr.StringLiteral literal -> literal.value();
      default -> throw wrongType(expr, ValueType.STRING);
    };
  }

  /// An expression of type range vector.
  RangeSource range(Expr expr, Grid grid, Run of) {
    return switch (unwrapped(expr)) {
      case Expr.MatrixSelector selector -> selectors.range(selector, grid);
      case Expr.Subquery subquery -> Subqueries.range(this, of, subquery, grid);
      default -> throw wrongType(expr, ValueType.MATRIX);
    };
  }

  static Expr unwrapped(Expr expr) {
    Expr inner = expr;
    while (inner instanceof Expr.Paren paren) {
      inner = paren.expr();
    }
    return inner;
  }

  private static TidemarkException wrongType(Expr expr, ValueType expected) {
    return new TidemarkException(ErrorCode.INTERNAL, "evaluation: expected " + expected.text() + ", found " + expr.type().text()
        + " at character " + expr.span().start() + "; the parser lets no such tree pass");
  }
}
