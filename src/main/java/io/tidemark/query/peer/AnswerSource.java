package io.tidemark.query.peer;

import io.tidemark.codec.ByteWriter;
import io.tidemark.model.Exemplar;
import io.tidemark.model.LabelSet;
import io.tidemark.query.evaluate.Part;
import io.tidemark.query.evaluate.PartEvaluation;
import io.tidemark.query.evaluate.PartResult;
import io.tidemark.storage.SampleBuffer;
import io.tidemark.storage.SampleColumns;
import io.tidemark.storage.Selection;
import io.tidemark.storage.SeriesExemplars;
import io.tidemark.storage.SeriesReader.Metadata;
import io.tidemark.storage.SeriesView;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/// Makes what an answer holds, frame by frame. Owned by one thread at a time; may block on disk.
sealed interface AnswerSource extends AutoCloseable {
  /// Adds one frame, or none when there is nothing; says whether there is more.
  boolean write(FrameWriter out);

  /// Lets what is being made fail soon. Any thread.
  default void cancel() {}

  @Override
  void close();

  /// What `operation` asks of `view`.
  ///
  /// @param evaluations makes the evaluation of a part
  static AnswerSource open(PeerRequest.Operation operation, SeriesView view, Function<Part, PartEvaluation> evaluations) {
    return switch (operation) {
      case PeerRequest.Select select -> new Series(view.select(select.matchers(), select.range(), select.seriesMax()));
      case PeerRequest.Names names -> new Texts(view.labelNames(names.matchers(), names.range()));
      case PeerRequest.Values values -> new Texts(view.labelValues(values.label(), values.matchers(), values.range()));
      case PeerRequest.Metrics _ -> new Metrics(view.metadata());
      case PeerRequest.Exemplars exemplars -> new ExemplarLists(view.exemplars(exemplars.matchers(), exemplars.range()));
      case PeerRequest.Evaluate evaluate -> new Evaluated(evaluations.apply(evaluate.part()));
    };
  }

  /// Series with all their samples, each string of their labels once.
  final class Series implements AnswerSource {
    private final Selection selection;
    private final Map<String, Integer> symbols = new HashMap<>();
    private final SampleBuffer samples = new SampleBuffer();
    private final SampleColumns codec = new SampleColumns();
    private final ByteWriter columns = new ByteWriter(4 * 1024);
    private int next;
    /// How many samples of the next series are written.
    private int written;

    Series(Selection selection) {
      this.selection = selection;
    }

    @Override
    public boolean write(FrameWriter out) {
      if (next == selection.count()) {
        return false;
      }
      ByteWriter body = out.open(PeerFormat.SERIES);
      while (next < selection.count() && !out.isFull()) {
        if (written == 0) {
          selection.read(next, samples);
          writeLabels(body, selection.labels(next));
          out.series++;
        } else {
          body.writeVarint(0);
        }
        int end = Math.min(samples.count, written + PeerFormat.RUN_SAMPLES_MAX);
        int count = SampleColumns.runEnd(samples, written, end, PeerFormat.RUN_NUMBERS_MAX) - written;
        writeRun(body, count);
        out.samples += count;
        written += count;
        if (written == samples.count) {
          written = 0;
          next++;
        }
      }
      out.check();
      out.close();
      return next < selection.count();
    }

    private void writeLabels(ByteWriter body, LabelSet labels) {
      body.writeVarint(labels.count() + 1);
      for (int i = 0; i < labels.count(); i++) {
        writeSymbol(body, labels.name(i));
        writeSymbol(body, labels.value(i));
      }
    }

    private void writeSymbol(ByteWriter body, String text) {
      Integer known = symbols.get(text);
      if (known != null) {
        body.writeVarint(known);
        return;
      }
      body.writeVarint(0);
      body.writeText(text);
      if (symbols.size() < PeerFormat.SYMBOLS_MAX) {
        symbols.put(text, symbols.size() + 1);
      }
    }

    private void writeRun(ByteWriter body, int count) {
      body.writeVarint(count);
      if (count == 0) {
        return;
      }
      columns.clear();
      codec.times().writeTimes(columns, 0, samples.timestampsMillis, written, count);
      codec.write(columns, samples, written, count);
      body.writeVarint(columns.count());
      body.writeBytes(columns.array(), 0, columns.count());
    }

    @Override
    public void close() {
      selection.close();
    }
  }

  /// A part of a query, evaluated at the first call.
  final class Evaluated implements AnswerSource {
    private final PartEvaluation evaluation;
    private Optional<Series> series = Optional.empty();

    Evaluated(PartEvaluation evaluation) {
      this.evaluation = evaluation;
    }

    @Override
    public boolean write(FrameWriter out) {
      if (series.isPresent()) {
        return series.get().write(out);
      }
      PartResult result = evaluation.evaluate();
      PartFormat.writeHead(out.open(PeerFormat.PART), result);
      out.check();
      out.close();
      series = Optional.of(new Series(PartFormat.columns(result)));
      return !result.labels().isEmpty();
    }

    @Override
    public void cancel() {
      evaluation.cancel();
    }

    @Override
    public void close() {
      evaluation.close();
    }
  }

  /// Sorted texts.
  final class Texts implements AnswerSource {
    private final Iterator<String> texts;

    Texts(List<String> texts) {
      this.texts = texts.iterator();
    }

    @Override
    public boolean write(FrameWriter out) {
      if (!texts.hasNext()) {
        return false;
      }
      ByteWriter body = out.open(PeerFormat.TEXTS);
      while (texts.hasNext() && !out.isFull()) {
        body.writeText(texts.next());
      }
      out.check();
      out.close();
      return texts.hasNext();
    }

    @Override
    public void close() {}
  }

  /// Exemplars by series.
  final class ExemplarLists implements AnswerSource {
    private final Iterator<SeriesExemplars> series;

    ExemplarLists(List<SeriesExemplars> series) {
      this.series = series.iterator();
    }

    @Override
    public boolean write(FrameWriter out) {
      if (!series.hasNext()) {
        return false;
      }
      ByteWriter body = out.open(PeerFormat.EXEMPLAR_LISTS);
      while (series.hasNext() && !out.isFull()) {
        SeriesExemplars next = series.next();
        writeLabels(body, next.series());
        body.writeVarint(next.exemplars().size());
        for (Exemplar exemplar : next.exemplars()) {
          writeLabels(body, exemplar.labels());
          body.writeLong(Double.doubleToRawLongBits(exemplar.value()));
          body.writeZigzag(exemplar.timestampMillis());
        }
      }
      out.check();
      out.close();
      return series.hasNext();
    }

    private static void writeLabels(ByteWriter body, LabelSet labels) {
      byte[] bytes = labels.toCanonicalBytes();
      body.writeVarint(bytes.length);
      body.writeBytes(bytes, 0, bytes.length);
    }

    @Override
    public void close() {}
  }

  /// What senders told of metrics.
  final class Metrics implements AnswerSource {
    private final Iterator<Map.Entry<String, List<Metadata>>> metrics;

    Metrics(Map<String, List<Metadata>> metrics) {
      this.metrics = metrics.entrySet().iterator();
    }

    @Override
    public boolean write(FrameWriter out) {
      if (!metrics.hasNext()) {
        return false;
      }
      ByteWriter body = out.open(PeerFormat.METRICS);
      while (metrics.hasNext() && !out.isFull()) {
        var metric = metrics.next();
        body.writeText(metric.getKey());
        body.writeVarint(metric.getValue().size());
        for (Metadata text : metric.getValue()) {
          body.writeText(text.type());
          body.writeText(text.help());
          body.writeText(text.unit());
        }
      }
      out.check();
      out.close();
      return metrics.hasNext();
    }

    @Override
    public void close() {}
  }
}
