package io.tidemark.collector.proto;

import io.tidemark.collector.admit.HistogramAssembler;
import io.tidemark.collector.admit.LabelAssembler;
import io.tidemark.collector.admit.Rule;
import io.tidemark.collector.proto.MetricSamples.Kind;
import io.tidemark.log.SeriesHash;
import io.tidemark.model.LabelSet;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Walks the samples of a protobuf exposition: messages `io.prometheus.client.MetricFamily`, each behind its length.
///
/// ```
/// MetricFamily  1: string name    2: string help     3: enum type       4: repeated Metric    5: string unit
/// Metric        1: repeated LabelPair   2: Gauge     3: Counter         4: Summary            5: Untyped
///               6: int64 timestamp_ms   7: Histogram
/// LabelPair     1: string name    2: string value
/// Gauge, Untyped  1: double value
/// Counter       1: double value   2: Exemplar        3: Timestamp created
/// Summary       1: uint64 count   2: double sum      3: repeated Quantile (1: double quantile, 2: double value)   4: Timestamp created
/// Histogram     1: uint64 count   2: double sum      3: repeated Bucket  4: double count_float   5: sint32 schema
///               6: double zero_threshold   7: uint64 zero_count   8: double zero_count_float   9, 12: BucketSpan negative, positive
///               10, 13: sint64 deltas      11, 14: double counts   15: Timestamp created        16: repeated Exemplar
/// Bucket        1: uint64 cumulative_count   2: double upper_bound   3: Exemplar   4: double cumulative_count_float
/// Exemplar      1: repeated LabelPair   2: double value   3: Timestamp
/// Timestamp     1: int64 seconds        2: int32 nanos
/// ```
/// Source: https://github.com/prometheus/client_model. A histogram with native buckets is one sample; its classic buckets are series of
/// their own if they are asked for, or if there are no native ones. One thread.
public final class MetricFamilyReader {
  /// Takes what a family says about itself.
  public interface Families {
    void family(String name, String type, String help, String unit);
  }

  private static final byte[] METRIC_NAME = LabelSet.NAME.getBytes(StandardCharsets.UTF_8);
  private static final String[] TYPES = {"counter", "gauge", "summary", "unknown", "histogram", "gaugehistogram"};
  private static final int GAUGE_HISTOGRAM = 5;

  private final ProtoReader outer = new ProtoReader();
  private final ProtoReader family = new ProtoReader();
  private final ProtoReader metric = new ProtoReader();
  private final ProtoReader inner = new ProtoReader();
  private final ProtoReader leaf = new ProtoReader();

  private byte[] bytes = new byte[0];
  private boolean takesNative;
  private boolean takesClassicToo;
  private Families families = (_, _, _, _) -> { };
  private int nameFrom;
  private int nameTo;
  private int type;

  // The metric: its labels and samples.
  private int[] labels = new int[32];
  private int labelEnds;
  private long timestampMillis;
  private long startMillis;
  private int histogramFrom;
  private int histogramTo;
  private final MetricSamples samples = new MetricSamples();
  private int at;
  private double exemplarValue;
  private long exemplarMillis;

  /// Starts with `source` up to `length`; the bytes must not change until the last sample was read.
  ///
  /// @param takesNative     whether native histograms are samples
  /// @param takesClassicToo whether classic buckets are, beside native ones
  public void reset(byte[] source, int length, boolean takesNative, boolean takesClassicToo, Families families) {
    bytes = source;
    outer.reset(source, 0, length);
    family.reset(source, 0, 0);
    this.takesNative = takesNative;
    this.takesClassicToo = takesClassicToo;
    this.families = families;
    samples.clear();
    at = 0;
  }

  /// Moves to the next sample; false at the end.
  ///
  /// @throws io.tidemark.model.TidemarkException `BAD_DATA` when the exposition is damaged
  public boolean next() {
    at++;
    while (at >= samples.count()) {
      if (family.next()) {
        if (family.is(4, ProtoReader.BYTES)) {
          int length = family.length();
          enterMetric(family.at(), family.at() + length);
          family.moveTo(family.at() + length);
        } else {
          family.skip();
        }
      } else if (outer.hasMore()) {
        int length = outer.length();
        enterFamily(outer.at(), outer.at() + length);
        outer.moveTo(outer.at() + length);
      } else {
        return false;
      }
    }
    return true;
  }

  /// Reads what a family says about itself, wherever it does, before its metrics.
  private void enterFamily(int from, int to) {
    nameFrom = from;
    nameTo = from;
    type = 0;
    String help = "";
    String unit = "";
    family.reset(bytes, from, to);
    while (family.next()) {
      if (family.is(3, ProtoReader.VARINT)) {
        type = Math.clamp(family.varint(), 0, Integer.MAX_VALUE);
      } else if (family.wireType() == ProtoReader.BYTES) {
        int field = family.field();
        int length = family.length();
        int begin = family.at();
        family.moveTo(begin + length);
        switch (field) {
          case 1 -> {
            nameFrom = begin;
            nameTo = begin + length;
          }
          case 2 -> help = text(begin, begin + length);
          case 5 -> unit = text(begin, begin + length);
          default -> { }
        }
      } else {
        family.skip();
      }
    }
    families.family(text(nameFrom, nameTo), type < TYPES.length ? TYPES[type] : "unknown", help, unit);
    family.reset(bytes, from, to);
    samples.clear();
    at = 0;
  }

  private String text(int from, int to) {
    return new String(bytes, from, to - from, StandardCharsets.UTF_8);
  }

  private void enterMetric(int from, int to) {
    samples.clear();
    at = 0;
    labelEnds = 0;
    timestampMillis = 0;
    startMillis = 0;
    metric.reset(bytes, from, to);
    while (metric.next()) {
      if (metric.is(6, ProtoReader.VARINT)) {
        timestampMillis = metric.varint();
      } else if (metric.wireType() == ProtoReader.BYTES) {
        int field = metric.field();
        int length = metric.length();
        int begin = metric.at();
        metric.moveTo(begin + length);
        switch (field) {
          case 1 -> addLabel(begin, begin + length);
          case 2, 3, 5 -> enterValue(begin, begin + length);
          case 4 -> enterSummary(begin, begin + length);
          case 7 -> enterHistogram(begin, begin + length);
          default -> { }
        }
      } else {
        metric.skip();
      }
    }
  }

  private void addLabel(int from, int to) {
    if (labelEnds + 2 > labels.length) {
      labels = Arrays.copyOf(labels, labels.length * 2);
    }
    labels[labelEnds++] = from;
    labels[labelEnds++] = to;
  }

  private void enterValue(int from, int to) {
    double value = 0;
    inner.reset(bytes, from, to);
    while (inner.next()) {
      if (inner.is(1, ProtoReader.FIXED64)) {
        value = number(inner);
      } else if (inner.is(2, ProtoReader.BYTES)) {
        samples.addExemplar(inner, 0);
      } else if (inner.is(3, ProtoReader.BYTES)) {
        startMillis = time(inner);
      } else {
        inner.skip();
      }
    }
    samples.add(Kind.PLAIN, 0, value);
  }

  private static double number(ProtoReader reader) {
    return Double.longBitsToDouble(reader.fixed64());
  }

  private static double unsigned(long value) {
    return value >= 0 ? value : (value >>> 1) * 2.0;
  }

  /// Reads the `Timestamp` that `reader` stands at, in milliseconds.
  private long time(ProtoReader reader) {
    int length = reader.length();
    long seconds = 0;
    long nanos = 0;
    leaf.reset(bytes, reader.at(), reader.at() + length);
    reader.moveTo(reader.at() + length);
    while (leaf.next()) {
      if (leaf.is(1, ProtoReader.VARINT)) {
        seconds = leaf.varint();
      } else if (leaf.is(2, ProtoReader.VARINT)) {
        nanos = leaf.varint();
      } else {
        leaf.skip();
      }
    }
    return seconds * 1000 + nanos / 1_000_000;
  }

  private void enterSummary(int from, int to) {
    double count = 0;
    double sum = 0;
    inner.reset(bytes, from, to);
    while (inner.next()) {
      if (inner.is(1, ProtoReader.VARINT)) {
        count = unsigned(inner.varint());
      } else if (inner.is(2, ProtoReader.FIXED64)) {
        sum = number(inner);
      } else if (inner.is(3, ProtoReader.BYTES)) {
        readQuantile();
      } else if (inner.is(4, ProtoReader.BYTES)) {
        startMillis = time(inner);
      } else {
        inner.skip();
      }
    }
    samples.add(Kind.COUNT, 0, count);
    samples.add(Kind.SUM, 0, sum);
  }

  private void readQuantile() {
    int length = inner.length();
    double quantile = 0;
    double value = 0;
    leaf.reset(bytes, inner.at(), inner.at() + length);
    inner.moveTo(inner.at() + length);
    while (leaf.next()) {
      if (leaf.is(1, ProtoReader.FIXED64)) {
        quantile = number(leaf);
      } else if (leaf.is(2, ProtoReader.FIXED64)) {
        value = number(leaf);
      } else {
        leaf.skip();
      }
    }
    samples.add(Kind.QUANTILE, quantile, value);
  }

  private void enterHistogram(int from, int to) {
    histogramFrom = from;
    histogramTo = to;
    boolean isNative = takesNative && hasNativeBuckets(from, to);
    boolean isClassic = !isNative || takesClassicToo;
    if (isNative) {
      samples.add(Kind.NATIVE, 0, 0);
    }
    double count = 0;
    double sum = 0;
    boolean hasInfinity = false;
    boolean hasOwnExemplars = false;
    int exemplarsBefore = samples.exemplarCount();
    inner.reset(bytes, from, to);
    while (inner.next()) {
      if (inner.is(1, ProtoReader.VARINT)) {
        count = count > 0 ? count : unsigned(inner.varint());
      } else if (inner.is(4, ProtoReader.FIXED64)) {
        double exact = number(inner);
        count = exact > 0 ? exact : count;
      } else if (inner.is(2, ProtoReader.FIXED64)) {
        sum = number(inner);
      } else if (inner.is(3, ProtoReader.BYTES)) {
        hasInfinity |= readBucket(isClassic, isNative);
      } else if (inner.is(15, ProtoReader.BYTES)) {
        startMillis = time(inner);
      } else if (inner.is(16, ProtoReader.BYTES) && isNative) {
        if (!hasOwnExemplars && !isClassic) {
          // Those of buckets stand in for a native histogram's own only when it has none.
          samples.forgetExemplars(exemplarsBefore);
        }
        hasOwnExemplars = true;
        samples.addExemplar(inner, 0);
      } else {
        inner.skip();
      }
    }
    if (isClassic) {
      if (!hasInfinity) {
        samples.add(Kind.BUCKET, Double.POSITIVE_INFINITY, count);
      }
      samples.add(Kind.COUNT, 0, count);
      samples.add(Kind.SUM, 0, sum);
    }
  }

  private boolean hasNativeBuckets(int from, int to) {
    inner.reset(bytes, from, to);
    while (inner.next()) {
      switch (inner.field()) {
        case 6, 8 -> {
          if (number(inner) > 0) {
            return true;
          }
        }
        case 7 -> {
          if (inner.varint() != 0) {
            return true;
          }
        }
        case 9, 10, 11, 12, 13, 14 -> {
          return true;
        }
        default -> inner.skip();
      }
    }
    return false;
  }

  /// Reads one classic bucket; says whether it is the last one.
  private boolean readBucket(boolean isClassic, boolean isNative) {
    int length = inner.length();
    double bound = 0;
    double count = 0;
    leaf.reset(bytes, inner.at(), inner.at() + length);
    inner.moveTo(inner.at() + length);
    while (leaf.next()) {
      if (leaf.is(1, ProtoReader.VARINT)) {
        count = count > 0 ? count : unsigned(leaf.varint());
      } else if (leaf.is(2, ProtoReader.FIXED64)) {
        bound = number(leaf);
      } else if (leaf.is(3, ProtoReader.BYTES)) {
        samples.addExemplar(leaf, isClassic ? samples.count() : 0);
      } else if (leaf.is(4, ProtoReader.FIXED64)) {
        double exact = number(leaf);
        count = exact > 0 ? exact : count;
      } else {
        leaf.skip();
      }
    }
    if (isClassic) {
      samples.add(Kind.BUCKET, bound, count);
    }
    return bound == Double.POSITIVE_INFINITY;
  }

  /// Whether the sample is a native histogram, to be read by {@link #histogram}.
  public boolean isHistogram() {
    return samples.kind(at) == Kind.NATIVE;
  }

  public double value() {
    return samples.value(at);
  }

  /// The time that the target gives the sample; 0 when it gives none.
  public long timestampMillis() {
    return timestampMillis;
  }

  /// When the sample's counter began; 0 when the target does not tell.
  public long startMillis() {
    return startMillis;
  }

  /// The upper half of a hash of what names the series; with {@link #low} the same as long as family, labels and bound are.
  public long high(SeriesHash hash) {
    long combined = SeriesHash.combine(samples.kind(at).ordinal(), hash.high(bytes, nameFrom, nameTo));
    for (int i = 0; i < labelEnds; i += 2) {
      combined = SeriesHash.combine(combined, hash.high(bytes, labels[i], labels[i + 1]));
    }
    return SeriesHash.combine(combined, Double.doubleToRawLongBits(samples.bound(at)));
  }

  /// The lower half, see {@link #high}.
  public long low(SeriesHash hash) {
    long combined = SeriesHash.combine(samples.kind(at).ordinal(), hash.low(bytes, nameFrom, nameTo));
    for (int i = 0; i < labelEnds; i += 2) {
      combined = SeriesHash.combine(combined, hash.low(bytes, labels[i], labels[i + 1]));
    }
    return SeriesHash.combine(combined, Double.doubleToRawLongBits(samples.bound(at)));
  }

  /// Adds name and labels of the sample's series to `into`.
  public void labels(LabelAssembler into) {
    Kind kind = samples.kind(at);
    if (nameTo == nameFrom) {
      into.fail(Rule.NAME_MISSING, "a metric family without a name");
      return;
    }
    byte[] name = (text(nameFrom, nameTo) + kind.suffix).getBytes(StandardCharsets.UTF_8);
    into.add(METRIC_NAME, 0, METRIC_NAME.length, name, 0, name.length);
    for (int i = 0; i < labelEnds; i += 2) {
      readLabel(into, labels[i], labels[i + 1]);
    }
    if (kind == Kind.BUCKET) {
      into.add("le", BoundText.of(samples.bound(at)));
    } else if (kind == Kind.QUANTILE) {
      into.add("quantile", BoundText.of(samples.bound(at)));
    }
  }

  private void readLabel(LabelAssembler into, int from, int to) {
    int labelFrom = from;
    int labelTo = from;
    int valueFrom = from;
    int valueTo = from;
    leaf.reset(bytes, from, to);
    while (leaf.next()) {
      if (leaf.is(1, ProtoReader.BYTES)) {
        int length = leaf.length();
        labelFrom = leaf.at();
        labelTo = labelFrom + length;
        leaf.moveTo(labelTo);
      } else if (leaf.is(2, ProtoReader.BYTES)) {
        int length = leaf.length();
        valueFrom = leaf.at();
        valueTo = valueFrom + length;
        leaf.moveTo(valueTo);
      } else {
        leaf.skip();
      }
    }
    into.add(bytes, labelFrom, labelTo, bytes, valueFrom, valueTo);
  }

  /// Puts the native histogram into `into`, which is emptied first.
  public void histogram(HistogramAssembler into) {
    into.reset();
    into.reset(type == GAUGE_HISTOGRAM ? 3 : 0);
    inner.reset(bytes, histogramFrom, histogramTo);
    while (inner.next()) {
      switch (inner.field()) {
        case 1 -> into.wholeCount(inner.varint());
        case 2 -> into.sum(number(inner));
        case 5 -> into.schema((int) ProtoReader.zigzag(inner.varint()));
        case 6 -> into.zeroThreshold(number(inner));
        case 7 -> into.wholeZeroCount(inner.varint());
        case 9 -> HistogramMessage.readSpan(inner, leaf, bytes, into.negative());
        case 10 -> HistogramMessage.readDeltas(inner, into.negative());
        case 11 -> HistogramMessage.readCounts(inner, into.negative());
        case 12 -> HistogramMessage.readSpan(inner, leaf, bytes, into.positive());
        case 13 -> HistogramMessage.readDeltas(inner, into.positive());
        case 14 -> HistogramMessage.readCounts(inner, into.positive());
        default -> inner.skip();
      }
    }
    readFractions(into);
  }

  /// The counts that may be fractions stand above the whole ones, wherever they come.
  private void readFractions(HistogramAssembler into) {
    inner.reset(bytes, histogramFrom, histogramTo);
    while (inner.next()) {
      if (inner.is(4, ProtoReader.FIXED64) || inner.is(8, ProtoReader.FIXED64)) {
        boolean isCount = inner.field() == 4;
        double exact = number(inner);
        if (exact > 0 && isCount) {
          into.count(exact);
        } else if (exact > 0) {
          into.zeroCount(exact);
        }
      } else {
        inner.skip();
      }
    }
  }

  /// The next exemplar of the sample from number `from` on, or -1 when there is none; then ask {@link #exemplar}.
  public int nextExemplar(int from) {
    return samples.nextExemplar(at, from);
  }

  /// Reads exemplar `number`: its labels into `into`; {@link #exemplarValue} and {@link #exemplarMillis} tell the rest.
  public void exemplar(int number, LabelAssembler into) {
    exemplarValue = 0;
    exemplarMillis = 0;
    inner.reset(bytes, samples.exemplarFrom(number), samples.exemplarTo(number));
    while (inner.next()) {
      if (inner.is(1, ProtoReader.BYTES)) {
        int length = inner.length();
        readLabel(into, inner.at(), inner.at() + length);
        inner.moveTo(inner.at() + length);
      } else if (inner.is(2, ProtoReader.FIXED64)) {
        exemplarValue = number(inner);
      } else if (inner.is(3, ProtoReader.BYTES)) {
        exemplarMillis = time(inner);
      } else {
        inner.skip();
      }
    }
  }

  public double exemplarValue() {
    return exemplarValue;
  }

  /// 0 when it tells none.
  public long exemplarMillis() {
    return exemplarMillis;
  }
}
