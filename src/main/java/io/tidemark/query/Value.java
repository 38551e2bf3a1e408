package io.tidemark.query;

import io.tidemark.model.Histogram;
import io.tidemark.model.LabelSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

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

  /// A number, or a histogram, whose `value` is 0.
  record Element(LabelSet labels, double value, @Nullable Histogram histogram) {
    public Element {
      value = histogram == null ? value : 0;
    }

    public Element(LabelSet labels, double value) {
      this(labels, value, null);
    }
  }

  /// A range vector; series in label order, none empty.
  record Matrix(List<Series> series) implements Value {
    public Matrix {
      series = List.copyOf(series);
    }
  }

  /// One series of an answer: `timestampsMillis[0..count)` ascend, `values` run beside them. Not to be written to.
  ///
  /// @param histograms empty when no sample is a histogram; else beside the others, null where the sample is a number
  record Series(LabelSet labels, long[] timestampsMillis, double[] values, @Nullable Histogram[] histograms, int count) {
    private static final @Nullable Histogram[] NO_HISTOGRAMS = new Histogram[0];

    public Series(LabelSet labels, long[] timestampsMillis, double[] values, int count) {
      this(labels, timestampsMillis, values, NO_HISTOGRAMS, count);
    }

    public @Nullable Histogram histogram(int index) {
      return histograms.length == 0 ? null : histograms[index];
    }
  }
}
