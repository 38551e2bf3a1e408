package io.tidemark.query.peer;

import io.tidemark.codec.ByteReader;
import io.tidemark.model.LabelSet;
import io.tidemark.storage.SampleBuffer;
import io.tidemark.storage.SampleColumns;
import io.tidemark.storage.Selection;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;

/// Series that a peer sent, kept as they came and decoded when they are read.
public final class RemoteSelection implements Selection {
  /// Encoded columns of some samples: `bytes[begin..end)`.
  record Run(byte[] bytes, int begin, int end, int samples) {}

  /// @param runs ascending in time
  record Series(LabelSet labels, List<Run> runs) {
    Series(LabelSet labels, Run run) {
      this(labels, List.of(run));
    }

    Series and(Run run) {
      return new Series(labels, Stream.concat(runs.stream(), Stream.of(run)).toList());
    }
  }

  private final String source;
  private final List<Series> series;
  /// As many as threads read at once.
  private final ConcurrentLinkedQueue<SampleColumns> codecs = new ConcurrentLinkedQueue<>();

  RemoteSelection(String source, List<Series> series) {
    this.source = source;
    this.series = series;
  }

  @Override
  public int count() {
    return series.size();
  }

  @Override
  public LabelSet labels(int index) {
    return series.get(index).labels;
  }

  @Override
  public void read(int index, SampleBuffer into) {
    into.clear();
    SampleColumns kept = codecs.poll();
    SampleColumns codec = kept == null ? new SampleColumns() : kept;
    for (Run run : series.get(index).runs) {
      if (run.samples > 0) {
        into.reserve(run.samples);
        var in = new ByteReader(source, run.bytes, run.begin, run.end);
        codec.times().readTimes(in, 0, into.timestampsMillis, into.count, run.samples);
        codec.read(in, into, run.samples);
        into.count += run.samples;
      }
    }
    codecs.add(codec);
  }

  /// The bytes belong to the query.
  @Override
  public void close() {}
}
