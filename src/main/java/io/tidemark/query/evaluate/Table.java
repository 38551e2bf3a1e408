package io.tidemark.query.evaluate;

import io.tidemark.model.LabelSet;
import java.util.List;

/// A vector whose columns are all in memory.
record Table(List<LabelSet> labels, boolean[] drops, double[][] columns, boolean isOrdered) implements Source {
  static final Table EMPTY = new Table(List.of(), new boolean[0], new double[0][], false);

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
  public void column(int index, double[] out, Scratch scratch) {
    System.arraycopy(columns[index], 0, out, 0, columns[index].length);
  }
}
