package io.tidemark.query.evaluate;

import io.tidemark.model.LabelSet;
import io.tidemark.query.kernel.Column;
import java.util.List;

/// A vector whose columns are all in memory.
record Table(List<LabelSet> labels, boolean[] drops, Column[] columns, boolean isOrdered) implements Source {
  static final Table EMPTY = new Table(List.of(), new boolean[0], new Column[0], false);

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
