package io.tidemark.query.evaluate;

import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.promql.Expr;
import io.tidemark.query.kernel.Column;
import io.tidemark.regex.Regex;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/// `info()`: adds the data labels of info series (`target_info` unless told otherwise) to series of the same instance and job.
///
/// Which info series is valid changes over time, so one series may come out as several, each with its steps.
final class InfoJoin {
  private static final List<String> IDENTITY = List.of("instance", "job");

  private final Evaluator evaluator;
  private final Run run;

  InfoJoin(Evaluator evaluator) {
    this.evaluator = evaluator;
    this.run = evaluator.run;
  }

  /// Info series with the same name and identity: rows of the info tables.
  private record Rivals(List<Integer> rows) {}

  /// What the second argument asks for.
  private record Wanted(List<Matcher> names, List<Matcher> data, Predicate<String> isInfoName) {
    boolean takes(String label) {
      return data.isEmpty() || data.stream().anyMatch(m -> m.name().equals(label));
    }

    /// Whether series without a valid info series pass.
    boolean passesWithout() {
      return data.stream().allMatch(m -> test(m).test(""));
    }
  }

  Source evaluate(Expr.Call call, Grid grid) {
    int steps = grid.count();
    Expr base = call.arguments().getFirst();
    Wanted wanted = wanted(call);
    Table table = evaluator.shape.table(evaluator.vector(base, grid), steps);
    var matchers = new ArrayList<>(wanted.names);
    matchers.addAll(wanted.data);
    var selector = new Expr.VectorSelector("", matchers, shift(base).orElse(Expr.TimeShift.NONE), Expr.Extension.NONE, call.span());
    Table infos = evaluator.shape.table(evaluator.selectors.instant(selector, grid, Selectors.Part.VALUE), steps);
    Table times = evaluator.shape.table(evaluator.selectors.instant(selector, grid, Selectors.Part.TIME), steps);
    run.hold(infos.count() * 2 * Run.ROW_BYTES);
    Map<LabelSet, Map<String, Rivals>> byIdentity = new HashMap<>();
    for (int row = 0; row < infos.count(); row++) {
      run.checkEach(row);
      LabelSet labels = infos.labels(row);
      byIdentity.computeIfAbsent(labels.only(IDENTITY), _ -> new TreeMap<>())
          .computeIfAbsent(labels.metricName(), _ -> new Rivals(new ArrayList<>(1))).rows.add(row);
    }
    var labels = new ArrayList<LabelSet>();
    var drops = new ArrayList<Boolean>();
    var columns = new ArrayList<Column>();
    for (int row = 0; row < table.count(); row++) {
      run.check();
      LabelSet identity = table.labels(row).only(IDENTITY);
      boolean plain = wanted.isInfoName.test(table.labels(row).metricName());
      Map<LabelSet, Column> out = new LinkedHashMap<>();
      if (plain) {
        out.put(table.labels(row), table.columns()[row]);
      } else {
        List<Rivals> rivals = identity.isEmpty() ? List.of() : List.copyOf(byIdentity.getOrDefault(identity, Map.of()).values());
        enrich(table, row, rivals, infos, times, wanted, out, steps);
      }
      for (var entry : out.entrySet()) {
        labels.add(entry.getKey());
        drops.add(table.dropsName(row));
        columns.add(entry.getValue());
      }
    }
    var flags = new boolean[drops.size()];
    for (int i = 0; i < flags.length; i++) {
      flags[i] = drops.get(i);
    }
    return evaluator.shape.unique(new Table(labels, flags, columns.toArray(Column[]::new), false), steps, false);
  }

  private void enrich(Table table, int row, List<Rivals> rivals, Table infos, Table times, Wanted wanted, Map<LabelSet, Column> out,
      int steps) {
    Column column = table.columns()[row];
    var chosen = new int[rivals.size()];
    int[] before = new int[0];
    Column target = Column.none(0);
    for (int step = 0; step < steps; step++) {
      if (!column.has(step)) {
        continue;
      }
      boolean any = false;
      for (int i = 0; i < chosen.length; i++) {
        chosen[i] = newest(rivals.get(i), infos, times, step);
        any |= chosen[i] >= 0;
      }
      if (!any && !wanted.passesWithout()) {
        continue;
      }
      if (target.values.length == 0 || !Arrays.equals(before, chosen)) {
        before = chosen.clone();
        LabelSet labels = enriched(table.labels(row), chosen, infos, wanted);
        target = out.computeIfAbsent(labels, _ -> {
          run.reserve(1, steps);
          return Column.none(steps);
        });
      }
      target.take(step, column);
    }
  }

  /// The row with the newest sample at `step`, or -1.
  private static int newest(Rivals rivals, Table infos, Table times, int step) {
    int best = -1;
    for (int row : rivals.rows) {
      if (!infos.columns()[row].has(step)) {
        continue;
      }
      double time = times.columns()[row].values[step];
      if (best >= 0 && times.columns()[best].values[step] == time) {
        long millis = Math.round(time * 1000);
        throw Run.failed("found duplicate series for info metric: existing " + infos.labels(best) + " @ " + millis + ", new "
            + infos.labels(row) + " @ " + millis);
      }
      if (best < 0 || time > times.columns()[best].values[step]) {
        best = row;
      }
    }
    return best;
  }

  private static LabelSet enriched(LabelSet base, int[] chosen, Table infos, Wanted wanted) {
    var added = new TreeMap<String, String>();
    for (int row : chosen) {
      if (row < 0) {
        continue;
      }
      LabelSet info = infos.labels(row);
      for (int i = 0; i < info.count(); i++) {
        String name = info.name(i);
        if (name.equals(LabelSet.NAME) || base.has(name) || !wanted.takes(name)) {
          continue;
        }
        String known = added.put(name, info.value(i));
        if (known != null && !known.equals(info.value(i))) {
          throw Run.failed("conflicting label: " + name);
        }
      }
    }
    if (added.isEmpty()) {
      return base;
    }
    added.putAll(base.toMap());
    return LabelSet.of(added);
  }

  private static Wanted wanted(Expr.Call call) {
    var names = new ArrayList<Matcher>();
    var data = new ArrayList<Matcher>();
    if (call.arguments().size() > 1 && Evaluator.unwrapped(call.arguments().get(1)) instanceof Expr.VectorSelector selector) {
      for (Matcher matcher : selector.matchers()) {
        (matcher.name().equals(LabelSet.NAME) ? names : data).add(matcher);
      }
    }
    if (names.isEmpty()) {
      names.add(Matcher.equal(LabelSet.NAME, "target_info"));
    } else if (names.stream().allMatch(m -> m.op().isNegative())) {
      names.add(new Matcher(LabelSet.NAME, Matcher.Op.MATCH, ".+_info"));
    }
    Predicate<String> isInfoName = names.stream().map(InfoJoin::test).reduce(Predicate::and).orElseThrow();
    return new Wanted(names, data, isInfoName);
  }

  private static Predicate<String> test(Matcher matcher) {
    Predicate<String> equal = matcher.op().isRegex() ? Regex.compile(matcher.value())::matches : matcher.value()::equals;
    return matcher.op().isNegative() ? equal.negate() : equal;
  }

  /// Offset and `@` of the expression to enrich: its info series are looked up at the same time.
  private static Optional<Expr.TimeShift> shift(Expr expr) {
    return switch (expr) {
      case Expr.VectorSelector selector -> Optional.of(selector.shift());
      case Expr.MatrixSelector selector -> Optional.of(selector.selector().shift());
      case Expr.Subquery subquery -> subquery.shift().equals(Expr.TimeShift.NONE) ? shift(subquery.expr()) : Optional.of(subquery.shift());
      case Expr.Paren paren -> shift(paren.expr());
      case Expr.Unary unary -> shift(unary.operand());
      case Expr.Aggregation aggregation -> shift(aggregation.expr());
      case Expr.Binary binary -> shift(binary.left()).or(() -> shift(binary.right()));
      case Expr.Call call -> call.arguments().stream().map(InfoJoin::shift).flatMap(Optional::stream).findFirst();
      case Expr.NumberLiteral _, Expr.StringLiteral _ -> Optional.empty();
    };
  }
}
