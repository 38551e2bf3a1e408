package io.tidemark.query.evaluate;

import io.tidemark.model.LabelSet;
import io.tidemark.promql.Expr;
import io.tidemark.promql.Function;
import io.tidemark.query.kernel.Buckets;
import io.tidemark.query.kernel.Columns;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// `histogram_quantile`, `histogram_quantiles` and `histogram_fraction` over classic buckets.
final class Histograms {
  private final Evaluator evaluator;
  private final Run run;

  Histograms(Evaluator evaluator) {
    this.evaluator = evaluator;
    this.run = evaluator.run;
  }

  /// Rows of one histogram with their upper bounds.
  private record Classic(LabelSet labels, String metric, boolean drops, List<Integer> rows, List<Double> bounds) {}

  private interface Answer {
    double of(double[] bounds, double[] counts, int n, int step, Classic classic);
  }

  Source evaluate(Expr.Call call, Grid grid) {
    int steps = grid.count();
    int vectorIndex = switch (call.function()) {
      case HISTOGRAM_QUANTILE -> 1;
      case HISTOGRAM_FRACTION -> 2;
      default -> 0;
    };
    Expr argument = call.arguments().get(vectorIndex);
    if (call.function() == Function.HISTOGRAM_FRACTION) {
      double[] lower = evaluator.scalar(call.arguments().get(0), grid);
      double[] upper = evaluator.scalar(call.arguments().get(1), grid);
      List<Classic> classics = classics(evaluator.shape.table(evaluator.vector(argument, grid), steps), argument);
      return table(classics, List.of(""), "", steps, argument,
          List.of((bounds, counts, n, step, _) -> Buckets.fraction(bounds, counts, n, lower[step], upper[step])));
    }
    return quantiles(call, grid, steps, argument);
  }

  private Source quantiles(Expr.Call call, Grid grid, int steps, Expr argument) {
    boolean several = call.function() == Function.HISTOGRAM_QUANTILES;
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
      answers.add((bounds, counts, n, step, classic) -> quantile(q[step], bounds, counts, n, grid.millis(step), classic, argument));
    }
    List<Classic> classics = classics(evaluator.shape.table(evaluator.vector(argument, grid), steps), argument);
    return table(classics, values, label, steps, argument, answers);
  }

  private double quantile(double q, double[] bounds, double[] counts, int n, long millis, Classic classic, Expr argument) {
    var worst = new double[3];
    boolean fixed = Buckets.makeMonotonic(bounds, counts, n, worst);
    double answer = Buckets.quantile(q, bounds, counts, n);
    // A rank outside the histogram and a histogram without an answer look at no bucket, so nothing had to be fixed for them.
    if (fixed && q >= 0 && q <= 1 && !Double.isNaN(answer)) {
      run.notes.fixedBuckets(classic.metric, argument.span(), new Notes.Falls(millis, millis, worst[0], worst[1], worst[2], 1));
    }
    return answer;
  }

  private List<Classic> classics(Table table, Expr argument) {
    Map<LabelSet, Classic> classics = new LinkedHashMap<>();
    for (int row = 0; row < table.count(); row++) {
      run.check();
      LabelSet labels = table.labels(row);
      double bound = bound(labels, argument);
      if (Double.isNaN(bound)) {
        continue;
      }
      boolean delayed = run.config.delayedNameRemoval();
      Classic classic = classics.computeIfAbsent(labels.without("le"), key -> new Classic(delayed ? key : Run.withoutName(key),
          key.metricName(), delayed, new ArrayList<>(), new ArrayList<>()));
      classic.rows.add(row);
      classic.bounds.add(bound);
    }
    for (Classic classic : classics.values()) {
      sort(classic);
    }
    columns = table.columns();
    return List.copyOf(classics.values());
  }

  private double[][] columns = new double[0][];

  private static void sort(Classic classic) {
    var order = new ArrayList<Integer>();
    for (int i = 0; i < classic.rows.size(); i++) {
      order.add(i);
    }
    var rows = List.copyOf(classic.rows);
    var bounds = List.copyOf(classic.bounds);
    order.sort((a, b) -> Double.compare(bounds.get(a), bounds.get(b)));
    for (int i = 0; i < order.size(); i++) {
      classic.rows.set(i, rows.get(order.get(i)));
      classic.bounds.set(i, bounds.get(order.get(i)));
    }
  }

  private double bound(LabelSet labels, Expr argument) {
    String le = labels.value("le");
    double bound = Numbers.parse(le);
    if (Double.isNaN(bound)) {
      var text = new StringBuilder("bucket label \"le\" is missing or has a malformed value of ");
      LabelSet.quote(text, le);
      if (!labels.metricName().isEmpty()) {
        text.append(" for metric name ");
        LabelSet.quote(text, labels.metricName());
      }
      run.notes.warn(text.toString(), argument.span());
    }
    return bound;
  }

  private Source table(List<Classic> classics, List<String> values, String label, int steps, Expr argument, List<Answer> answers) {
    run.reserve((long) classics.size() * answers.size(), steps);
    var labels = new ArrayList<LabelSet>();
    var drops = new boolean[classics.size() * answers.size()];
    var out = new double[classics.size() * answers.size()][];
    for (Classic classic : classics) {
      for (int i = 0; i < answers.size(); i++) {
        drops[labels.size()] = classic.drops;
        out[labels.size()] = Evaluator.filled(steps, Columns.NONE);
        labels.add(label.isEmpty() ? classic.labels : classic.labels.with(label, values.get(i)));
      }
    }
    run.fanout.each(Fanout.chunks(classics.size()), (chunk, _) -> {
      int end = Math.min(classics.size(), (chunk + 1) * Fanout.CHUNK_SERIES);
      for (int c = chunk * Fanout.CHUNK_SERIES; c < end; c++) {
        run.check();
        answer(classics.get(c), answers, out, c * answers.size(), steps);
      }
    });
    return evaluator.shape.unique(new Table(labels, drops, out, false), steps, false);
  }

  private void answer(Classic classic, List<Answer> answers, double[][] out, int at, int steps) {
    int buckets = classic.rows.size();
    var bounds = new double[buckets];
    var counts = new double[buckets];
    for (int step = 0; step < steps; step++) {
      for (int i = 0; i < answers.size(); i++) {
        int n = 0;
        for (int b = 0; b < buckets; b++) {
          double count = columns[classic.rows.get(b)][step];
          if (!Columns.has(count)) {
            continue;
          }
          double bound = classic.bounds.get(b);
          if (n > 0 && bounds[n - 1] == bound) {
            counts[n - 1] += count;
          } else {
            bounds[n] = bound;
            counts[n++] = count;
          }
        }
        if (n > 0) {
          out[at + i][step] = answers.get(i).of(bounds, counts, n, step, classic);
        }
      }
    }
  }
}
