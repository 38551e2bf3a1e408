package io.tidemark.log;

import io.tidemark.model.Exemplar;
import io.tidemark.model.Histogram;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The record of one partition while it is collected: columns of samples, and the definitions and metadata that go before them.
/// Arrays are kept from record to record. One thread.
final class PartitionBatch {
  /// Past this estimate a record is closed and the next one begun.
  static final int RECORD_BYTES_TARGET = 4 * 1024 * 1024;
  /// A larger room for encoding is not kept.
  private static final int SCRATCH_BYTES_MAX = 256 * 1024;

  private final boolean isBackfill;
  /// This record's number within the epoch.
  int number;
  private int[] refs = new int[256];
  private long[] timestampsMillis = new long[256];
  private long[] valueBits = new long[256];
  private int samples;
  private byte[] definitions = new byte[1024];
  private int definitionBytes;
  private int[] definedHandles = new int[64];
  private int definitionCount;
  private byte[] metadata = new byte[0];
  private int metadataBytes;
  private final List<KnownMetadata> writtenMetadata = new ArrayList<>();
  private int metadataCount;
  private final ExtraColumns extras = new ExtraColumns();
  /// 0 as long as there is nothing but values, so that values are not slowed down by it.
  private int extraBytesMax;
  private byte[] scratch = new byte[0];
  /// The window of the sample before, and the starts of all windows that samples are in.
  private long windowStart = Long.MAX_VALUE;
  private final long[] windows = new long[BatchLimits.RECORD_WINDOWS_MAX];
  private int windowCount;

  PartitionBatch(boolean isBackfill) {
    this.isBackfill = isBackfill;
  }

  void add(int ref, long timestampMillis, double value) {
    int at = samples;
    if (at == refs.length) {
      growColumns();
    }
    refs[at] = ref;
    timestampsMillis[at] = timestampMillis;
    valueBits[at] = Double.doubleToRawLongBits(value);
    samples = at + 1;
    // Of a time before the window the distance is negative, which is a large one unsigned.
    if (Long.compareUnsigned(timestampMillis - windowStart, BatchLimits.WINDOW_MILLIS) >= 0) {
      enterWindow(timestampMillis);
    }
  }

  private void enterWindow(long timestampMillis) {
    windowStart = timestampMillis - Math.floorMod(timestampMillis, BatchLimits.WINDOW_MILLIS);
    int at = 0;
    while (at < windowCount && windows[at] != windowStart) {
      at++;
    }
    if (at == windowCount) {
      windows[windowCount++] = windowStart;
    }
  }

  /// Whether nothing more may be added before {@link #clear}.
  boolean isFull() {
    return bytesMax() >= RECORD_BYTES_TARGET || windowCount == windows.length;
  }

  /// Says that the sample added next is a histogram.
  void nextIs(Histogram histogram) {
    extras.histogram(samples, histogram);
    extraBytesMax = extras.bytesMax();
  }

  /// Says when the counter of the sample added next began.
  void nextStarts(long startMillis) {
    extras.start(samples, startMillis);
    extraBytesMax = extras.bytesMax();
  }

  void exemplar(int ref, Exemplar exemplar) {
    extras.exemplar(ref, exemplar);
    extraBytesMax = extras.bytesMax();
  }

  private void growColumns() {
    int capacity = samples * 2;
    refs = Arrays.copyOf(refs, capacity);
    timestampsMillis = Arrays.copyOf(timestampsMillis, capacity);
    valueBits = Arrays.copyOf(valueBits, capacity);
  }

  void define(int handle, int ref, byte[] labels) {
    int needed = definitionBytes + 2 * BatchFormat.VARINT_BYTES_MAX + labels.length;
    if (needed > definitions.length) {
      definitions = Arrays.copyOf(definitions, Math.max(needed, definitions.length * 2));
    }
    int at = BatchFormat.putVarint(definitions, definitionBytes, ref);
    at = BatchFormat.putVarint(definitions, at, labels.length);
    System.arraycopy(labels, 0, definitions, at, labels.length);
    definitionBytes = at + labels.length;
    if (definitionCount == definedHandles.length) {
      definedHandles = Arrays.copyOf(definedHandles, definitionCount * 2);
    }
    definedHandles[definitionCount++] = handle;
  }

  void metadata(KnownMetadata known) {
    MetricMetadata m = known.value;
    for (String text : new String[] {m.metric(), m.type(), m.help(), m.unit()}) {
      byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
      int needed = metadataBytes + BatchFormat.VARINT_BYTES_MAX + utf8.length;
      if (needed > metadata.length) {
        metadata = Arrays.copyOf(metadata, Math.max(needed, metadata.length * 2));
      }
      int at = BatchFormat.putVarint(metadata, metadataBytes, utf8.length);
      System.arraycopy(utf8, 0, metadata, at, utf8.length);
      metadataBytes = at + utf8.length;
    }
    metadataCount++;
    writtenMetadata.add(known);
  }

  boolean isEmpty() {
    return samples == 0 && definitionCount == 0 && metadataCount == 0 && extras.exemplars() == 0;
  }

  int samples() {
    return samples;
  }

  int definitions() {
    return definitionCount;
  }

  int[] definedHandles() {
    return Arrays.copyOf(definedHandles, definitionCount);
  }

  List<KnownMetadata> writtenMetadata() {
    return List.copyOf(writtenMetadata);
  }

  /// At least as many bytes as the record will have.
  int bytesMax() {
    return BatchFormat.RECORD_BYTES_MIN + 5 * BatchFormat.VARINT_BYTES_MAX + definitionBytes + metadataBytes
        + samples * BatchFormat.SAMPLE_BYTES_MAX + extraBytesMax;
  }

  /// The record, as docs/formats/batch.md has it.
  byte[] encode(int writer, int epoch, long epochStartMillis) {
    byte[] out = room(bytesMax());
    boolean isPlain = extras.isEmpty() && !isBackfill;
    int version = isBackfill ? BatchFormat.VERSION_BACKFILL : isPlain ? BatchFormat.VERSION_PLAIN : BatchFormat.VERSION_EXTRAS;
    BatchFormat.putInt(out, BatchFormat.MAGIC_AT, BatchFormat.MAGIC | version << 24);
    BatchFormat.putInt(out, BatchFormat.WRITER_AT, writer);
    BatchFormat.putInt(out, BatchFormat.EPOCH_AT, epoch);
    BatchFormat.putLong(out, BatchFormat.EPOCH_START_AT, epochStartMillis);
    int at = putSection(out, BatchFormat.SECTIONS_AT, definitionCount, definitions, definitionBytes);
    at = putSection(out, at, metadataCount, metadata, metadataBytes);
    at = BatchFormat.putVarint(out, at, samples);
    long last = 0;
    for (int i = 0; i < samples; i++) {
      at = BatchFormat.putVarint(out, at, BatchFormat.zigzag(refs[i] - last));
      last = refs[i];
    }
    last = 0;
    for (int i = 0; i < samples; i++) {
      at = BatchFormat.putVarint(out, at, BatchFormat.zigzag(timestampsMillis[i] - last));
      last = timestampsMillis[i];
    }
    for (int i = 0; i < samples; i++) {
      BatchFormat.putLong(out, at, valueBits[i]);
      at += Long.BYTES;
    }
    if (!isPlain) {
      at = extras.encode(out, at);
    }
    BatchFormat.putInt(out, at, BatchFormat.checksum(out, 0, at));
    return Arrays.copyOf(out, at + BatchFormat.CHECKSUM_BYTES);
  }

  /// Where a record is encoded before it is copied at its exact length; the bound is about three times that.
  private byte[] room(int bytes) {
    if (bytes > SCRATCH_BYTES_MAX) {
      return new byte[bytes];
    }
    if (bytes > scratch.length) {
      scratch = new byte[Math.min(SCRATCH_BYTES_MAX, Integer.highestOneBit(bytes) * 2)];
    }
    return scratch;
  }

  private static int putSection(byte[] out, int at, int count, byte[] content, int contentBytes) {
    int to = BatchFormat.putVarint(out, at, count);
    System.arraycopy(content, 0, out, to, contentBytes);
    return to + contentBytes;
  }

  /// Empties everything; the arrays stay.
  void clear(int nextNumber) {
    number = nextNumber;
    samples = 0;
    windowStart = Long.MAX_VALUE;
    windowCount = 0;
    definitionBytes = 0;
    definitionCount = 0;
    metadataBytes = 0;
    metadataCount = 0;
    writtenMetadata.clear();
    if (extraBytesMax > 0) {
      extras.clear();
      extraBytesMax = 0;
    }
  }
}
