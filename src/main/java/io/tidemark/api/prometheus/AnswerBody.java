package io.tidemark.api.prometheus;

import io.tidemark.api.Body;
import io.tidemark.api.Piece;
import io.tidemark.model.Histogram;
import io.tidemark.query.QueryRequest;
import io.tidemark.query.QueryResult;
import io.tidemark.query.Value;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A query's answer as JSON, some points at a time: a matrix is the one thing in this interface that is regularly megabytes long.
///
/// Everything is written straight into the piece's bytes; a point costs no object.
final class AnswerBody implements Body {
  /// Points between two looks at the size of the piece.
  private static final int RUN_POINTS = 256;
  private static final int RUN_BYTES = 4_096;
  private static final byte[] HEAD = Piece.ascii("{\"status\":\"success\",\"data\":{\"resultType\":\"");
  private static final byte[] RESULT = Piece.ascii("\",\"result\":[");
  private static final byte[] METRIC = Piece.ascii("{\"metric\":");
  private static final byte[] VALUE = Piece.ascii(",\"value\":");
  private static final byte[] HISTOGRAM = Piece.ascii(",\"histogram\":");
  private static final byte[] HISTOGRAMS = Piece.ascii(",\"histograms\":[");
  private static final byte[] COMMA = Piece.ascii(",");
  private static final byte[] VALUES = Piece.ascii(",\"values\":[");

  private final QueryResult result;
  private final QueryRequest request;
  private final Optional<String> stats;
  private final NumberText numbers = new NumberText();
  private final LabelsJson labels = new LabelsJson();
  private final boolean isOne;
  private final AnswerTexts.@Nullable Lent texts;
  private @Nullable PointWriter points;
  private boolean begun;
  /// The next element of a vector, or series of a matrix.
  private int index;
  /// The next point of that series.
  private int point;
  /// The text of that series' points, and the next byte of it; null when it is not kept.
  private @Nullable PointTexts text;
  private int textAt;
  /// Whether the head of that series is written; of one with histograms: whether its list of them is next, and whether a list is open.
  private boolean within;
  private boolean inHistograms;
  private boolean inList;

  /// @param stats the parameter `stats`: none, `all` for step by step, or anything else
  /// @param texts of an earlier answer; given back with the body
  AnswerBody(QueryResult result, QueryRequest request, Optional<String> stats, Optional<AnswerTexts.Lent> texts) {
    this.result = result;
    this.request = request;
    this.stats = stats;
    this.texts = texts.orElse(null);
    isOne = result.value() instanceof Value.Matrix matrix && matrix.series().size() == 1;
  }

  @Override
  public boolean next(Piece out) {
    if (!begun) {
      begun = true;
      out.add(HEAD);
      out.add(switch (result.value()) {
        case Value.Scalar _ -> "scalar";
        case Value.Text _ -> "string";
        case Value.Vector _ -> "vector";
        case Value.Matrix _ -> "matrix";
      });
      out.add(RESULT);
    }
    boolean more = switch (result.value()) {
      case Value.Scalar scalar -> scalar(out, scalar);
      case Value.Text text -> text(out, text);
      case Value.Vector vector -> elements(out, vector);
      case Value.Matrix matrix -> series(out, matrix);
    };
    if (!more) {
      end(out);
    }
    return more;
  }

  @Override
  public void close() {
    if (texts != null) {
      texts.giveBack();
    }
  }

  private void end(Piece out) {
    out.add(']');
    stats.ifPresent(wanted -> StatsJson.add(out, result.stats(), request, wanted.equals("all")));
    out.add('}');
    JsonPiece.notes(out, "warnings", result.warnings());
    JsonPiece.notes(out, "infos", result.infos());
    out.add('}');
  }

  private boolean scalar(Piece out, Value.Scalar scalar) {
    byte[] bytes = out.reserve(PointWriter.BYTES_MAX);
    // Without its brackets, which the list of results is here.
    out.advance(inner(bytes, out.count(), scalar.timestampMillis(), scalar.value()));
    return false;
  }

  private static boolean text(Piece out, Value.Text text) {
    byte[] bytes = out.reserve(NumberText.BYTES_MAX);
    out.advance(NumberText.seconds(bytes, out.count(), text.timestampMillis()));
    out.add(',');
    JsonPiece.string(out, text.value());
    return false;
  }

  private boolean elements(Piece out, Value.Vector vector) {
    while (index < vector.elements().size()) {
      if (out.count() >= PIECE_BYTES) {
        return true;
      }
      Value.Element element = vector.elements().get(index);
      if (index++ > 0) {
        out.add(',');
      }
      out.add(METRIC);
      labels.add(out, element.labels());
      Histogram histogram = element.histogram();
      out.add(histogram == null ? VALUE : HISTOGRAM);
      if (histogram == null) {
        byte[] bytes = out.reserve(PointWriter.BYTES_MAX);
        out.advance(point(bytes, out.count(), vector.timestampMillis(), element.value()));
      } else {
        histogram(out, vector.timestampMillis(), histogram);
      }
      out.add('}');
    }
    return false;
  }

  private boolean series(Piece out, Value.Matrix matrix) {
    while (index < matrix.series().size()) {
      if (out.count() >= PIECE_BYTES) {
        return true;
      }
      Value.Series series = matrix.series().get(index);
      if (!within) {
        if (index > 0) {
          out.add(',');
        }
        out.add(METRIC);
        labels.add(out, series.labels());
        within = true;
      }
      if (series.histograms().length == 0 ? numbers(out, series) : numbersAndHistograms(out, series)) {
        return true;
      }
      out.add('}');
      index++;
      point = 0;
      within = false;
    }
    return false;
  }

  /// The rest of a series of numbers, as far as the piece goes; answers whether more follows.
  private boolean numbers(Piece out, Value.Series series) {
    if (point == 0 && text == null) {
      out.add(VALUES);
    }
    if (text == null && point == 0 && texts != null) {
      text = texts.of(series, writer(series)).orElse(null);
      // The first of a list has no comma before it.
      textAt = text == null ? 0 : text.begin() + 1;
    }
    if (text == null ? written(out, series) : copied(out, text)) {
      return true;
    }
    text = null;
    out.add(']');
    return false;
  }

  private boolean written(Piece out, Value.Series series) {
    do {
      run(out, series, Math.min(series.count(), point + RUN_POINTS));
    } while (point < series.count() && out.count() < PIECE_BYTES);
    return point < series.count();
  }

  private boolean copied(Piece out, PointTexts from) {
    int end = Math.min(from.end(), textAt + Math.max(RUN_BYTES, PIECE_BYTES - out.count()));
    out.add(from.array(), textAt, end - textAt);
    textAt = end;
    return end < from.end();
  }

  /// A list of the numbers of a series, then one of its histograms, each left out when it is empty; as far as the piece goes.
  private boolean numbersAndHistograms(Piece out, Value.Series series) {
    while (true) {
      while (point < series.count()) {
        if (out.count() >= PIECE_BYTES) {
          return true;
        }
        Histogram histogram = series.histogram(point);
        if (inHistograms == (histogram != null)) {
          out.add(inList ? COMMA : inHistograms ? HISTOGRAMS : VALUES);
          inList = true;
          if (histogram == null) {
            byte[] bytes = out.reserve(PointWriter.BYTES_MAX);
            out.advance(point(bytes, out.count(), series.timestampsMillis()[point], series.values()[point]));
          } else {
            histogram(out, series.timestampsMillis()[point], histogram);
          }
        }
        point++;
      }
      if (inList) {
        out.add(']');
        inList = false;
      }
      inHistograms = !inHistograms;
      if (!inHistograms) {
        return false;
      }
      point = 0;
    }
  }

  private void histogram(Piece out, long timestampMillis, Histogram histogram) {
    out.add('[');
    byte[] bytes = out.reserve(NumberText.BYTES_MAX);
    out.advance(NumberText.seconds(bytes, out.count(), timestampMillis));
    out.add(',');
    HistogramJson.add(out, numbers, histogram);
    out.add(']');
  }

  private PointWriter writer(Value.Series series) {
    PointWriter there = points;
    if (there == null) {
      there = new PointWriter(isOne ? 0 : series.count(), numbers);
      points = there;
    }
    return there;
  }

  /// Points of one series up to `end`.
  private void run(Piece out, Value.Series series, int end) {
    PointWriter writer = writer(series);
    long[] timestamps = series.timestampsMillis();
    double[] values = series.values();
    byte[] bytes = out.reserve((end - point) * PointWriter.BYTES_MAX);
    int at = out.count();
    for (int i = point; i < end; i++) {
      at = writer.write(bytes, at, i, timestamps[i], values[i]);
      if (i == 0) {
        // The first of a list has no comma before it.
        System.arraycopy(bytes, out.count() + 1, bytes, out.count(), at - out.count());
        at--;
      }
    }
    out.advance(at);
    point = end;
  }

  private int point(byte[] bytes, int start, long timestampMillis, double value) {
    bytes[start] = '[';
    int at = inner(bytes, start + 1, timestampMillis, value);
    bytes[at] = ']';
    return at + 1;
  }

  private int inner(byte[] bytes, int start, long timestampMillis, double value) {
    int at = NumberText.seconds(bytes, start, timestampMillis);
    bytes[at++] = ',';
    bytes[at++] = '"';
    at = numbers.write(bytes, at, value, NumberText.Style.JSON);
    bytes[at] = '"';
    return at + 1;
  }
}
