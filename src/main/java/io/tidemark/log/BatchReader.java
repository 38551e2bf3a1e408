package io.tidemark.log;

import io.tidemark.codec.ByteReader;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// Decodes batch records. One thread; everything it gives is valid until the next {@link #read}, arrays are reused and may be longer
/// than their content.
///
/// Refs mean something only together with {@link #writer} and {@link #epoch}: apply the definitions first, then look up the refs. A
/// ref that nobody defined belongs to a record lost to damage. When a writer's next epoch is seen, its earlier ones are over.
public final class BatchReader {
  private byte[] bytes = new byte[0];
  private int end;
  private int at;
  private int writer;
  private int epoch;
  private long epochStartMillis;
  private int definitions;
  private int[] definitionRefs = new int[64];
  private int[] definitionFrom = new int[64];
  private int[] definitionTo = new int[64];
  private List<MetricMetadata> metadata = List.of();
  private int samples;
  private int[] refs = new int[1024];
  private long[] timestampsMillis = new long[1024];
  private long[] valueBits = new long[1024];
  private BatchExtras extras = BatchExtras.NONE;

  /// Decodes one whole record.
  ///
  /// @throws TidemarkException `CORRUPT` when it is damaged, `NOT_SUPPORTED` when a newer release wrote it
  public void read(byte[] record) {
    clear();
    bytes = record;
    checkFrame();
    writer = BatchFormat.getInt(bytes, BatchFormat.WRITER_AT);
    epoch = BatchFormat.getInt(bytes, BatchFormat.EPOCH_AT);
    epochStartMillis = BatchFormat.getLong(bytes, BatchFormat.EPOCH_START_AT);
    at = BatchFormat.SECTIONS_AT;
    end = bytes.length - BatchFormat.CHECKSUM_BYTES;
    readDefinitions();
    readMetadata();
    readColumns();
    if (bytes[3] >= BatchFormat.VERSION_EXTRAS) {
      extras = BatchExtras.read(new ByteReader("batch record", bytes, at, end), samples);
    } else if (at != end) {
      throw corrupt("the checksum", (end - at) + " more bytes");
    }
  }

  private void clear() {
    definitions = 0;
    metadata = List.of();
    samples = 0;
    extras = BatchExtras.NONE;
  }

  private void checkFrame() {
    at = 0;
    if (bytes.length < BatchFormat.RECORD_BYTES_MIN || bytes.length > BatchFormat.RECORD_BYTES_MAX) {
      throw corrupt(BatchFormat.RECORD_BYTES_MIN + " to " + BatchFormat.RECORD_BYTES_MAX + " bytes", String.valueOf(bytes.length));
    }
    int head = BatchFormat.getInt(bytes, BatchFormat.MAGIC_AT);
    if ((head & 0xffffff) != BatchFormat.MAGIC) {
      throw corrupt("the magic bytes TMB", Integer.toHexString(head));
    }
    if (!BatchFormat.isKnown(head >>> 24)) {
      throw new TidemarkException(ErrorCode.NOT_SUPPORTED, "batch record: version " + (head >>> 24) + ", this release reads versions "
          + BatchFormat.VERSION_PLAIN + " to " + BatchFormat.VERSION_BACKFILL + "; start the release that wrote it");
    }
    at = bytes.length - BatchFormat.CHECKSUM_BYTES;
    int stored = BatchFormat.getInt(bytes, at);
    int computed = BatchFormat.checksum(bytes, 0, at);
    if (stored != computed) {
      throw corrupt("checksum " + Integer.toHexString(stored), Integer.toHexString(computed));
    }
  }

  private void readDefinitions() {
    int count = count(2);
    if (count > definitionRefs.length) {
      int capacity = Integer.highestOneBit(count) * 2;
      definitionRefs = new int[capacity];
      definitionFrom = new int[capacity];
      definitionTo = new int[capacity];
    }
    for (int i = 0; i < count; i++) {
      definitionRefs[i] = ref(varint());
      int length = count(1);
      definitionFrom[i] = at;
      at += length;
      definitionTo[i] = at;
    }
    definitions = count;
  }

  private void readMetadata() {
    int count = count(4);
    if (count > 0) {
      metadata = new ArrayList<>(count);
      for (int i = 0; i < count; i++) {
        metadata.add(new MetricMetadata(text(), text(), text(), text()));
      }
    }
  }

  private String text() {
    int length = count(1);
    at += length;
    return new String(bytes, at - length, length, StandardCharsets.UTF_8);
  }

  private void readColumns() {
    int count = count(BatchFormat.SAMPLE_BYTES_MIN);
    if (count > refs.length) {
      int capacity = Integer.highestOneBit(count) * 2;
      refs = new int[capacity];
      timestampsMillis = new long[capacity];
      valueBits = new long[capacity];
    }
    long last = 0;
    for (int i = 0; i < count; i++) {
      last += BatchFormat.unzigzag(varint());
      refs[i] = ref(last);
    }
    last = 0;
    for (int i = 0; i < count; i++) {
      last += BatchFormat.unzigzag(varint());
      timestampsMillis[i] = last;
    }
    if ((long) count * Long.BYTES > end - at) {
      throw corrupt(count + " values", (end - at) + " bytes");
    }
    for (int i = 0; i < count; i++, at += Long.BYTES) {
      valueBits[i] = BatchFormat.getLong(bytes, at);
    }
    samples = count;
  }

  /// A number of things that follow, each of at least `bytesMin` bytes.
  private int count(int bytesMin) {
    long count = varint();
    if (count < 0 || count > (end - at) / bytesMin) {
      throw corrupt("at most " + (end - at) / bytesMin + " entries", Long.toUnsignedString(count));
    }
    return (int) count;
  }

  private int ref(long ref) {
    if (ref < 0 || ref >= BatchFormat.REFS_MAX) {
      throw corrupt("a ref below " + BatchFormat.REFS_MAX, Long.toUnsignedString(ref));
    }
    return (int) ref;
  }

  private long varint() {
    long value = 0;
    for (int shift = 0; at < end && shift < 64; shift += 7) {
      byte b = bytes[at++];
      value |= (b & 0x7fL) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw corrupt("a varint", "its end missing");
  }

  private TidemarkException corrupt(String expected, String found) {
    return new TidemarkException(ErrorCode.CORRUPT, "batch record: byte " + at + ": expected " + expected + ", found " + found);
  }

  /// Whether the samples are older ones brought in later, which may lie further back than those of live senders.
  public boolean isBackfill() {
    return bytes[3] == BatchFormat.VERSION_BACKFILL;
  }

  /// Who wrote the record.
  public int writer() {
    return writer;
  }

  /// Which dictionary of that writer its refs belong to; epochs of one writer ascend.
  public int epoch() {
    return epoch;
  }

  /// When the epoch began, by the writer's clock.
  public long epochStartMillis() {
    return epochStartMillis;
  }

  /// How many series the record defines; a definition may repeat an earlier one, then with the same labels.
  public int definitions() {
    return definitions;
  }

  /// The ref of definition `index`; small, dense numbers within writer, epoch and partition.
  public int definitionRef(int index) {
    return definitionRefs[index];
  }

  /// The record itself; canonical label bytes of definition `index` are from {@link #definitionFrom} (inclusive) to
  /// {@link #definitionTo} (exclusive).
  public byte[] bytes() {
    return bytes;
  }

  public int definitionFrom(int index) {
    return definitionFrom[index];
  }

  public int definitionTo(int index) {
    return definitionTo[index];
  }

  /// The decoded labels of definition `index`.
  ///
  /// @throws TidemarkException `CORRUPT` when they are not canonical
  public LabelSet definitionLabels(int index) {
    return LabelSet.fromCanonicalBytes(bytes, definitionFrom[index], definitionTo[index]);
  }

  /// What producers said about metrics.
  public List<MetricMetadata> metadata() {
    return List.copyOf(metadata);
  }

  /// How many samples the columns hold.
  public int samples() {
    return samples;
  }

  /// The series of each sample.
  public int[] refs() {
    return refs;
  }

  /// The time of each sample.
  public long[] timestampsMillis() {
    return timestampsMillis;
  }

  /// The value of each sample, as `Double.doubleToRawLongBits`.
  public long[] valueBits() {
    return valueBits;
  }

  /// What the record holds besides values.
  public BatchExtras extras() {
    return extras;
  }
}
