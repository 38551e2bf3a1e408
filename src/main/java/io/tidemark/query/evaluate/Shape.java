package io.tidemark.query.evaluate;

import io.tidemark.model.LabelSet;
import io.tidemark.query.kernel.Columns;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;

/// Turns sources into other shapes: into a table, without names, repeated over all steps.
final class Shape {
  private final Run run;

  Shape(Run run) {
    this.run = run;
  }

  /// Changes a column in place.
  interface ColumnChange {
    void apply(double[] column);
  }

  /// All columns of `source` in memory; series without any value are left out.
  Table table(Source source, int steps) {
    if (source instanceof Table table) {
      return table;
    }
    int count = source.count();
    run.reserve(count, steps);
    var columns = new double[count][];
    run.fanout.each(Fanout.chunks(count), (chunk, scratch) -> {
      int end = Math.min(count, (chunk + 1) * Fanout.CHUNK_SERIES);
      double[] column = scratch.column(steps);
      for (int i = chunk * Fanout.CHUNK_SERIES; i < end; i++) {
        run.check();
        source.column(i, column, scratch);
        if (Columns.any(column, steps)) {
          columns[i] = Arrays.copyOf(column, steps);
        }
      }
      scratch.giveBack(column);
    });
    var labels = new ArrayList<LabelSet>();
    var drops = new boolean[count];
    int kept = 0;
    for (int i = 0; i < count; i++) {
      if (columns[i] != null) {
        columns[kept] = columns[i];
        drops[kept++] = source.dropsName(i);
        labels.add(source.labels(i));
      }
    }
    return new Table(labels, Arrays.copyOf(drops, kept), Arrays.copyOf(columns, kept), source.isOrdered());
  }

  /// `source` with `change` applied to every column, names kept.
  Source changed(Source source, ColumnChange change) {
    return new Changed(source, change, false, false);
  }

  /// `source` with `change` applied to every column and names removed, now or at the end of the query.
  Source nameless(Source source, int steps, ColumnChange change) {
    boolean delayed = run.config.delayedNameRemoval();
    var changed = new Changed(source, change, !delayed, delayed);
    return delayed || source.isUniqueWithoutName() ? changed : unique(changed, steps, false);
  }

  /// Joins series with equal labels.
  ///
  /// @param strict whether two such series are an error even when they never have a value at the same step
  Source unique(Source source, int steps, boolean strict) {
    var seen = new HashSet<LabelSet>();
    for (int i = 0; i < source.count(); i++) {
      run.checkEach(i);
      if (!seen.add(source.labels(i))) {
        return joined(table(source, steps), steps, strict);
      }
    }
    return source;
  }

  private static Table joined(Table table, int steps, boolean strict) {
    Map<LabelSet, Integer> places = new HashMap<>();
    var labels = new ArrayList<LabelSet>();
    var columns = new ArrayList<double[]>();
    var drops = new boolean[table.count()];
    for (int i = 0; i < table.count(); i++) {
      Integer place = places.putIfAbsent(table.labels(i), labels.size());
      if (place == null) {
        drops[labels.size()] = table.dropsName(i);
        labels.add(table.labels(i));
        columns.add(table.columns()[i]);
      } else if (strict) {
        throw Run.sameLabelset();
      } else {
        columns.set(place, join(columns.get(place), table.columns()[i], steps));
      }
    }
    return new Table(labels, Arrays.copyOf(drops, labels.size()), columns.toArray(double[][]::new), table.isOrdered());
  }

  private static double[] join(double[] a, double[] b, int steps) {
    double[] both = Arrays.copyOf(a, steps);
    for (int i = 0; i < steps; i++) {
      if (Columns.has(b[i])) {
        if (Columns.has(both[i])) {
          throw Run.sameLabelset();
        }
        both[i] = b[i];
      }
    }
    return both;
  }

  /// The answer's series: names gone where they must, no label set twice.
  Table finished(Source source, int steps) {
    Table table = table(source, steps);
    var labels = new ArrayList<LabelSet>(table.count());
    for (int i = 0; i < table.count(); i++) {
      labels.add(table.dropsName(i) ? Run.withoutName(table.labels(i)) : table.labels(i));
    }
    var clean = new Table(labels, new boolean[table.count()], table.columns(), table.isOrdered());
    if (new HashSet<>(labels).size() == labels.size()) {
      return clean;
    }
    return joined(clean, steps, false);
  }

  /// A source of one step repeated over `steps`.
  static Source repeated(Source once, int steps) {
    return new Repeated(once, steps);
  }

  private record Changed(Source in, ColumnChange change, boolean removes, boolean flags) implements Source {
    @Override
    public int count() {
      return in.count();
    }

    @Override
    public LabelSet labels(int index) {
      return removes ? Run.withoutName(in.labels(index)) : in.labels(index);
    }

    @Override
    public LabelSet namedLabels(int index) {
      return in.namedLabels(index);
    }

    @Override
    public boolean dropsName(int index) {
      return flags || in.dropsName(index);
    }

    @Override
    public void column(int index, double[] out, Scratch scratch) {
      in.column(index, out, scratch);
      change.apply(out);
    }

    @Override
    public boolean isUniqueWithoutName() {
      return removes || in.isUniqueWithoutName();
    }

    @Override
    public boolean isOrdered() {
      return in.isOrdered();
    }
  }

  private record Repeated(Source in, int steps) implements Source {
    @Override
    public int count() {
      return in.count();
    }

    @Override
    public LabelSet labels(int index) {
      return in.labels(index);
    }

    @Override
    public LabelSet namedLabels(int index) {
      return in.namedLabels(index);
    }

    @Override
    public boolean dropsName(int index) {
      return in.dropsName(index);
    }

    @Override
    public void column(int index, double[] out, Scratch scratch) {
      in.column(index, out, scratch);
      Arrays.fill(out, 0, steps, out[0]);
    }

    @Override
    public boolean isUniqueWithoutName() {
      return in.isUniqueWithoutName();
    }
  }
}
