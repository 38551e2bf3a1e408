package io.tidemark.log;

import io.tidemark.codec.ByteWriter;
import io.tidemark.codec.HistogramBytes;
import io.tidemark.model.Exemplar;
import io.tidemark.model.Histogram;

/// What a record holds besides values while it is collected: histograms, start times, exemplars. Most records have none. One thread.
final class ExtraColumns {
  private static final int KEPT_BYTES_MAX = 256 * 1024;
  /// The counts of the three sections, or a run of start times.
  private static final int NUMBERS_BYTES_MAX = 3 * BatchFormat.VARINT_BYTES_MAX;

  private ByteWriter histograms = new ByteWriter(16);
  private int histogramCount;
  private int histogramEnd;
  private ByteWriter starts = new ByteWriter(16);
  private int startRuns;
  private int startsEnd;
  private long startBefore;
  /// The run that may go on: samples `[runFrom, runTo)`; none when they are equal.
  private int runFrom;
  private int runTo;
  private long runStart;
  private ByteWriter exemplars = new ByteWriter(16);
  private int exemplarCount;

  boolean isEmpty() {
    return histogramCount == 0 && startRuns == 0 && runFrom == runTo && exemplarCount == 0;
  }

  int exemplars() {
    return exemplarCount;
  }

  /// Sample `index` of the record is `histogram`.
  void histogram(int index, Histogram histogram) {
    histograms.writeVarint(index - histogramEnd);
    HistogramBytes.write(histograms, histogram);
    histogramEnd = index + 1;
    histogramCount++;
  }

  /// The counter of sample `index` of the record began at `startMillis`.
  void start(int index, long startMillis) {
    if (runFrom < runTo && index == runTo && startMillis == runStart) {
      runTo = index + 1;
      return;
    }
    endRun();
    runFrom = index;
    runTo = index + 1;
    runStart = startMillis;
  }

  private void endRun() {
    if (runFrom < runTo) {
      starts.writeVarint(runFrom - startsEnd);
      starts.writeVarint(runTo - runFrom);
      starts.writeZigzag(runStart - startBefore);
      startBefore = runStart;
      startsEnd = runTo;
      startRuns++;
      runFrom = runTo;
    }
  }

  void exemplar(int ref, Exemplar exemplar) {
    byte[] labels = exemplar.labels().toCanonicalBytes();
    exemplars.writeVarint(ref);
    exemplars.writeZigzag(exemplar.timestampMillis());
    exemplars.writeLong(Double.doubleToRawLongBits(exemplar.value()));
    exemplars.writeVarint(labels.length);
    exemplars.writeBytes(labels, 0, labels.length);
    exemplarCount++;
  }

  /// At least as many bytes as {@link #encode} writes.
  int bytesMax() {
    return isEmpty() ? 0 : 2 * NUMBERS_BYTES_MAX + histograms.count() + starts.count() + exemplars.count();
  }

  /// Writes the sections and returns the offset after them.
  int encode(byte[] out, int at) {
    endRun();
    int to = section(out, at, histogramCount, histograms);
    to = section(out, to, startRuns, starts);
    return section(out, to, exemplarCount, exemplars);
  }

  private static int section(byte[] out, int at, int count, ByteWriter content) {
    int to = BatchFormat.putVarint(out, at, count);
    System.arraycopy(content.array(), 0, out, to, content.count());
    return to + content.count();
  }

  void clear() {
    histograms = emptied(histograms);
    histogramCount = 0;
    histogramEnd = 0;
    starts = emptied(starts);
    startRuns = 0;
    startsEnd = 0;
    startBefore = 0;
    runFrom = 0;
    runTo = 0;
    exemplars = emptied(exemplars);
    exemplarCount = 0;
  }

  private static ByteWriter emptied(ByteWriter writer) {
    if (writer.array().length > KEPT_BYTES_MAX) {
      return new ByteWriter(16);
    }
    writer.clear();
    return writer;
  }
}
