package io.tidemark.query.evaluate;

import io.tidemark.model.Histogram;
import io.tidemark.model.LabelSet;
import io.tidemark.promql.Expr;
import io.tidemark.promql.Function;
import io.tidemark.query.kernel.Buckets;
import io.tidemark.query.kernel.Column;
import io.tidemark.query.kernel.HistogramValues;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// `histogram_quantile`, `histogram_quantiles` and `histogram_fraction`, over classic buckets and native histograms alike.
final class Histograms {
  private final Evaluator evaluator;
  private final Run run;

  Histograms(Evaluator evaluator) {
    this.evaluator = evaluator;
    this.run = evaluator.run;
  }

  /// What makes up one histogram: classic buckets with their upper bounds, ascending, and series of native ones.
  private record Family(LabelSet labels, String metric, boolean drops, List<Bucket> buckets, List<Column> natives) {}

  private record Bucket(double bound, Column column) {}

  /// What a function makes of one histogram at one step.
  private interface Answer {
    double classic(double[] bounds, double[] counts, int n, int step, Family family);

    double ofNative(Histogram histogram, int step, Family family);
  }

  Source evaluate(Expr.Call call, Grid grid) {
    return call.function() == Function.HISTOGRAM_FRACTION ? fractions(call, grid) : quantiles(call, grid);
  }

  private Source fractions(Expr.Call call, Grid grid) {
    Expr argument = call.arguments().get(2);
    double[] lower = evaluator.scalar(call.arguments().get(0), grid);
    double[] upper = evaluator.scalar(call.arguments().get(1), grid);
    var fraction = new Answer() {
      @Override
      public double classic(double[] bounds, double[] counts, int n, int step, Family family) {
        return Buckets.fraction(bounds, counts, n, lower[step], upper[step]);
      }

      @Override
      public double ofNative(Histogram histogram, int step, Family family) {
        if (HistogramValues.hasNan(histogram)) {
          run.notes.info("input to histogram_fraction has NaN observations, which are excluded from all fractions"
              + Notes.named(family.metric), argument.span());
        }
        return HistogramValues.fraction(lower[step], upper[step], histogram);
      }
    };
    return table(families(argument, grid), List.of(""), "", grid.count(), argument, List.of(fraction));
  }

  private Source quantiles(Expr.Call call, Grid grid) {
    boolean several = call.function() == Function.HISTOGRAM_QUANTILES;
    Expr argument = call.arguments().get(several ? 0 : 1);
    String label = several ? evaluator.text(call.arguments().get(1)) : "";
    if (several && !Selections.isValidLabel(label)) {
      throw Run.failed("invalid label name in histogram_quantiles(): " + label);
    }
    List<Expr> parameters = several ? call.arguments().subList(2, call.arguments().size()) : call.arguments().subList(0, 1);
    var values = new ArrayList<String>();
    var answers = new ArrayList<Answer>();
    for (Expr parameter : parameters) {
      double[] q = evaluator.scalar(parameter, grid);
      Selections.warnOfQuantiles(run, q, parameter);
      values.add(several ? Numbers.openMetrics(q[0]) : "");
      answers.add(new Quantile(q, grid, argument));
    }
    return table(families(argument, grid), values, label, grid.count(), argument, answers);
  }

  private final class Quantile implements Answer {
    private final double[] q;
    private final Grid grid;
    private final Expr argument;

    Quantile(double[] q, Grid grid, Expr argument) {
      this.q = q;
      this.grid = grid;
      this.argument = argument;
    }

    @Override
    public double classic(double[] bounds, double[] counts, int n, int step, Family family) {
      var worst = new double[3];
      boolean fixed = Buckets.makeMonotonic(bounds, counts, n, worst);
      double answer = Buckets.quantile(q[step], bounds, counts, n);
      // A rank outside the histogram and a histogram without an answer look at no bucket, so nothing had to be fixed for them.
      if (fixed && q[step] >= 0 && q[step] <= 1 && !Double.isNaN(answer)) {
        long millis = grid.millis(step);
        run.notes.fixedBuckets(family.metric, argument.span(), new Notes.Falls(millis, millis, worst[0], worst[1], worst[2], 1));
      }
      return answer;
    }

    @Override
    public double ofNative(Histogram histogram, int step, Family family) {
      double answer = HistogramValues.quantile(q[step], histogram);
      if (HistogramValues.hasNan(histogram) && q[step] >= 0 && q[step] <= 1 && histogram.count() != 0) {
        run.notes.info("input to histogram_quantile has NaN observations, result is " + (Double.isNaN(answer) ? "NaN" : "skewed higher")
            + Notes.named(family.metric), argument.span());
      }
      return answer;
    }
  }

  private List<Family> families(Expr argument, Grid grid) {
    int steps = grid.count();
    Table table = evaluator.shape.table(evaluator.vector(argument, grid), steps);
    run.hold(table.count() * 2 * Run.ROW_BYTES);
    boolean delayed = run.config.delayedNameRemoval();
    Map<LabelSet, Family> families = new LinkedHashMap<>();
    for (int row = 0; row < table.count(); row++) {
      run.check();
      LabelSet labels = table.labels(row);
      Column column = table.columns()[row];
      double bound = hasNumber(column, steps) ? bound(labels, argument) : Double.NaN;
      if (Double.isNaN(bound) && !column.hasHistograms()) {
        continue;
      }
      Family family = families.computeIfAbsent(labels.without("le"), key -> new Family(delayed ? key : Run.withoutName(key),
          key.metricName(), delayed, new ArrayList<>(), new ArrayList<>(1)));
      if (!Double.isNaN(bound)) {
        family.buckets.add(new Bucket(bound, column));
      }
      if (column.hasHistograms()) {
        family.natives.add(column);
      }
    }
    families.values().forEach(family -> family.buckets.sort(Comparator.comparingDouble(Bucket::bound)));
    return List.copyOf(families.values());
  }

  private static boolean hasNumber(Column column, int steps) {
    for (int step = 0; step < steps; step++) {
      if (column.isFloat(step)) {
        return true;
      }
    }
    return false;
  }

  private double bound(LabelSet labels, Expr argument) {
    String le = labels.value("le");
    double bound = Numbers.parse(le);
    if (Double.isNaN(bound)) {
      var text = new StringBuilder("bucket label \"le\" is missing or has a malformed value of ");
      LabelSet.quote(text, le);
      run.notes.warn(text.append(Notes.named(labels.metricName())).toString(), argument.span());
    }
    return bound;
  }

  private Source table(List<Family> families, List<String> values, String label, int steps, Expr argument, List<Answer> answers) {
    run.reserve((long) families.size() * answers.size(), steps);
    var labels = new ArrayList<LabelSet>();
    var drops = new boolean[families.size() * answers.size()];
    var out = new Column[families.size() * answers.size()];
    for (Family family : families) {
      run.check();
      for (int i = 0; i < answers.size(); i++) {
        drops[labels.size()] = family.drops;
        out[labels.size()] = Column.none(steps);
        labels.add(label.isEmpty() ? family.labels : family.labels.with(label, values.get(i)));
      }
    }
    run.fanout.each(Fanout.chunks(families.size()), (chunk, _) -> {
      int end = Math.min(families.size(), (chunk + 1) * Fanout.CHUNK_SERIES);
      for (int f = chunk * Fanout.CHUNK_SERIES; f < end; f++) {
        run.check();
        for (int i = 0; i < answers.size(); i++) {
          answer(families.get(f), answers.get(i), argument, out[f * answers.size() + i].values, steps);
        }
      }
    });
    return evaluator.shape.unique(new Table(labels, drops, out, false), steps, false);
  }

  private void answer(Family family, Answer answer, Expr argument, double[] out, int steps) {
    var bounds = new double[family.buckets.size()];
    var counts = new double[family.buckets.size()];
    for (int step = 0; step < steps; step++) {
      int n = 0;
      for (Bucket bucket : family.buckets) {
        if (!bucket.column.isFloat(step)) {
          continue;
        }
        double count = bucket.column.values[step];
        if (n > 0 && bounds[n - 1] == bucket.bound) {
          counts[n - 1] += count;
        } else {
          bounds[n] = bucket.bound;
          counts[n++] = count;
        }
      }
      for (Column column : family.natives) {
        Histogram histogram = column.histogram(step);
        if (histogram != null && n > 0) {
          run.notes.warn("vector contains a mix of classic and native histograms" + Notes.named(family.metric), argument.span());
          n = 0;
          break;
        }
        if (histogram != null) {
          out[step] = answer.ofNative(histogram, step, family);
        }
      }
      if (n > 0) {
        out[step] = answer.classic(bounds, counts, n, step, family);
      }
    }
  }
}
