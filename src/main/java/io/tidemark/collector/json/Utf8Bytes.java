package io.tidemark.collector.json;

import io.tidemark.collector.admit.Utf8;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.MalformedInputException;

/// A body without its byte order mark, up to the first byte that is no UTF-8: reading on fails there, so that none is ever replaced.
/// One thread.
final class Utf8Bytes extends InputStream {
  private final byte[] body;
  private final int end;
  private int at;

  Utf8Bytes(byte[] body) {
    this.body = body;
    at = body.length >= 3 && body[0] == (byte) 0xef && body[1] == (byte) 0xbb && body[2] == (byte) 0xbf ? 3 : 0;
    end = Utf8.validTo(body, at, body.length);
  }

  /// The index of the first byte that is no UTF-8, or the length of the body.
  int end() {
    return end;
  }

  @Override
  public int available() {
    return end - at;
  }

  @Override
  public int read() throws IOException {
    return hasMore() ? body[at++] & 0xff : -1;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    if (!hasMore()) {
      return -1;
    }
    int bytes = Math.min(length, end - at);
    System.arraycopy(body, at, into, offset, bytes);
    at += bytes;
    return bytes;
  }

  private boolean hasMore() throws IOException {
    if (at == end && end < body.length) {
      throw new MalformedInputException(1);
    }
    return at < end;
  }
}
