package io.tidemark.query.evaluate;

import io.tidemark.model.LabelSet;
import io.tidemark.query.kernel.Column;
import java.util.ArrayList;
import java.util.List;

/// A vector whose columns are all in memory.
record Table(List<LabelSet> labels, boolean[] drops, Column[] columns, boolean isOrdered) implements Source {
  static final Table EMPTY = new Table(List.of(), new boolean[0], new Column[0], false);

  /// The rows in the order of `rows`, which has each of them once; that order is part of the answer from here on.
  Table inOrder(List<Integer> rows) {
    var sortedLabels = new ArrayList<LabelSet>(rows.size());
    var sortedDrops = new boolean[rows.size()];
    var sortedColumns = new Column[rows.size()];
    for (int row : rows) {
      int at = sortedLabels.size();
      sortedLabels.add(labels.get(row));
      sortedDrops[at] = drops[row];
      sortedColumns[at] = columns[row];
    }
    return new Table(sortedLabels, sortedDrops, sortedColumns, true);
  }

  @Override
  public int count() {
    return columns.length;
  }

  @Override
  public LabelSet labels(int index) {
    return labels.get(index);
  }

  @Override
  public boolean dropsName(int index) {
    return drops[index];
  }

  @Override
  public void column(int index, Column out, Scratch scratch) {
    columns[index].copyTo(out, columns[index].values.length);
  }
}
