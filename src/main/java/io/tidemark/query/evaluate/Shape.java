package io.tidemark.query.evaluate;

import io.tidemark.model.LabelSet;
import io.tidemark.query.kernel.Column;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Turns sources into other shapes: into a table, without names, repeated over all steps.
final class Shape {
  private final Run run;

  Shape(Run run) {
    this.run = run;
  }

  /// Changes a column in place.
  interface ColumnChange {
    void apply(Column column);
  }

  /// Changes a column's numbers in place.
  interface NumberChange {
    void apply(double[] column);
  }

  /// All columns of `source` in memory; series without any value are left out.
  Table table(Source source, int steps) {
    return switch (source) {
      case Table table -> table;
      case Kept kept -> kept.table;
      default -> filled(source, steps).table;
    };
  }

  /// `source` with all its columns in memory, for more than one who asks for them.
  Source kept(Source source, int steps) {
    return source instanceof Table || source instanceof Kept ? source : filled(source, steps);
  }

  private Kept filled(Source source, int steps) {
    int count = source.count();
    run.reserve(count, steps);
    var columns = new @Nullable Column[count];
    run.fanout.each(Fanout.chunks(count), (chunk, scratch) -> {
      int end = Math.min(count, (chunk + 1) * Fanout.CHUNK_SERIES);
      Column column = scratch.column(steps);
      for (int i = chunk * Fanout.CHUNK_SERIES; i < end; i++) {
        run.check();
        source.column(i, column, scratch);
        if (!column.isEmpty(steps)) {
          run.reserveCells(column.histogramCells(steps));
          columns[i] = column.copy(steps);
        }
      }
      scratch.giveBack(column);
    });
    var labels = new ArrayList<LabelSet>();
    var named = new ArrayList<LabelSet>();
    var drops = new boolean[count];
    var kept = new ArrayList<Column>();
    for (int i = 0; i < count; i++) {
      run.checkEach(i);
      Column column = columns[i];
      if (column != null) {
        drops[kept.size()] = source.dropsName(i);
        kept.add(column);
        LabelSet with = source.namedLabels(i);
        LabelSet without = source.labels(i);
        labels.add(with.count() == without.count() ? with : without);
        named.add(with);
      }
    }
    var table = new Table(labels, Arrays.copyOf(drops, kept.size()), kept.toArray(Column[]::new), source.isOrdered());
    return new Kept(table, named, source.isUniqueWithoutName());
  }

  /// `source` with `change` applied to every column, names kept.
  Source changed(Source source, ColumnChange change) {
    return new Changed(source, change, false, false);
  }

  /// `source` with `change` applied to every number and names removed, now or at the end of the query; histograms are left out.
  Source nameless(Source source, int steps, NumberChange change) {
    return namelessColumns(source, steps, column -> {
      column.dropHistograms(steps);
      change.apply(column.values);
    });
  }

  /// As {@link #nameless}, but histograms are changed too and not left out.
  Source namelessColumns(Source source, int steps, ColumnChange change) {
    boolean delayed = run.config.delayedNameRemoval();
    var changed = new Changed(source, change, !delayed, delayed);
    return delayed || source.isUniqueWithoutName() ? changed : unique(changed, steps, false);
  }

  /// Joins series with equal labels.
  ///
  /// @param strict whether two such series are an error even when they never have a value at the same step
  Source unique(Source source, int steps, boolean strict) {
    if (ascends(source)) {
      return source;
    }
    long bytes = source.count() * Run.ROW_BYTES;
    run.hold(bytes);
    var seen = new HashSet<LabelSet>();
    for (int i = 0; i < source.count(); i++) {
      run.checkEach(i);
      if (!seen.add(source.labels(i))) {
        return joined(table(source, steps), steps, strict);
      }
    }
    run.release(bytes);
    return source;
  }

  /// Whether the labels do, so that no two are equal.
  private boolean ascends(Source source) {
    LabelSet before = LabelSet.EMPTY;
    for (int i = 0; i < source.count(); i++) {
      run.checkEach(i);
      LabelSet labels = source.labels(i);
      if (i > 0 && before.compareTo(labels) >= 0) {
        return false;
      }
      before = labels;
    }
    return true;
  }

  private Table joined(Table table, int steps, boolean strict) {
    Map<LabelSet, Integer> places = new HashMap<>();
    var labels = new ArrayList<LabelSet>();
    var columns = new ArrayList<Column>();
    var drops = new boolean[table.count()];
    for (int i = 0; i < table.count(); i++) {
      run.check();
      Integer place = places.putIfAbsent(table.labels(i), labels.size());
      if (place == null) {
        drops[labels.size()] = table.dropsName(i);
        labels.add(table.labels(i));
        columns.add(table.columns()[i]);
      } else if (strict) {
        throw Run.sameLabelset();
      } else {
        run.reserve(1, steps);
        columns.set(place, join(columns.get(place), table.columns()[i], steps));
      }
    }
    return new Table(labels, Arrays.copyOf(drops, labels.size()), columns.toArray(Column[]::new), table.isOrdered());
  }

  private static Column join(Column a, Column b, int steps) {
    Column both = a.copy(steps);
    for (int i = 0; i < steps; i++) {
      if (b.has(i)) {
        if (both.has(i)) {
          throw Run.sameLabelset();
        }
        both.take(i, b);
      }
    }
    return both;
  }

  /// The answer's series: names gone where they must, no label set twice.
  Table finished(Source source, int steps) {
    Table table = table(source, steps);
    run.hold(table.count() * Run.ROW_BYTES);
    var labels = new ArrayList<LabelSet>(table.count());
    boolean ascends = true;
    for (int i = 0; i < table.count(); i++) {
      run.checkEach(i);
      labels.add(table.dropsName(i) ? Run.withoutName(table.labels(i)) : table.labels(i));
      ascends = ascends && (i == 0 || labels.get(i - 1).compareTo(labels.get(i)) < 0);
    }
    var clean = new Table(labels, new boolean[table.count()], table.columns(), table.isOrdered());
    return ascends || isDistinct(labels) ? clean : joined(clean, steps, false);
  }

  private boolean isDistinct(List<LabelSet> labels) {
    Set<LabelSet> seen = HashSet.newHashSet(labels.size());
    for (LabelSet one : labels) {
      run.checkEach(seen.size());
      if (!seen.add(one)) {
        return false;
      }
    }
    return true;
  }

  /// A source of one step repeated over `steps`.
  static Source repeated(Source once, int steps) {
    return new Repeated(once, steps);
  }

  /// A table that still knows what its source knew of names.
  private record Kept(Table table, List<LabelSet> named, boolean isUniqueWithoutName) implements Source {
    @Override
    public int count() {
      return table.count();
    }

    @Override
    public LabelSet labels(int index) {
      return table.labels(index);
    }

    @Override
    public LabelSet namedLabels(int index) {
      return named.get(index);
    }

    @Override
    public boolean dropsName(int index) {
      return table.dropsName(index);
    }

    @Override
    public void column(int index, Column out, Scratch scratch) {
      table.column(index, out, scratch);
    }

    @Override
    public boolean isOrdered() {
      return table.isOrdered();
    }
  }

  private record Changed(Source in, ColumnChange change, boolean removes, boolean flags) implements Source {
    @Override
    public String label(int index, String name) {
      return in.label(index, name);
    }

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
    public void column(int index, Column out, Scratch scratch) {
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
    public void column(int index, Column out, Scratch scratch) {
      in.column(index, out, scratch);
      Arrays.fill(out.values, 0, steps, out.values[0]);
      if (out.hasHistograms()) {
        Arrays.fill(out.histograms, 0, steps, out.histograms[0]);
      }
    }

    @Override
    public boolean isUniqueWithoutName() {
      return in.isUniqueWithoutName();
    }
  }
}
