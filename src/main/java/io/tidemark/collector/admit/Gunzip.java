package io.tidemark.collector.admit;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/// Inflates gzip bodies within a bound, and reads every byte of them: `GZIPInputStream` takes whatever is wrong with the header of a second
/// member, or lies behind the last one, for the end. Zeros behind the last member are padding, as for gzip(1).
/// Source: RFC 1952.
public final class Gunzip {
  private static final int FIXED_HEADER_BYTES = 10;
  private static final int TRAILER_BYTES = 8;
  private static final int DEFLATE = 8;
  private static final int HAS_CHECKSUM = 2;
  private static final int HAS_EXTRA = 4;
  private static final int HAS_NAME = 8;
  private static final int HAS_COMMENT = 16;
  private static final int RESERVED = 0xe0;

  private final byte[] body;
  private final int bytesMax;
  private final Inflater inflater;
  private final CRC32 checksum = new CRC32();
  /// Takes what is more than allowed.
  private final byte[] more = new byte[1];
  private int at;
  private byte[] out;
  private int length;

  private Gunzip(byte[] body, int bytesMax, Inflater inflater) {
    this.body = body;
    this.bytesMax = bytesMax;
    this.inflater = inflater;
    out = new byte[(int) Math.min(bytesMax, Math.max(1024, body.length * 4L))];
  }

  /// The inflated bytes; memory grows with what was really inflated, never with what the body claims.
  ///
  /// @throws TidemarkException `BAD_DATA` when the body is damaged, `TOO_LARGE` as soon as more than `bytesMax` come out
  public static byte[] inflate(byte[] body, int bytesMax) {
    var inflater = new Inflater(true);
    try {
      return new Gunzip(body, bytesMax, inflater).members();
    } finally {
      inflater.end();
    }
  }

  private byte[] members() {
    do {
      header();
      content();
      trailer();
    } while (hasMore());
    return length == out.length ? out : Arrays.copyOf(out, length);
  }

  /// Whether another member follows; moves over padding.
  private boolean hasMore() {
    int next = at;
    while (next < body.length && body[next] == 0) {
      next++;
    }
    if (next < body.length && next > at) {
      throw damaged("another member, or zeros up to the end");
    }
    return next < body.length;
  }

  private void header() {
    int from = at;
    need(FIXED_HEADER_BYTES);
    int flags = body[at + 3] & 0xff;
    if (body[at] != 0x1f || body[at + 1] != (byte) 0x8b || body[at + 2] != DEFLATE || (flags & RESERVED) != 0) {
      throw damaged("the header of a gzip member");
    }
    at += FIXED_HEADER_BYTES;
    if ((flags & HAS_EXTRA) != 0) {
      int extra = (int) little(2);
      need(extra);
      at += extra;
    }
    if ((flags & HAS_NAME) != 0) {
      skipText();
    }
    if ((flags & HAS_COMMENT) != 0) {
      skipText();
    }
    if ((flags & HAS_CHECKSUM) != 0) {
      checksum.reset();
      checksum.update(body, from, at - from);
      if (little(2) != (checksum.getValue() & 0xffff)) {
        throw damaged("the checksum of the header");
      }
    }
  }

  private void skipText() {
    do {
      need(1);
    } while (body[at++] != 0);
  }

  private void content() {
    int from = length;
    inflater.reset();
    inflater.setInput(body, at, body.length - at);
    try {
      while (!inflater.finished()) {
        if (length == out.length && length < bytesMax) {
          out = Arrays.copyOf(out, (int) Math.min(bytesMax, length * 2L));
        }
        int inflated = length == out.length ? inflater.inflate(more) : inflater.inflate(out, length, out.length - length);
        if (inflated > 0 && length == out.length) {
          throw new TidemarkException(ErrorCode.TOO_LARGE, "gzip: the body holds more than " + bytesMax
              + " bytes (limits.inflated_bytes); send smaller requests");
        }
        if (inflated == 0 && !inflater.finished()) {
          at = body.length;
          throw damaged("more of a member");
        }
        length += inflated;
      }
    } catch (DataFormatException e) {
      at += (int) inflater.getBytesRead();
      throw damaged("compressed data, found " + e.getMessage());
    }
    at += (int) inflater.getBytesRead();
    checksum.reset();
    checksum.update(out, from, length - from);
  }

  private void trailer() {
    need(TRAILER_BYTES);
    if (little(4) != checksum.getValue() || little(4) != inflater.getBytesWritten() % (1L << 32)) {
      throw damaged("the checksum and the length of what was inflated");
    }
  }

  private void need(int bytes) {
    if (body.length - at < bytes) {
      throw damaged(bytes + " more bytes");
    }
  }

  private long little(int bytes) {
    need(bytes);
    long value = 0;
    for (int i = 0; i < bytes; i++) {
      value |= (body[at++] & 0xffL) << 8 * i;
    }
    return value;
  }

  private TidemarkException damaged(String expected) {
    return new TidemarkException(ErrorCode.BAD_DATA, "gzip: the body of " + body.length + " bytes is damaged or cut short at byte " + at
        + ": expected " + expected);
  }
}
