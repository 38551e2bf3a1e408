package io.tidemark.log;

import io.tidemark.codec.ByteReader;
import io.tidemark.codec.ByteWriter;
import io.tidemark.codec.Checksum;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.Matcher;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import java.util.ArrayList;
import java.util.List;

/// A record of the ingest log that erases: all samples in records before it, of the series that one of the selectors names, with times in
/// the range. Samples in later records are not touched. Immutable.
///
/// @param acceptedMillis when it was asked for, by the clock of who took it; what is kept for a while is kept from then on
/// @param selectors      1 or more, each with 1 or more matchers that a series passes all of
public record DeleteRecord(long acceptedMillis, TimeRange range, List<List<Matcher>> selectors) {
  public DeleteRecord {
    selectors = selectors.stream().map(List::copyOf).toList();
    if (selectors.isEmpty() || selectors.stream().anyMatch(List::isEmpty)) {
      throw new IllegalArgumentException("a delete without a selector, or with an empty one");
    }
  }

  /// Whether a log record is a delete; anything else is a batch.
  public static boolean is(byte[] record) {
    return record.length >= DeleteFormat.HEADER_BYTES && (BatchFormat.getInt(record, 0) & 0xffffff) == DeleteFormat.MAGIC;
  }

  /// The record's bytes.
  ///
  /// @throws TidemarkException `TOO_LARGE` when the selectors fit no record
  public byte[] encode() {
    var out = new ByteWriter(256);
    out.writeInt(DeleteFormat.MAGIC | DeleteFormat.VERSION << 24);
    writeContent(out);
    if (out.count() > DeleteFormat.RECORD_BYTES_MAX - DeleteFormat.CHECKSUM_BYTES) {
      throw new TidemarkException(ErrorCode.TOO_LARGE, "delete with selectors of " + out.count() + " bytes: at most "
          + DeleteFormat.RECORD_BYTES_MAX + " fit; delete in several requests");
    }
    out.writeInt(Checksum.crc32c(out.array(), 0, out.count()));
    return out.toByteArray();
  }

  /// Decodes a whole record.
  ///
  /// @throws TidemarkException `CORRUPT` when it is damaged, `NOT_SUPPORTED` when a newer release wrote it
  public static DeleteRecord decode(byte[] record) {
    var in = new ByteReader("delete record", record);
    if (record.length < DeleteFormat.RECORD_BYTES_MIN) {
      throw in.corrupt("expected at least " + DeleteFormat.RECORD_BYTES_MIN + " bytes, found " + record.length);
    }
    int head = in.readInt();
    if ((head & 0xffffff) != DeleteFormat.MAGIC) {
      throw in.corrupt("expected the magic bytes TMD, found " + Integer.toHexString(head));
    }
    if (head >>> 24 != DeleteFormat.VERSION) {
      throw new TidemarkException(ErrorCode.NOT_SUPPORTED, "delete record: version " + (head >>> 24) + ", this release reads version "
          + DeleteFormat.VERSION + "; start the release that wrote it");
    }
    int end = record.length - DeleteFormat.CHECKSUM_BYTES;
    int stored = BatchFormat.getInt(record, end);
    int computed = Checksum.crc32c(record, 0, end);
    if (stored != computed) {
      throw in.corrupt("checksum " + Integer.toHexString(computed) + ", its end says " + Integer.toHexString(stored));
    }
    in.set(record, DeleteFormat.HEADER_BYTES, end);
    DeleteRecord decoded = readContent(in);
    if (in.remaining() > 0) {
      throw in.corrupt("expected the checksum, found " + in.remaining() + " more bytes");
    }
    return decoded;
  }

  /// What a record holds between its header and its checksum; a checkpoint holds the same.
  public void writeContent(ByteWriter out) {
    out.writeLong(acceptedMillis);
    out.writeLong(range.startMillis());
    out.writeLong(range.endMillis());
    writeSelectors(out, selectors);
  }

  /// Reads what {@link #writeContent} wrote.
  ///
  /// @throws TidemarkException `CORRUPT` for bytes that it does not write
  public static DeleteRecord readContent(ByteReader in) {
    long accepted = in.readLong();
    long from = in.readLong();
    long to = in.readLong();
    if (to < from) {
      throw in.corrupt("a range from " + from + " to " + to);
    }
    int count = in.readCount(DeleteFormat.SELECTOR_BYTES_MIN);
    if (count == 0) {
      throw in.corrupt("no selector");
    }
    var selectors = new ArrayList<List<Matcher>>(count);
    for (int i = 0; i < count; i++) {
      selectors.add(readSelector(in));
    }
    return new DeleteRecord(accepted, new TimeRange(from, to), selectors);
  }

  private static List<Matcher> readSelector(ByteReader in) {
    int count = in.readCount(DeleteFormat.MATCHER_BYTES_MIN);
    if (count == 0) {
      throw in.corrupt("a selector without a matcher");
    }
    var matchers = new ArrayList<Matcher>(count);
    for (int i = 0; i < count; i++) {
      int op = in.readByte();
      matchers.add(new Matcher(in.readText(), operator(in, op), in.readText()));
    }
    return matchers;
  }

  private static void writeSelectors(ByteWriter out, List<List<Matcher>> selectors) {
    out.writeVarint(selectors.size());
    for (List<Matcher> selector : selectors) {
      out.writeVarint(selector.size());
      for (Matcher matcher : selector) {
        out.writeByte(number(matcher.op()));
        out.writeText(matcher.name());
        out.writeText(matcher.value());
      }
    }
  }

  private static int number(Matcher.Op op) {
    return switch (op) {
      case EQUAL -> 0;
      case NOT_EQUAL -> 1;
      case MATCH -> 2;
      case NOT_MATCH -> 3;
    };
  }

  private static Matcher.Op operator(ByteReader in, int number) {
    return switch (number) {
      case 0 -> Matcher.Op.EQUAL;
      case 1 -> Matcher.Op.NOT_EQUAL;
      case 2 -> Matcher.Op.MATCH;
      case 3 -> Matcher.Op.NOT_MATCH;
      default -> throw in.corrupt("operator " + number);
    };
  }
}
