package io.tidemark.collector.remotewrite;

import io.tidemark.collector.admit.Admission;
import io.tidemark.collector.admit.LabelAssembler;
import io.tidemark.collector.admit.Rule;
import io.tidemark.collector.admit.Tally;
import io.tidemark.collector.proto.HistogramMessage;
import io.tidemark.collector.proto.ProtoReader;
import io.tidemark.log.SeriesHash;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Decodes a `WriteRequest` of remote write 1.0 in two passes over the bytes.
///
/// ```
/// WriteRequest    1: repeated TimeSeries   3: repeated MetricMetadata
/// TimeSeries      1: repeated Label        2: repeated Sample   3: repeated Exemplar   4: repeated Histogram
/// Label           1: string name           2: string value
/// Sample          1: double value          2: int64 timestamp
/// Exemplar        1: repeated Label        2: double value      3: int64 timestamp
/// MetricMetadata  1: enum type             2: string metric family name   4: string help   5: string unit
/// ```
///
/// Fields 4 and 5 are symbols and series of a `Request` of remote write 2.0, which keeps off 1 to 3 so that the two can be told apart.
///
/// The first pass reads the whole structure into columns (spans of the labels, of histograms and exemplars, timestamps, values) and throws
/// on damage, so that a broken request leaves nothing behind. The second finds each series by the hash of its label bytes and hands the
/// columns on. Both allocate nothing for values once the columns have grown. Histograms: {@link HistogramMessage}. One thread.
///
/// Nearly every series is known and ends with one sample, which is seen from its end. If the bytes before it have the hash of labels that
/// came before, they are those labels, and were read when they came first: the first pass goes over them once, for the hash.
public final class RemoteWriteDecoder {
  /// Larger columns are given back after their request.
  private static final int KEPT_SAMPLES_MAX = 1 << 18;
  private static final int SPAN = 6;
  private static final int LABELS_FROM = 0;
  private static final int LABELS_TO = 1;
  private static final int SAMPLES_TO = 2;
  private static final int HISTOGRAMS_TO = 3;
  private static final int EXEMPLARS_TO = 4;
  private static final int HANDLE = 5;
  /// Field 2 of a series, a sample of value and timestamp, the timestamp of six bytes: all from 2006 to 2109.
  private static final int SAMPLE_BYTES = 18;
  /// The same without a value, which is zero then.
  private static final int ZERO_BYTES = 9;
  private static final int TIMESTAMP_BYTES = 6;
  private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  static final String[] TYPES = {"unknown", "counter", "gauge", "histogram", "gaugehistogram", "summary", "info", "stateset"};

  private final Admission admission;
  private final SeriesHash hash;
  private final ProtoReader outer = new ProtoReader();
  private final ProtoReader inner = new ProtoReader();
  private final ProtoReader leaf = new ProtoReader();

  private byte[] message = new byte[0];
  /// For each series: where its labels begin and end, the end of its samples in the columns, the ends of its histograms and
  /// exemplars in their spans, its handle if it is known already. When labels and other fields alternate, the begin is that of the whole
  /// series and stored inverted.
  private int[] spans = new int[SPAN * 1024];
  private int series;
  private long[] timestamps = new long[1024];
  private double[] values = new double[1024];
  private int samples;
  private final Spans histograms = new Spans();
  private final Spans exemplars = new Spans();
  private final HistogramMessage histogram = new HistogramMessage();
  private int[] metadata = new int[64];
  private int metadataSpans;

  public RemoteWriteDecoder(Admission admission, SeriesHash hash) {
    this.admission = admission;
    this.hash = hash;
  }

  /// Adds the samples of `bytes` up to `length` to the open batch; what is wrong with single series is counted in the tally.
  ///
  /// @throws TidemarkException `BAD_DATA` when the message is damaged or one of 2.0; nothing was added then
  public void decode(byte[] bytes, int length) {
    message = bytes;
    try {
      readStructure(length);
      addSeries();
      addMetadata();
    } finally {
      release();
    }
  }

  private void readStructure(int length) {
    series = 0;
    samples = 0;
    histograms.clear();
    exemplars.clear();
    metadataSpans = 0;
    outer.reset(message, 0, length);
    while (outer.next()) {
      if (outer.is(1, ProtoReader.BYTES)) {
        int bytes = outer.length();
        readSeries(outer.at(), outer.at() + bytes);
        outer.moveTo(outer.at() + bytes);
      } else if (outer.is(3, ProtoReader.BYTES)) {
        int bytes = outer.length();
        if (metadataSpans + 2 > metadata.length) {
          metadata = Arrays.copyOf(metadata, metadata.length * 2);
        }
        metadata[metadataSpans++] = outer.at();
        metadata[metadataSpans++] = outer.at() + bytes;
        outer.moveTo(outer.at() + bytes);
      } else if (outer.is(4, ProtoReader.BYTES) || outer.is(5, ProtoReader.BYTES)) {
        throw new TidemarkException(ErrorCode.BAD_DATA, "remote write: field " + outer.field() + " is of a request of 2.0, the "
            + "content type says 1.0; send application/x-protobuf with proto=io.prometheus.write.v2.Request");
      } else {
        outer.skip();
      }
    }
  }

  private void readSeries(int from, int to) {
    int sampleFrom = lastSample(from, to);
    if (sampleFrom > from) {
      int handle = find(hash.high(message, from, sampleFrom), from, sampleFrom);
      if (handle >= 0) {
        add(timestamp(to), sampleFrom + SAMPLE_BYTES == to ? (long) LONG.get(message, sampleFrom + 3) : 0);
        endSeries(from, sampleFrom, handle);
        return;
      }
    }
    readFields(from, to);
  }

  /// Where the sample begins that the series ends with if it is written as usual; otherwise `from`, or what no sample begins at.
  private int lastSample(int from, int to) {
    int tag = to - TIMESTAMP_BYTES - 1;
    if (tag - 2 <= from || message[tag] != 0x10 || (timestampBytes(to) & 0x8080_8080_8080L) != 0x80_8080_8080L) {
      return from;
    }
    if (message[tag - 2] == 0x12 && message[tag - 1] == ZERO_BYTES - 2) {
      return to - ZERO_BYTES;
    }
    int sampleFrom = to - SAMPLE_BYTES;
    boolean begins = sampleFrom > from && message[sampleFrom] == 0x12 && message[sampleFrom + 1] == SAMPLE_BYTES - 2
        && message[sampleFrom + 2] == 0x09;
    return begins ? sampleFrom : from;
  }

  private long timestampBytes(int to) {
    return (long) LONG.get(message, to - Long.BYTES) >>> Long.SIZE - TIMESTAMP_BYTES * Byte.SIZE;
  }

  /// Of a varint of six bytes that ends at `to`.
  private long timestamp(int to) {
    long bytes = timestampBytes(to);
    return bytes & 0x7f | bytes >>> 1 & 0x7fL << 7 | bytes >>> 2 & 0x7fL << 14 | bytes >>> 3 & 0x7fL << 21 | bytes >>> 4 & 0x7fL << 28
        | bytes >>> 5 & 0x7fL << 35;
  }

  private void endSeries(int labelsFrom, int labelsTo, int handle) {
    if ((series + 1) * SPAN > spans.length) {
      spans = Arrays.copyOf(spans, spans.length * 2);
    }
    int at = series++ * SPAN;
    spans[at + LABELS_FROM] = labelsFrom;
    spans[at + LABELS_TO] = labelsTo;
    spans[at + SAMPLES_TO] = samples;
    spans[at + HISTOGRAMS_TO] = histograms.count();
    spans[at + EXEMPLARS_TO] = exemplars.count();
    spans[at + HANDLE] = handle;
  }

  private void readFields(int from, int to) {
    int labelsFrom = from;
    int labelsTo = from;
    boolean contiguous = true;
    inner.reset(message, from, to);
    while (true) {
      int fieldFrom = inner.at();
      if (!inner.next()) {
        break;
      }
      if (inner.is(1, ProtoReader.BYTES)) {
        if (labelsTo == labelsFrom) {
          labelsFrom = fieldFrom;
        } else {
          contiguous &= labelsTo == fieldFrom;
        }
        inner.skip();
        labelsTo = inner.at();
      } else if (inner.is(2, ProtoReader.BYTES)) {
        int bytes = inner.length();
        readSample(inner.at(), inner.at() + bytes);
        inner.moveTo(inner.at() + bytes);
      } else if (inner.is(3, ProtoReader.BYTES)) {
        exemplars.take(inner, leaf, message);
      } else if (inner.is(4, ProtoReader.BYTES)) {
        histograms.take(inner, leaf, message);
      } else {
        inner.skip();
      }
    }
    endSeries(contiguous ? labelsFrom : ~from, contiguous ? labelsTo : to, Admission.UNKNOWN);
  }

  private void readSample(int from, int to) {
    long bits = 0;
    long timestamp = 0;
    leaf.reset(message, from, to);
    while (leaf.next()) {
      if (leaf.is(1, ProtoReader.FIXED64)) {
        bits = leaf.fixed64();
      } else if (leaf.is(2, ProtoReader.VARINT)) {
        timestamp = leaf.varint();
      } else {
        leaf.skip();
      }
    }
    add(timestamp, bits);
  }

  private void add(long timestamp, long bits) {
    if (samples == timestamps.length) {
      timestamps = Arrays.copyOf(timestamps, samples * 2);
      values = Arrays.copyOf(values, samples * 2);
    }
    timestamps[samples] = timestamp;
    // No arithmetic between here and the log: each NaN keeps its bits.
    values[samples++] = Double.longBitsToDouble(bits);
  }

  private void addSeries() {
    int sample = 0;
    int histogramFrom = 0;
    int exemplarFrom = 0;
    boolean ended = false;
    for (int i = 0; i < series; i++) {
      int at = i * SPAN;
      int samplesTo = spans[at + SAMPLES_TO];
      int histogramsTo = spans[at + HISTOGRAMS_TO];
      int exemplarsTo = spans[at + EXEMPLARS_TO];
      int count = samplesTo - sample + histogramsTo - histogramFrom;
      int handle = count == 0 && exemplarsTo == exemplarFrom ? Admission.REJECTED
          : ended || spans[at + HANDLE] == Admission.UNKNOWN ? handle(at, count) : spans[at + HANDLE];
      if (handle >= 0) {
        for (; sample < samplesTo; sample++) {
          if (!admission.add(handle, timestamps[sample], values[sample])) {
            int place = at;
            admission.rejectTimestamp(timestamps[sample], () -> describe(place));
          }
        }
        if (histogramsTo > histogramFrom || exemplarsTo > exemplarFrom) {
          addExtras(at, handle, histogramFrom, exemplarFrom);
        }
        ended |= admission.boundary();
      }
      sample = samplesTo;
      histogramFrom = histogramsTo;
      exemplarFrom = exemplarsTo;
    }
  }

  private void addExtras(int at, int handle, int histogramFrom, int exemplarFrom) {
    for (int i = histogramFrom; i < spans[at + HISTOGRAMS_TO]; i++) {
      try {
        histogram.read(message, histograms.from(i), histograms.to(i), admission.histogramAssembler());
        admission.addHistogram(handle, histogram.timestampMillis(), 0, () -> describe(at));
      } catch (TidemarkException e) {
        admission.reject(Rule.SYNTAX, 1, () -> describe(at) + ": " + e.getMessage());
      }
    }
    for (int i = exemplarFrom; i < spans[at + EXEMPLARS_TO]; i++) {
      addExemplar(handle, exemplars.from(i), exemplars.to(i));
    }
  }

  private void addExemplar(int handle, int from, int to) {
    LabelAssembler labels = admission.exemplarAssembler();
    long bits = 0;
    long timestamp = 0;
    inner.reset(message, from, to);
    try {
      while (inner.next()) {
        if (inner.is(1, ProtoReader.BYTES)) {
          int bytes = inner.length();
          readLabel(labels, inner.at(), inner.at() + bytes);
          inner.moveTo(inner.at() + bytes);
        } else if (inner.is(2, ProtoReader.FIXED64)) {
          bits = inner.fixed64();
        } else if (inner.is(3, ProtoReader.VARINT)) {
          timestamp = inner.varint();
        } else {
          inner.skip();
        }
      }
    } catch (TidemarkException e) {
      labels.fail(Rule.SYNTAX, e.getMessage());
    }
    admission.addExemplar(handle, Double.longBitsToDouble(bits), timestamp);
  }

  private int handle(int at, int count) {
    int from = spans[at + LABELS_FROM];
    int to = spans[at + LABELS_TO];
    if (from < 0) {
      return admission.define(labels(~from, to), count);
    }
    long high = hash.high(message, from, to);
    int handle = find(high, from, to);
    return handle == Admission.UNKNOWN ? admission.define(high, hash.low(message, from, to), labels(from, to), count) : handle;
  }

  private int find(long high, int from, int to) {
    int handle = admission.guess(high);
    return handle == Admission.UNKNOWN ? admission.find(high, hash.low(message, from, to)) : handle;
  }

  /// Reads the labels of a series; damage inside a label breaks that series only.
  private LabelAssembler labels(int from, int to) {
    LabelAssembler labels = admission.assembler();
    inner.reset(message, from, to);
    try {
      while (inner.next()) {
        if (inner.is(1, ProtoReader.BYTES)) {
          int bytes = inner.length();
          readLabel(labels, inner.at(), inner.at() + bytes);
          inner.moveTo(inner.at() + bytes);
        } else {
          inner.skip();
        }
      }
    } catch (TidemarkException e) {
      labels.fail(Rule.SYNTAX, e.getMessage());
    }
    return labels;
  }

  private void readLabel(LabelAssembler labels, int from, int to) {
    int nameFrom = from;
    int nameTo = from;
    int valueFrom = from;
    int valueTo = from;
    leaf.reset(message, from, to);
    while (leaf.next()) {
      if (leaf.is(1, ProtoReader.BYTES)) {
        int bytes = leaf.length();
        nameFrom = leaf.at();
        nameTo = nameFrom + bytes;
        leaf.moveTo(nameTo);
      } else if (leaf.is(2, ProtoReader.BYTES)) {
        int bytes = leaf.length();
        valueFrom = leaf.at();
        valueTo = valueFrom + bytes;
        leaf.moveTo(valueTo);
      } else {
        leaf.skip();
      }
    }
    labels.add(message, nameFrom, nameTo, message, valueFrom, valueTo);
  }

  private String describe(int at) {
    int from = spans[at + LABELS_FROM];
    LabelAssembler labels = labels(from < 0 ? ~from : from, spans[at + LABELS_TO]);
    return labels.isComplete() ? labels.labels().toString() : labels.problem();
  }

  private void addMetadata() {
    for (int i = 0; i < metadataSpans; i += 2) {
      int type = 0;
      String name = "";
      String help = "";
      String unit = "";
      leaf.reset(message, metadata[i], metadata[i + 1]);
      try {
        while (leaf.next()) {
          if (leaf.is(1, ProtoReader.VARINT)) {
            type = Math.clamp(leaf.varint(), 0, Integer.MAX_VALUE);
          } else if (leaf.is(2, ProtoReader.BYTES)) {
            name = text();
          } else if (leaf.is(4, ProtoReader.BYTES)) {
            help = text();
          } else if (leaf.is(5, ProtoReader.BYTES)) {
            unit = text();
          } else {
            leaf.skip();
          }
        }
        admission.metadata(name, type < TYPES.length ? TYPES[type] : TYPES[0], help, unit);
      } catch (TidemarkException e) {
        admission.reject(Rule.SYNTAX, 1, () -> Tally.shorten(String.valueOf(e.getMessage()), 200));
      }
    }
  }

  private String text() {
    int bytes = leaf.length();
    var text = new String(message, leaf.at(), bytes, StandardCharsets.UTF_8);
    leaf.moveTo(leaf.at() + bytes);
    return text;
  }

  private void release() {
    message = new byte[0];
    if (timestamps.length > KEPT_SAMPLES_MAX) {
      timestamps = new long[1024];
      values = new double[1024];
    }
    if (spans.length > KEPT_SAMPLES_MAX * SPAN) {
      spans = new int[SPAN * 1024];
    }
    histograms.release();
    exemplars.release();
    if (metadata.length > KEPT_SAMPLES_MAX) {
      metadata = new int[64];
    }
  }
}
