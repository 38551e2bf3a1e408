package io.tidemark.collector.remotewrite;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import java.io.IOException;
import org.xerial.snappy.Snappy;

/// Inflates one snappy block into a buffer that is reused. One thread.
public final class SnappyBlock {
  /// A larger buffer is given back after its request.
  private static final int KEPT_BYTES_MAX = 4 << 20;
  /// An element of at least two bytes gives at most 64: nothing honest declares more than this times its size.
  private static final long RATIO_MAX = 64;

  private byte[] buffer = new byte[64 * 1024];

  /// The inflated bytes of the last call, valid up to its result and until the next call.
  public byte[] bytes() {
    return buffer;
  }

  /// Inflates `body` and answers the length.
  ///
  /// @param bytesMax most bytes that the block may declare
  /// @throws TidemarkException `BAD_DATA` when it is no snappy block, `TOO_LARGE` when it declares more than `bytesMax`; in both
  ///     cases before any memory is taken for what it declares
  public int inflate(byte[] body, int bytesMax) {
    long declared = 0;
    int at = 0;
    int b;
    do {
      if (at >= body.length || at > 4) {
        throw new TidemarkException(ErrorCode.BAD_DATA,
            "snappy: the body of " + body.length + " bytes does not begin with a length; send the snappy block format, not the framed one");
      }
      b = body[at];
      declared |= (long) (b & 0x7f) << (7 * at);
      at++;
    } while (b < 0);
    if (declared > RATIO_MAX * body.length) {
      throw new TidemarkException(ErrorCode.BAD_DATA, "snappy: the block declares " + declared + " bytes, but its " + body.length
          + " bytes cannot hold that much");
    }
    if (declared > bytesMax) {
      throw new TidemarkException(ErrorCode.TOO_LARGE, "snappy: the block declares " + declared + " bytes, at most " + bytesMax
          + " are allowed (limits.inflated_bytes); send smaller requests");
    }
    int length = (int) declared;
    if (buffer.length < length) {
      buffer = new byte[length];
    }
    try {
      int written = Snappy.uncompress(body, 0, body.length, buffer, 0);
      if (written != length) {
        throw damaged(body.length);
      }
      return length;
    } catch (IOException | IllegalArgumentException e) {
      throw damaged(body.length);
    }
  }

  private static TidemarkException damaged(int bytes) {
    return new TidemarkException(ErrorCode.BAD_DATA, "snappy: the block of " + bytes + " bytes is damaged or cut short");
  }

  /// Gives an unusually large buffer back.
  public void release() {
    if (buffer.length > KEPT_BYTES_MAX) {
      buffer = new byte[64 * 1024];
    }
  }
}
