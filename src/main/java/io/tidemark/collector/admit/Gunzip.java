package io.tidemark.collector.admit;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;

/// Inflates gzip bodies within a bound.
public final class Gunzip {
  private Gunzip() {}

  /// The inflated bytes; memory grows with what was really inflated, never with what the body claims.
  ///
  /// @throws TidemarkException `BAD_DATA` when the body is damaged, `TOO_LARGE` as soon as more than `bytesMax` come out
  public static byte[] inflate(byte[] body, int bytesMax) {
    try (var in = new GZIPInputStream(new ByteArrayInputStream(body), 16 * 1024)) {
      byte[] out = new byte[(int) Math.min(bytesMax, Math.max(1024, body.length * 4L))];
      int length = 0;
      while (true) {
        int read = in.read(out, length, out.length - length);
        if (read < 0) {
          return length == out.length ? out : Arrays.copyOf(out, length);
        }
        length += read;
        if (length == out.length) {
          if (length == bytesMax) {
            return whole(in, out, bytesMax);
          }
          out = Arrays.copyOf(out, (int) Math.min(bytesMax, length * 2L));
        }
      }
    } catch (IOException e) {
      throw new TidemarkException(ErrorCode.BAD_DATA, "gzip: the body of " + body.length + " bytes is damaged or cut short", e);
    }
  }

  private static byte[] whole(GZIPInputStream in, byte[] out, int bytesMax) throws IOException {
    if (in.read() >= 0) {
      throw new TidemarkException(ErrorCode.TOO_LARGE, "gzip: the body holds more than " + bytesMax
          + " bytes (limits.inflated_bytes); send smaller requests");
    }
    return out;
  }
}
