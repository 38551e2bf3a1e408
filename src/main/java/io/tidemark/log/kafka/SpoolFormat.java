package io.tidemark.log.kafka;

import io.tidemark.log.Trace;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// Spool entry, version 1: what stands in a record of the spool's segment log. The page is docs/formats/spool.md.
///
/// ```
/// magic "TMK" | version u8 | kind u8 | …
/// kind 1, a record: partition u32 | traces u8 | (length u8 | text) × 2 for each | bytes
/// kind 2, a mark:   drained i64
/// ```
final class SpoolFormat {
  private static final int MAGIC = 'T' | 'M' << 8 | 'K' << 16;
  private static final int VERSION = 1;
  private static final byte RECORD = 1;
  private static final byte MARK = 2;
  private static final int HEAD_BYTES = 5;

  private SpoolFormat() {}

  /// What an entry says.
  sealed interface Entry {
    /// A record on its way to Kafka.
    record Waiting(int partition, List<Trace> traces, byte[] record) implements Entry {}

    /// All entries before position `upTo` are in Kafka.
    record Drained(long upTo) implements Entry {}
  }

  static byte[] encode(int partition, List<Trace> traces, byte[] record) {
    int bytes = HEAD_BYTES + Integer.BYTES + 1 + record.length;
    var texts = new ArrayList<byte[]>();
    for (Trace trace : traces) {
      texts.add(trace.traceparent().getBytes(StandardCharsets.UTF_8));
      texts.add(trace.correlationId().getBytes(StandardCharsets.UTF_8));
    }
    for (byte[] text : texts) {
      bytes += 1 + text.length;
    }
    ByteBuffer out = head(bytes, RECORD).putInt(partition).put((byte) traces.size());
    texts.forEach(text -> out.put((byte) text.length).put(text));
    return out.put(record).array();
  }

  static byte[] mark(long upTo) {
    return head(HEAD_BYTES + Long.BYTES, MARK).putLong(upTo).array();
  }

  private static ByteBuffer head(int bytes, byte kind) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(MAGIC | VERSION << 24).put(kind);
  }

  /// Fails with `NOT_SUPPORTED` for an entry of a newer version, `CORRUPT` for bytes that are none.
  static Entry decode(long position, byte[] bytes) {
    try {
      ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
      int magic = in.getInt();
      if ((magic & 0xffffff) != MAGIC) {
        throw corrupt(position, "magic \"TMK\"", Integer.toHexString(magic & 0xffffff));
      }
      if (magic >>> 24 != VERSION) {
        throw new TidemarkException(ErrorCode.NOT_SUPPORTED, "spool entry " + position + " has version " + (magic >>> 24)
            + ", this release reads " + VERSION + "; start the release that wrote it and let it drain the spool");
      }
      byte kind = in.get();
      return switch (kind) {
        case RECORD -> record(in);
        case MARK -> new Entry.Drained(in.getLong());
        default -> throw corrupt(position, "kind 1 or 2", String.valueOf(kind));
      };
    } catch (BufferUnderflowException e) {
      throw corrupt(position, "a whole entry", bytes.length + " bytes");
    }
  }

  private static Entry record(ByteBuffer in) {
    int partition = in.getInt();
    int count = Byte.toUnsignedInt(in.get());
    var traces = new ArrayList<Trace>(count);
    for (int i = 0; i < count; i++) {
      traces.add(new Trace(text(in), text(in)));
    }
    byte[] record = new byte[in.remaining()];
    in.get(record);
    return new Entry.Waiting(partition, traces, record);
  }

  private static String text(ByteBuffer in) {
    byte[] text = new byte[Byte.toUnsignedInt(in.get())];
    in.get(text);
    return new String(text, StandardCharsets.UTF_8);
  }

  private static TidemarkException corrupt(long position, String expected, String found) {
    return new TidemarkException(ErrorCode.CORRUPT, "spool entry " + position + ": expected " + expected + ", found " + found);
  }
}
