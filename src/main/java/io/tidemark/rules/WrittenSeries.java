package io.tidemark.rules;

import io.tidemark.log.BatchWriter;
import io.tidemark.model.Histogram;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Stale;
import io.tidemark.query.Value;
import io.vertx.core.Future;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/// The series that one rule writes: remembers which they were, to end those that are not written any more with a staleness marker.
/// Owned by the engine's loop.
final class WrittenSeries {
  private final BatchWriter writer;
  private final OnLoop onLoop;
  private Set<LabelSet> before = new LinkedHashSet<>();

  WrittenSeries(BatchWriter writer, OnLoop onLoop) {
    this.writer = writer;
    this.onLoop = onLoop;
  }

  /// Series of an earlier life, to be ended when they do not come back.
  void remember(Iterable<LabelSet> series) {
    series.forEach(before::add);
  }

  /// Takes over what another rule wrote and will not write any more.
  void inherit(WrittenSeries other) {
    before.addAll(other.before);
  }

  /// Writes one sample for each series, a number or a histogram, and ends the others; completes once durable.
  ///
  /// @param samples by the labels to write them under; those in the elements do not matter
  Future<Void> write(Map<LabelSet, Value.Element> samples, long atMillis) {
    var ended = new LinkedHashSet<>(before);
    ended.removeAll(samples.keySet());
    if (samples.isEmpty() && ended.isEmpty()) {
      return Future.succeededFuture();
    }
    var known = new LinkedHashSet<>(samples.keySet());
    known.addAll(ended);
    // Until the log has them, all of them may be there: a failed writing is made good by the next one.
    before = known;
    samples.forEach((labels, sample) -> add(writer.define(labels), atMillis, sample));
    ended.forEach(labels -> writer.add(writer.define(labels), atMillis, Stale.VALUE));
    return onLoop.back(writer.flush()).onSuccess(_ -> before.removeAll(ended));
  }

  private void add(int handle, long atMillis, Value.Element sample) {
    Histogram histogram = sample.histogram();
    if (histogram == null) {
      writer.add(handle, atMillis, sample.value());
    } else {
      writer.add(handle, atMillis, histogram, 0);
    }
  }

  /// Ends all of them.
  Future<Void> end(long atMillis) {
    return write(new LinkedHashMap<>(), atMillis);
  }
}
