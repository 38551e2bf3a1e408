package io.tidemark.query;

import io.tidemark.model.LabelSet;
import java.util.List;

/// What a query answers.
public sealed interface Value {
  record Scalar(long timestampMillis, double value) implements Value {}

  record Text(long timestampMillis, String value) implements Value {}

  /// An instant vector; every sample is of the query's evaluation time. In label order unless the query sorts.
  record Vector(long timestampMillis, List<Element> elements) implements Value {
    public Vector {
      elements = List.copyOf(elements);
    }
  }

  record Element(LabelSet labels, double value) {}

  /// A range vector; series in label order, none empty.
  record Matrix(List<Series> series) implements Value {
    public Matrix {
      series = List.copyOf(series);
    }
  }

  /// One series of an answer: `timestampsMillis[0..count)` ascend, `values` run beside them. Not to be written to.
  record Series(LabelSet labels, long[] timestampsMillis, double[] values, int count) {}
}
