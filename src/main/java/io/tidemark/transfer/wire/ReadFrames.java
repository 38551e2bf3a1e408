package io.tidemark.transfer.wire;

import io.tidemark.codec.ByteReader;
import io.tidemark.codec.Checksum;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Reads the streamed answer of remote read, a frame with one series or a part of one at a time.
///
/// Frame: bytes of the message as a varint, CRC-32C as a big-endian u32, `ChunkedReadResponse`. One thread.
public final class ReadFrames {
  private static final int FRAME_BYTES_MAX = 256 << 20;
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED32 = 5;
  /// Behind each chunk, for readers that take eight bytes at once.
  private static final int PADDING_BYTES = 16;

  /// @param encoding 1 for floats, 2 and 3 for histograms, as in Prometheus' blocks
  /// @param padded   the data and at least nine bytes behind them
  /// @param bytes    of the data
  public record Chunk(long minMillis, long maxMillis, int encoding, byte[] padded, int bytes) {}

  /// @param chunks ascend in time
  public record Series(LabelSet labels, List<Chunk> chunks) {}

  private final InputStream in;
  private byte[] frame = new byte[1 << 16];

  public ReadFrames(InputStream in) {
    this.in = in;
  }

  /// The next frame's series; empty at the end of the answer.
  ///
  /// @throws IOException       when the answer is cut off
  /// @throws TidemarkException `CORRUPT` when it is damaged
  public List<Series> next() throws IOException {
    int first = in.read();
    if (first < 0) {
      return List.of();
    }
    long bytes = first & 0x7f;
    for (int shift = 7, b = first; b >= 0x80; shift += 7) {
      b = byteOf(in);
      bytes |= (b & 0x7fL) << shift;
      if (bytes > FRAME_BYTES_MAX || shift > 28) {
        throw new TidemarkException(ErrorCode.CORRUPT, "remote read answer: a frame of more than " + FRAME_BYTES_MAX + " bytes");
      }
    }
    int checksum = 0;
    for (int i = 0; i < 4; i++) {
      checksum = checksum << 8 | byteOf(in);
    }
    int count = (int) bytes;
    frame = count > frame.length ? new byte[Integer.highestOneBit(count) * 2] : frame;
    if (in.readNBytes(frame, 0, count) < count) {
      throw new IOException("the answer ends within a frame");
    }
    if (Checksum.crc32c(frame, 0, count) != checksum) {
      throw new TidemarkException(ErrorCode.CORRUPT, "remote read answer: a frame of " + count + " bytes fails its checksum");
    }
    return response(new ByteReader("remote read answer", frame, 0, count));
  }

  private static int byteOf(InputStream in) throws IOException {
    int b = in.read();
    if (b < 0) {
      throw new IOException("the answer ends within a frame");
    }
    return b;
  }

  private List<Series> response(ByteReader reader) {
    var series = new ArrayList<Series>();
    while (reader.remaining() > 0) {
      long tag = reader.readVarint();
      if (tag == (1 << 3 | BYTES)) {
        series.add(series(part(reader)));
      } else {
        skip(reader, tag);
      }
    }
    return series;
  }

  private static ByteReader part(ByteReader reader) {
    int count = reader.readCount(1);
    int from = reader.skip(count);
    return new ByteReader("remote read answer", reader.array(), from, from + count);
  }

  private static void skip(ByteReader reader, long tag) {
    switch ((int) (tag & 7)) {
      case VARINT -> reader.readVarint();
      case FIXED64 -> reader.skip(8);
      case BYTES -> reader.skip(reader.readCount(1));
      case FIXED32 -> reader.skip(4);
      default -> throw reader.corrupt("a field of wire type " + (tag & 7));
    }
  }

  private static Series series(ByteReader reader) {
    var labels = new ArrayList<String>();
    var chunks = new ArrayList<Chunk>();
    while (reader.remaining() > 0) {
      long tag = reader.readVarint();
      if (tag == (1 << 3 | BYTES)) {
        ByteReader label = part(reader);
        String[] pair = {"", ""};
        while (label.remaining() > 0) {
          long field = label.readVarint();
          if (field == (1 << 3 | BYTES) || field == (2 << 3 | BYTES)) {
            pair[(int) (field >>> 3) - 1] = label.readText();
          } else {
            skip(label, field);
          }
        }
        labels.addAll(List.of(pair));
      } else if (tag == (2 << 3 | BYTES)) {
        chunks.add(chunk(part(reader)));
      } else {
        skip(reader, tag);
      }
    }
    return new Series(LabelSet.of(labels.toArray(String[]::new)), chunks);
  }

  private static Chunk chunk(ByteReader reader) {
    long min = 0;
    long max = 0;
    int encoding = 0;
    byte[] padded = new byte[PADDING_BYTES];
    int bytes = 0;
    while (reader.remaining() > 0) {
      long tag = reader.readVarint();
      if (tag == (1 << 3 | VARINT)) {
        min = reader.readVarint();
      } else if (tag == (2 << 3 | VARINT)) {
        max = reader.readVarint();
      } else if (tag == (3 << 3 | VARINT)) {
        encoding = (int) reader.readVarint();
      } else if (tag == (4 << 3 | BYTES)) {
        bytes = reader.readCount(1);
        int from = reader.skip(bytes);
        padded = Arrays.copyOf(Arrays.copyOfRange(reader.array(), from, from + bytes), bytes + PADDING_BYTES);
      } else {
        skip(reader, tag);
      }
    }
    return new Chunk(min, max, encoding, padded, bytes);
  }
}
