package io.tidemark.collector.text;

import io.tidemark.collector.admit.Admission;
import io.tidemark.collector.admit.Rule;
import io.tidemark.log.SeriesHash;

/// Decodes a pushed text exposition: good lines are kept, bad ones counted and named. One thread.
public final class TextDecoder {
  private final Admission admission;
  private final SeriesHash hash;
  private final ExpositionParser parser = new ExpositionParser();
  private final MetadataCollector metadata = new MetadataCollector();

  public TextDecoder(Admission admission, SeriesHash hash) {
    this.admission = admission;
    this.hash = hash;
  }

  /// Adds the samples of `bytes` up to `length` to the open batch; samples without a timestamp get the request's time.
  public void decode(byte[] bytes, int length, Dialect dialect) {
    parser.reset(bytes, length, dialect);
    boolean more = true;
    while (more) {
      switch (parser.next()) {
        case SAMPLE -> sample(bytes);
        case METADATA -> metadata.add(parser);
        case BROKEN -> admission.reject(Rule.SYNTAX, 1, parser::problem);
        case EOF, DONE -> more = false;
      }
    }
    metadata.entries().forEach((name, entry) -> admission.metadata(name, entry.type(), entry.help(), entry.unit()));
    metadata.clear();
    parser.reset(new byte[0], 0, dialect);
  }

  private void sample(byte[] bytes) {
    long high = hash.high(bytes, parser.seriesFrom(), parser.seriesTo());
    long low = hash.low(bytes, parser.seriesFrom(), parser.seriesTo());
    int handle = admission.find(high, low);
    if (handle == Admission.UNKNOWN) {
      var labels = admission.assembler();
      parser.labels(labels);
      handle = admission.define(high, low, labels, 1);
      if (handle < 0) {
        return;
      }
    }
    long timestamp = parser.hasTimestamp() ? parser.timestampMillis() : admission.nowMillis();
    if (!admission.add(handle, timestamp, parser.value())) {
      admission.rejectTimestamp(timestamp, parser::seriesText);
    } else if (parser.hasExemplar()) {
      parser.exemplar(admission.exemplarAssembler());
      admission.addExemplar(handle, parser.exemplarValue(), parser.exemplarTimestampMillis(timestamp));
    }
    admission.boundary();
  }
}
