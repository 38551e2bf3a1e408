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
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Decodes a `Request` of remote write 2.0 in two passes over the bytes, as {@link RemoteWriteDecoder} does.
///
/// ```
/// Request     4: repeated string symbols   5: repeated TimeSeries
/// TimeSeries  1: repeated uint32 labels_refs   2: repeated Sample   3: repeated Histogram   4: repeated Exemplar   5: Metadata
///             6: int64 created_timestamp
/// Sample      1: double value              2: int64 timestamp       3: int64 start_timestamp
/// Exemplar    1: repeated uint32 labels_refs   2: double value      3: int64 timestamp
/// Metadata    1: enum type                 3: uint32 help_ref       4: uint32 unit_ref
/// ```
///
/// Fields 1 and 3 are series and metadata of a `WriteRequest` of remote write 1.0.
///
/// Refs are indexes of symbols and mean something in one request only. So a series is found by the hashes of its symbols, each computed
/// once a request, one combined with the next. Metadata is handed on with a series that is new to the writer, that is at least once an
/// epoch; a text that changes meanwhile is seen then. Early senders tell the start of a counter once a series, later ones with each sample:
/// the latter counts. One thread.
public final class RemoteWrite2Decoder {
  private static final int KEPT_MAX = 1 << 18;
  private static final int SPAN = 6;
  private static final int REFS_TO = 0;
  private static final int SAMPLES_TO = 1;
  private static final int HISTOGRAMS_TO = 2;
  private static final int EXEMPLARS_TO = 3;
  private static final int METADATA_FROM = 4;
  private static final int METADATA_TO = 5;

  private final Admission admission;
  private final SeriesHash hash;
  private final ProtoReader outer = new ProtoReader();
  private final ProtoReader inner = new ProtoReader();
  private final ProtoReader leaf = new ProtoReader();
  private final HistogramMessage histogram = new HistogramMessage();

  private byte[] message = new byte[0];
  private final Spans symbols = new Spans();
  private long[] symbolHigh = new long[256];
  private long[] symbolLow = new long[256];
  /// Label refs of all series; -1 for one that is out of range.
  private int[] refs = new int[1024];
  private int refCount;
  /// For each series: ends of its refs, samples, histograms and exemplars; where its metadata lies.
  private int[] spans = new int[SPAN * 256];
  private long[] created = new long[256];
  private int series;
  private long[] timestamps = new long[1024];
  private double[] values = new double[1024];
  private long[] starts = new long[1024];
  private int samples;
  private final Spans histograms = new Spans();
  private final Spans exemplars = new Spans();

  public RemoteWrite2Decoder(Admission admission, SeriesHash hash) {
    this.admission = admission;
    this.hash = hash;
  }

  /// Adds the samples of `bytes` up to `length` to the open batch; what is wrong with single series is counted in the tally.
  ///
  /// @throws TidemarkException `BAD_DATA` when the message is damaged or one of 1.0; nothing was added then
  public void decode(byte[] bytes, int length) {
    message = bytes;
    try {
      readStructure(length);
      hashSymbols();
      addSeries();
    } finally {
      release();
    }
  }

  private void readStructure(int length) {
    series = 0;
    samples = 0;
    refCount = 0;
    symbols.clear();
    histograms.clear();
    exemplars.clear();
    outer.reset(message, 0, length);
    while (outer.next()) {
      if (outer.is(4, ProtoReader.BYTES)) {
        symbols.take(outer);
      } else if (outer.is(5, ProtoReader.BYTES)) {
        int bytes = outer.length();
        readSeries(outer.at(), outer.at() + bytes);
        outer.moveTo(outer.at() + bytes);
      } else if (outer.is(1, ProtoReader.BYTES) || outer.is(3, ProtoReader.BYTES)) {
        throw new TidemarkException(ErrorCode.BAD_DATA, "remote write: field " + outer.field() + " is of a request of 1.0, the "
            + "content type says 2.0; send application/x-protobuf with proto=prometheus.WriteRequest");
      } else {
        outer.skip();
      }
    }
  }

  private void readSeries(int from, int to) {
    if (series == created.length) {
      spans = Arrays.copyOf(spans, spans.length * 2);
      created = Arrays.copyOf(created, series * 2);
    }
    int at = series * SPAN;
    created[series] = 0;
    spans[at + METADATA_FROM] = 0;
    spans[at + METADATA_TO] = 0;
    inner.reset(message, from, to);
    while (inner.next()) {
      switch (inner.field()) {
        case 1 -> readRefs();
        case 2 -> {
          int bytes = inner.length();
          readSample(inner.at(), inner.at() + bytes);
          inner.moveTo(inner.at() + bytes);
        }
        case 3 -> histograms.take(inner, leaf, message);
        case 4 -> exemplars.take(inner, leaf, message);
        case 5 -> {
          int bytes = inner.length();
          spans[at + METADATA_FROM] = inner.at();
          spans[at + METADATA_TO] = inner.at() + bytes;
          inner.moveTo(inner.at() + bytes);
        }
        case 6 -> created[series] = inner.varint();
        default -> inner.skip();
      }
    }
    spans[at + REFS_TO] = refCount;
    spans[at + SAMPLES_TO] = samples;
    spans[at + HISTOGRAMS_TO] = histograms.count();
    spans[at + EXEMPLARS_TO] = exemplars.count();
    series++;
  }

  private void readRefs() {
    for (int end = inner.packedEnd(ProtoReader.VARINT); inner.at() < end;) {
      if (refCount == refs.length) {
        refs = Arrays.copyOf(refs, refCount * 2);
      }
      long ref = inner.varint();
      refs[refCount++] = ref >= 0 && ref <= Integer.MAX_VALUE ? (int) ref : -1;
    }
  }

  private void readSample(int from, int to) {
    long bits = 0;
    long timestamp = 0;
    long start = 0;
    leaf.reset(message, from, to);
    while (leaf.next()) {
      if (leaf.is(1, ProtoReader.FIXED64)) {
        bits = leaf.fixed64();
      } else if (leaf.is(2, ProtoReader.VARINT)) {
        timestamp = leaf.varint();
      } else if (leaf.is(3, ProtoReader.VARINT)) {
        start = leaf.varint();
      } else {
        leaf.skip();
      }
    }
    if (samples == timestamps.length) {
      timestamps = Arrays.copyOf(timestamps, samples * 2);
      values = Arrays.copyOf(values, samples * 2);
      starts = Arrays.copyOf(starts, samples * 2);
    }
    timestamps[samples] = timestamp;
    starts[samples] = start;
    // No arithmetic between here and the log: each NaN keeps its bits.
    values[samples++] = Double.longBitsToDouble(bits);
  }

  private void hashSymbols() {
    int count = symbols.count();
    if (count > symbolHigh.length) {
      symbolHigh = new long[count + count / 2];
      symbolLow = new long[count + count / 2];
    }
    for (int i = 0; i < count; i++) {
      symbolHigh[i] = hash.high(message, symbols.from(i), symbols.to(i));
      symbolLow[i] = hash.low(message, symbols.from(i), symbols.to(i));
    }
  }

  private void addSeries() {
    int refsFrom = 0;
    int sample = 0;
    int histogramFrom = 0;
    int exemplarFrom = 0;
    for (int i = 0; i < series; i++) {
      int at = i * SPAN;
      int from = refsFrom;
      int count = spans[at + SAMPLES_TO] - sample + spans[at + HISTOGRAMS_TO] - histogramFrom;
      boolean isEmpty = count == 0 && spans[at + EXEMPLARS_TO] == exemplarFrom;
      int handle = isEmpty ? Admission.REJECTED : handle(i, from, count);
      if (handle >= 0) {
        for (; sample < spans[at + SAMPLES_TO]; sample++) {
          if (!add(handle, sample, created[i])) {
            admission.rejectTimestamp(timestamps[sample], () -> describe(from, spans[at + REFS_TO]));
          }
        }
        addHistograms(i, from, handle, histogramFrom);
        for (int e = exemplarFrom; e < spans[at + EXEMPLARS_TO]; e++) {
          addExemplar(handle, exemplars.from(e), exemplars.to(e));
        }
        admission.boundary();
      }
      refsFrom = spans[at + REFS_TO];
      sample = spans[at + SAMPLES_TO];
      histogramFrom = spans[at + HISTOGRAMS_TO];
      exemplarFrom = spans[at + EXEMPLARS_TO];
    }
  }

  private boolean add(int handle, int sample, long createdMillis) {
    long start = starts[sample] == 0 ? createdMillis : starts[sample];
    return start == 0 ? admission.add(handle, timestamps[sample], values[sample])
        : admission.add(handle, timestamps[sample], values[sample], start);
  }

  private void addHistograms(int number, int refsFrom, int handle, int from) {
    int at = number * SPAN;
    for (int i = from; i < spans[at + HISTOGRAMS_TO]; i++) {
      try {
        histogram.read(message, histograms.from(i), histograms.to(i), admission.histogramAssembler());
        long start = histogram.startMillis() == 0 ? created[number] : histogram.startMillis();
        admission.addHistogram(handle, histogram.timestampMillis(), start, () -> describe(refsFrom, spans[at + REFS_TO]));
      } catch (TidemarkException e) {
        admission.reject(Rule.SYNTAX, 1, () -> describe(refsFrom, spans[at + REFS_TO]) + ": " + e.getMessage());
      }
    }
  }

  private int handle(int number, int from, int count) {
    int to = spans[number * SPAN + REFS_TO];
    long high = to - from;
    long low = to - from;
    for (int i = from; i < to; i++) {
      if (refs[i] < 0 || refs[i] >= symbols.count()) {
        return admission.define(labels(from, to), count);
      }
      high = SeriesHash.combine(high, symbolHigh[refs[i]]);
      low = SeriesHash.combine(low, symbolLow[refs[i]]);
    }
    int handle = admission.find(high, low);
    if (handle != Admission.UNKNOWN) {
      return handle;
    }
    LabelAssembler labels = labels(from, to);
    if (labels.isComplete()) {
      addMetadata(number, labels);
    }
    return admission.define(high, low, labels, count);
  }

  /// Reads the labels that refs name.
  private LabelAssembler labels(int from, int to) {
    LabelAssembler labels = admission.assembler();
    if ((to - from) % 2 != 0) {
      labels.fail(Rule.SYNTAX, "expected refs of names and values in pairs, found " + (to - from));
    }
    for (int i = from; i + 1 < to; i += 2) {
      addLabel(labels, refs[i], refs[i + 1]);
    }
    return labels;
  }

  private void addLabel(LabelAssembler labels, int name, int value) {
    if (name < 0 || name >= symbols.count() || value < 0 || value >= symbols.count()) {
      labels.fail(Rule.SYNTAX, "a label of symbols " + name + " and " + value + "; the request has " + symbols.count());
      return;
    }
    labels.add(message, symbols.from(name), symbols.to(name), message, symbols.from(value), symbols.to(value));
  }

  private String describe(int from, int to) {
    LabelAssembler labels = labels(from, to);
    return labels.isComplete() ? labels.labels().toString() : labels.problem();
  }

  private void addExemplar(int handle, int from, int to) {
    LabelAssembler labels = admission.exemplarAssembler();
    long bits = 0;
    long timestamp = 0;
    int name = -1;
    leaf.reset(message, from, to);
    try {
      while (leaf.next()) {
        if (leaf.field() == 1) {
          for (int end = leaf.packedEnd(ProtoReader.VARINT); leaf.at() < end;) {
            int ref = Math.clamp(leaf.varint(), -1, Integer.MAX_VALUE);
            if (name < 0) {
              name = ref;
            } else {
              addLabel(labels, name, ref);
              name = -1;
            }
          }
        } else if (leaf.is(2, ProtoReader.FIXED64)) {
          bits = leaf.fixed64();
        } else if (leaf.is(3, ProtoReader.VARINT)) {
          timestamp = leaf.varint();
        } else {
          leaf.skip();
        }
      }
    } catch (TidemarkException e) {
      labels.fail(Rule.SYNTAX, e.getMessage());
    }
    if (name >= 0) {
      labels.fail(Rule.SYNTAX, "a label name without a value");
    }
    admission.addExemplar(handle, Double.longBitsToDouble(bits), timestamp);
  }

  private void addMetadata(int number, LabelAssembler labels) {
    int at = number * SPAN;
    int type = 0;
    int help = 0;
    int unit = 0;
    leaf.reset(message, spans[at + METADATA_FROM], spans[at + METADATA_TO]);
    try {
      while (leaf.next()) {
        switch (leaf.field()) {
          case 1 -> type = Math.clamp(leaf.varint(), 0, Integer.MAX_VALUE);
          case 3 -> help = Math.clamp(leaf.varint(), 0, Integer.MAX_VALUE);
          case 4 -> unit = Math.clamp(leaf.varint(), 0, Integer.MAX_VALUE);
          default -> leaf.skip();
        }
      }
    } catch (TidemarkException e) {
      admission.reject(Rule.SYNTAX, 1, () -> "metadata: " + Tally.shorten(String.valueOf(e.getMessage()), 200));
      return;
    }
    if (type != 0 || help != 0 || unit != 0) {
      String word = type < RemoteWriteDecoder.TYPES.length ? RemoteWriteDecoder.TYPES[type] : RemoteWriteDecoder.TYPES[0];
      admission.metadata(family(labels.labels().metricName(), word), word, text(help), text(unit));
    }
  }

  /// The metric family of a series: those of classic histograms and summaries have suffixes.
  private static String family(String name, String type) {
    boolean hasSuffixes = type.equals("histogram") || type.equals("gaugehistogram") || type.equals("summary");
    for (String suffix : hasSuffixes ? new String[] {"_bucket", "_count", "_sum"} : new String[0]) {
      if (name.endsWith(suffix)) {
        return name.substring(0, name.length() - suffix.length());
      }
    }
    return name;
  }

  private String text(int ref) {
    return ref >= symbols.count() ? ""
        : new String(message, symbols.from(ref), symbols.to(ref) - symbols.from(ref), StandardCharsets.UTF_8);
  }

  private void release() {
    message = new byte[0];
    symbols.release();
    histograms.release();
    exemplars.release();
    if (symbolHigh.length > KEPT_MAX) {
      symbolHigh = new long[256];
      symbolLow = new long[256];
    }
    if (refs.length > KEPT_MAX) {
      refs = new int[1024];
    }
    if (created.length > KEPT_MAX) {
      spans = new int[SPAN * 256];
      created = new long[256];
    }
    if (timestamps.length > KEPT_MAX) {
      timestamps = new long[1024];
      values = new double[1024];
      starts = new long[1024];
    }
  }
}
