package io.tidemark.query;

import io.tidemark.model.Histogram;
import io.tidemark.model.LabelSet;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// What an answer takes of memory until its client has it: the values, the text they become, and the copies of the text on its way out.
final class AnswerSize {
  /// Of a sample: 16 bytes as it is; about 35 characters, in a builder that doubles, as a text, and as bytes to be sent.
  private static final long SAMPLE_BYTES = 160;
  private static final long LABELS_BYTES = 160;
  private static final long HISTOGRAM_BYTES = 512;
  /// Of a bucket: 12 bytes as it is, about 60 characters as text.
  private static final long BUCKET_BYTES = 260;
  /// Forms that a label's text has at once.
  private static final long COPIES = 4;

  private AnswerSize() {}

  static long bytes(Value value) {
    return switch (value) {
      case Value.Scalar _ -> SAMPLE_BYTES;
      case Value.Text text -> COPIES * text.value().length();
      case Value.Vector vector -> vector.elements().stream()
          .mapToLong(element -> SAMPLE_BYTES + bytes(element.labels()) + bytes(element.histogram())).sum();
      case Value.Matrix matrix -> matrix.series().stream().mapToLong(series -> series.count() * SAMPLE_BYTES + bytes(series.labels())
          + Arrays.stream(series.histograms()).mapToLong(AnswerSize::bytes).sum()).sum();
    };
  }

  private static long bytes(@Nullable Histogram histogram) {
    return histogram == null ? 0 : HISTOGRAM_BYTES + BUCKET_BYTES * (histogram.positive().count() + histogram.negative().count());
  }

  private static long bytes(LabelSet labels) {
    long chars = 0;
    for (int i = 0; i < labels.count(); i++) {
      chars += labels.name(i).length() + labels.value(i).length() + 6;
    }
    return LABELS_BYTES + COPIES * chars;
  }
}
