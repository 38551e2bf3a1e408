package io.tidemark.query.evaluate;

import io.tidemark.model.LabelSet;
import io.tidemark.promql.BinaryOp;
import io.tidemark.promql.Expr;
import io.tidemark.promql.VectorMatching;
import io.tidemark.query.kernel.Arithmetic;
import io.tidemark.query.kernel.Column;
import io.tidemark.query.kernel.Columns;
import io.tidemark.query.kernel.HistogramArithmetic;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/// Arithmetic and comparison between two vectors.
///
/// Series meet by signature once for all steps; what may change from step to step is only which series of a signature have a value.
/// "One" is the side that may have a single series per signature and step, "many" the other; for one-to-one that is the left.
final class Matching {
  /// Of a row among those that meet: its signature, the entry of a map, two short lists.
  private static final long MEETING_BYTES = 320;

  private final Evaluator evaluator;
  private final Run run;
  private final BinaryOp op;
  private final Expr.Binary binary;
  private final VectorMatching matching;
  private final int steps;
  private final boolean swapped;
  private final boolean filters;
  private final HistogramArithmetic histograms;
  private final List<LabelSet> labels = new ArrayList<>();
  private final List<Boolean> drops = new ArrayList<>();
  private final List<Column> columns = new ArrayList<>();
  /// From which row of the "many" side each result comes; those filled in for rows that are not there come last.
  private final List<Integer> rows = new ArrayList<>();

  Matching(Evaluator evaluator, Expr.Binary binary, VectorMatching matching, int steps) {
    this.evaluator = evaluator;
    this.run = evaluator.run;
    this.binary = binary;
    this.op = binary.op();
    this.matching = matching;
    this.steps = steps;
    this.swapped = matching.cardinality() == VectorMatching.Cardinality.ONE_TO_MANY;
    this.filters = op.kind() == BinaryOp.Kind.COMPARISON && !binary.returnBool();
    this.histograms = new HistogramArithmetic(op, binary.returnBool());
  }

  /// Rows of both sides with the same signature.
  private record Meeting(List<Integer> many, List<Integer> one) {}

  Source apply(Table left, Table right) {
    Table many = swapped ? right : left;
    Table one = swapped ? left : right;
    run.hold((many.count() + one.count()) * MEETING_BYTES);
    Map<LabelSet, Meeting> meetings = new LinkedHashMap<>();
    for (int row = 0; row < many.count(); row++) {
      run.checkEach(row);
      meetings.computeIfAbsent(Signatures.of(matching, many.labels(row)), _ -> new Meeting(new ArrayList<>(1), new ArrayList<>(1)))
          .many.add(row);
    }
    for (int row = 0; row < one.count(); row++) {
      run.checkEach(row);
      meetings.computeIfAbsent(Signatures.of(matching, one.labels(row)), _ -> new Meeting(new ArrayList<>(1), new ArrayList<>(1)))
          .one.add(row);
    }
    boolean[] anyMany = presence(many);
    meetings.forEach((signature, meeting) -> {
      run.check();
      meet(signature, meeting, many, one, anyMany);
    });
    var flags = new boolean[labels.size()];
    for (int i = 0; i < flags.length; i++) {
      flags[i] = drops.get(i);
    }
    Binaries.remark(run, histograms, binary);
    var table = new Table(labels, flags, columns.toArray(Column[]::new), false);
    return evaluator.shape.unique(many.isOrdered() ? Sorting.sorted(run, table, Comparator.comparing(rows::get)) : table, steps, false);
  }

  private boolean[] presence(Table table) {
    var there = new boolean[steps];
    for (Column column : table.columns()) {
      run.check();
      for (int step = 0; step < steps; step++) {
        there[step] |= column.has(step);
      }
    }
    return there;
  }

  private void meet(LabelSet signature, Meeting meeting, Table many, Table one, boolean[] anyMany) {
    // As in Prometheus, group_right exchanges the sides but not the fill values: fill_left is always the "many" side's.
    OptionalDouble fillOne = matching.fillRight();
    OptionalDouble fillMany = matching.fillLeft();
    if (meeting.one.size() > 1) {
      checkOne(signature, meeting, one, anyMany);
    }
    var matched = new HashMap<LabelSet, boolean[]>();
    boolean[] onePresent = fillOne.isEmpty() ? new boolean[0] : presenceOf(one, meeting.one);
    for (int row : meeting.many) {
      Column column = many.columns()[row];
      for (int other : meeting.one) {
        pair(row, many.labels(row), many.dropsName(row), one.labels(other), column, one.columns()[other], matched);
      }
      if (fillOne.isPresent()) {
        pair(row, many.labels(row), many.dropsName(row), signature, column, filled(fillOne.getAsDouble(), onePresent), matched);
      }
    }
    if (fillMany.isPresent()) {
      Column column = filled(fillMany.getAsDouble(), presenceOf(many, meeting.many));
      for (int other : meeting.one) {
        pair(many.count(), signature, false, one.labels(other), column, one.columns()[other], matched);
      }
    }
  }

  /// A column with `value` where no series is present.
  private Column filled(double value, boolean[] present) {
    var column = new Column(steps);
    for (int step = 0; step < steps; step++) {
      column.values[step] = present[step] ? Columns.NONE : value;
    }
    return column;
  }

  private boolean[] presenceOf(Table table, List<Integer> rows) {
    var there = new boolean[steps];
    for (int row : rows) {
      run.check();
      Column column = table.columns()[row];
      for (int step = 0; step < steps; step++) {
        there[step] |= column.has(step);
      }
    }
    return there;
  }

  private void pair(int row, LabelSet many, boolean drop, LabelSet one, Column manyColumn, Column oneColumn,
      Map<LabelSet, boolean[]> matched) {
    run.check();
    LabelSet result = resultLabels(many, one);
    boolean oneToOne = matching.cardinality() == VectorMatching.Cardinality.ONE_TO_ONE;
    boolean[] before = matched.computeIfAbsent(oneToOne ? LabelSet.EMPTY : result, _ -> new boolean[steps]);
    Column left = swapped ? oneColumn : manyColumn;
    Column right = swapped ? manyColumn : oneColumn;
    for (int step = 0; step < steps; step++) {
      if (left.has(step) && right.has(step) && histograms.takes(left, right, step)) {
        if (before[step]) {
          throw Run.failed(oneToOne ? "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
              : "multiple matches for labels: grouping labels must ensure unique matches");
        }
        before[step] = true;
      }
    }
    run.reserve(1, steps);
    var out = new Column(steps);
    if (left.hasHistograms() || right.hasHistograms() || op.kind() == BinaryOp.Kind.TRIM) {
      histograms.columns(left, right, left, out, steps);
      run.reserveCells(out.histogramCells(steps));
    } else if (filters) {
      Arithmetic.filter(op, left.values, right.values, left.values, out.values, steps);
    } else {
      Arithmetic.columns(op, left.values, right.values, out.values, steps);
    }
    if (!out.isEmpty(steps)) {
      labels.add(result);
      drops.add(drop || binary.returnBool() && run.config.delayedNameRemoval());
      columns.add(out);
      rows.add(row);
    }
  }

  private LabelSet resultLabels(LabelSet many, LabelSet one) {
    boolean dropsName = op.kind() == BinaryOp.Kind.ARITHMETIC || binary.returnBool() && !run.config.delayedNameRemoval();
    LabelSet result = dropsName ? Run.withoutName(many) : many;
    if (matching.cardinality() == VectorMatching.Cardinality.ONE_TO_ONE) {
      result = matching.on() ? result.only(matching.labels()) : result.without(matching.labels());
    }
    for (String name : matching.include()) {
      result = result.with(name, one.value(name));
    }
    return result;
  }

  /// Refuses two series of the "one" side at the same step, if there is anything to match them with.
  private void checkOne(LabelSet signature, Meeting meeting, Table one, boolean[] anyMany) {
    var first = new int[steps];
    Arrays.fill(first, -1);
    for (int row : meeting.one) {
      run.check();
      Column column = one.columns()[row];
      for (int step = 0; step < steps; step++) {
        if (!column.has(step)) {
          continue;
        }
        if (first[step] >= 0 && anyMany[step]) {
          throw Run.failed("found duplicate series for the match group " + braces(signature) + " on the " + (swapped ? "left" : "right")
              + " hand-side of the operation: [" + braces(one.labels(first[step])) + ", " + braces(one.labels(row))
              + "];many-to-many matching not allowed: matching labels must be unique on one side");
        }
        first[step] = row;
      }
    }
  }

  /// `{a="b", c="d"}`, the metric name among the labels.
  private static String braces(LabelSet labels) {
    var out = new StringBuilder("{");
    for (int i = 0; i < labels.count(); i++) {
      out.append(i == 0 ? "" : ", ");
      if (LabelSet.isPlainName(labels.name(i), false)) {
        out.append(labels.name(i));
      } else {
        LabelSet.quote(out, labels.name(i));
      }
      out.append('=');
      LabelSet.quote(out, labels.value(i));
    }
    return out.append('}').toString();
  }
}
