package io.tidemark.query.peer;

import io.tidemark.codec.ByteReader;
import io.tidemark.codec.ByteWriter;
import io.tidemark.codec.Checksum;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.Matcher;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.query.evaluate.Part;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// One read that a peer is asked for.
///
/// @param positions       the shards, each with the log position up to which (exclusive) it must have everything
/// @param remainingMillis how long the whole answer may take; 1 or more
/// @param waitMillis      how long to wait for the positions
/// @param behindAllowed   whether to answer without them after that
/// @param bytesMax        most bytes of the answer that will be taken
public record PeerRequest(Map<Integer, Long> positions, long remainingMillis, long waitMillis, boolean behindAllowed, long bytesMax,
    Operation operation) {
  private static final String SOURCE = "read request";

  /// What is asked.
  public sealed interface Operation {}

  /// As `SeriesView.select`.
  public record Select(List<Matcher> matchers, TimeRange range, int seriesMax) implements Operation {
    public Select {
      matchers = List.copyOf(matchers);
    }
  }

  /// As `SeriesView.labelNames`.
  public record Names(List<Matcher> matchers, TimeRange range) implements Operation {
    public Names {
      matchers = List.copyOf(matchers);
    }
  }

  /// As `SeriesView.labelValues`.
  public record Values(String label, List<Matcher> matchers, TimeRange range) implements Operation {
    public Values {
      matchers = List.copyOf(matchers);
    }
  }

  /// As `SeriesView.exemplars`.
  public record Exemplars(List<Matcher> matchers, TimeRange range) implements Operation {
    public Exemplars {
      matchers = List.copyOf(matchers);
    }
  }

  /// As `SeriesView.metadata`.
  public record Metrics() implements Operation {}

  /// As `PartView.evaluate`; of one shard.
  public record Evaluate(Part part) implements Operation {}

  public PeerRequest {
    positions = Map.copyOf(positions);
  }

  public byte[] encode() {
    var out = new ByteWriter(256);
    out.writeInt(PeerFormat.REQUEST_MAGIC);
    out.writeByte(switch (operation) {
      case Select _ -> PeerFormat.SELECT;
      case Names _ -> PeerFormat.NAMES;
      case Values _ -> PeerFormat.VALUES;
      case Metrics _ -> PeerFormat.METADATA;
      case Exemplars _ -> PeerFormat.EXEMPLARS;
      case Evaluate _ -> PeerFormat.EVALUATE;
    });
    out.writeByte(behindAllowed ? PeerFormat.BEHIND_ALLOWED : 0);
    out.writeVarint(remainingMillis);
    out.writeVarint(waitMillis);
    out.writeVarint(bytesMax);
    out.writeVarint(positions.size());
    int before = 0;
    for (var entry : new TreeMap<>(positions).entrySet()) {
      out.writeVarint(entry.getKey() - before);
      out.writeVarint(entry.getValue());
      before = entry.getKey();
    }
    switch (operation) {
      case Select select -> {
        writeWhere(out, select.matchers, select.range);
        out.writeVarint(select.seriesMax);
      }
      case Names names -> writeWhere(out, names.matchers, names.range);
      case Values values -> {
        writeWhere(out, values.matchers, values.range);
        out.writeText(values.label);
      }
      case Metrics _ -> { }
      case Exemplars exemplars -> writeWhere(out, exemplars.matchers, exemplars.range);
      case Evaluate evaluate -> PartFormat.write(out, evaluate.part);
    }
    out.writeInt(Checksum.crc32c(out.array(), 0, out.count()));
    return out.toByteArray();
  }

  private static void writeWhere(ByteWriter out, List<Matcher> matchers, TimeRange range) {
    out.writeVarint(matchers.size());
    for (Matcher matcher : matchers) {
      out.writeByte(matcher.op().ordinal());
      out.writeText(matcher.name());
      out.writeText(matcher.value());
    }
    out.writeLong(range.startMillis());
    out.writeLong(range.endMillis());
  }

  /// @throws TidemarkException `BAD_DATA` for bytes that are no request, `NOT_SUPPORTED` for one of another version
  public static PeerRequest decode(byte[] bytes) {
    try {
      return read(bytes);
    } catch (TidemarkException e) {
      throw e.code() == ErrorCode.CORRUPT ? new TidemarkException(ErrorCode.BAD_DATA, e.getMessage(), e) : e;
    } catch (IllegalArgumentException e) {
      throw new TidemarkException(ErrorCode.BAD_DATA, SOURCE + ": " + e.getMessage(), e);
    }
  }

  private static PeerRequest read(byte[] bytes) {
    var in = new ByteReader(SOURCE, bytes, 0, Math.max(0, bytes.length - PeerFormat.CHECKSUM_BYTES));
    int magic = in.readInt();
    if ((magic & PeerFormat.MAGIC_MASK) != (PeerFormat.REQUEST_MAGIC & PeerFormat.MAGIC_MASK)) {
      throw PeerFormat.corrupt(SOURCE, "expected the bytes \"TMR\" at its begin");
    }
    if (magic != PeerFormat.REQUEST_MAGIC) {
      throw PeerFormat.otherVersion(SOURCE, magic >>> 24);
    }
    int end = bytes.length - PeerFormat.CHECKSUM_BYTES;
    int found = Checksum.crc32c(bytes, 0, end);
    int expected = new ByteReader(SOURCE, bytes, end, bytes.length).readInt();
    if (found != expected) {
      throw PeerFormat.corrupt(SOURCE, String.format("checksum %08x, its end says %08x", found, expected));
    }
    int operation = in.readByte();
    int flags = in.readByte();
    if ((flags & ~PeerFormat.BEHIND_ALLOWED) != 0) {
      throw PeerFormat.corrupt(SOURCE, "unknown flags " + flags);
    }
    long remaining = positive(in.readVarint(), "remaining time");
    long wait = in.readVarint();
    long bytesMax = positive(in.readVarint(), "byte limit");
    Map<Integer, Long> positions = positions(in);
    Operation asked = operation(in, operation);
    if (in.remaining() > 0) {
      throw PeerFormat.corrupt(SOURCE, in.remaining() + " bytes after its end");
    }
    return new PeerRequest(positions, remaining, positive(wait + 1, "wait") - 1, flags == PeerFormat.BEHIND_ALLOWED, bytesMax, asked);
  }

  private static long positive(long value, String what) {
    if (value <= 0) {
      throw PeerFormat.corrupt(SOURCE, what + " of " + value);
    }
    return value;
  }

  private static Map<Integer, Long> positions(ByteReader in) {
    int count = in.readCount(2);
    if (count == 0) {
      throw PeerFormat.corrupt(SOURCE, "expected a shard, found none");
    }
    var positions = new TreeMap<Integer, Long>();
    int shard = 0;
    for (int i = 0; i < count; i++) {
      shard = Math.addExact(shard, in.readCount(0));
      long position = in.readVarint();
      if (position < 0 || positions.put(shard, position) != null) {
        throw PeerFormat.corrupt(SOURCE, "shard " + shard + " is named twice or at position " + position);
      }
    }
    return positions;
  }

  private static Operation operation(ByteReader in, int operation) {
    return switch (operation) {
      case PeerFormat.SELECT -> {
        List<Matcher> matchers = matchers(in);
        if (matchers.isEmpty()) {
          throw PeerFormat.corrupt(SOURCE, "expected a matcher, found none");
        }
        yield new Select(matchers, range(in), in.readCount(0));
      }
      case PeerFormat.NAMES -> new Names(matchers(in), range(in));
      case PeerFormat.VALUES -> {
        List<Matcher> matchers = matchers(in);
        TimeRange range = range(in);
        yield new Values(in.readText(), matchers, range);
      }
      case PeerFormat.METADATA -> new Metrics();
      case PeerFormat.EXEMPLARS -> new Exemplars(matchers(in), range(in));
      case PeerFormat.EVALUATE -> new Evaluate(PartFormat.read(in));
      default -> throw PeerFormat.corrupt(SOURCE, "unknown operation " + operation);
    };
  }

  private static List<Matcher> matchers(ByteReader in) {
    int count = in.readCount(3);
    var matchers = new ArrayList<Matcher>(count);
    for (int i = 0; i < count; i++) {
      int op = in.readByte();
      if (op >= Matcher.Op.values().length) {
        throw PeerFormat.corrupt(SOURCE, "unknown comparison " + op + " of a matcher");
      }
      String name = in.readText();
      matchers.add(new Matcher(name, Matcher.Op.values()[op], in.readText()));
    }
    return matchers;
  }

  private static TimeRange range(ByteReader in) {
    long start = in.readLong();
    return new TimeRange(start, in.readLong());
  }
}
