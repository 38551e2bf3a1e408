package io.tidemark.api.remoteread;

import io.tidemark.api.Body;
import io.tidemark.api.Piece;
import io.tidemark.codec.ByteWriter;
import io.tidemark.codec.ProtoFields;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.storage.SampleBuffer;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.xerial.snappy.Snappy;

/// An answer as one message `ReadResponse` in one snappy block. The block's form needs the whole message, so its size is bounded.
final class SampledBody implements Body {
  private final byte[] block;
  private int sent;

  private SampledBody(byte[] block) {
    this.block = block;
  }

  /// Reads everything that `cursor` has, and closes it.
  ///
  /// @param bytesMax fails with `TOO_LARGE` when the message would be larger
  static SampledBody of(SeriesCursor cursor, int queries, int bytesMax) {
    var message = new ByteWriter(64 * 1024);
    var result = new ByteWriter(64 * 1024);
    var series = new ByteWriter(4 * 1024);
    var messages = new Messages();
    int query = 0;
    try (cursor) {
      while (cursor.next()) {
        while (query < cursor.query()) {
          end(message, result);
          query++;
        }
        series.clear();
        messages.labels(series, cursor.labels());
        SampleBuffer samples = cursor.samples();
        for (int i = 0; i < samples.count; i++) {
          var histogram = samples.hasHistograms() ? samples.histograms[i] : null;
          if (histogram == null) {
            messages.sample(series, samples.timestampsMillis[i], samples.values[i]);
          } else {
            messages.histogram(series, samples.timestampsMillis[i], histogram);
          }
          bound((long) message.count() + result.count() + series.count(), bytesMax);
        }
        ProtoFields.message(result, 1, series);
      }
    }
    while (query++ < queries) {
      end(message, result);
    }
    try {
      return new SampledBody(Snappy.rawCompress(message.array(), message.count()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void end(ByteWriter message, ByteWriter result) {
    ProtoFields.message(message, 1, result);
    result.clear();
  }

  private static void bound(long bytes, int bytesMax) {
    if (bytes > bytesMax) {
      throw new TidemarkException(ErrorCode.TOO_LARGE, "remote read: the answer as SAMPLES is larger than " + bytesMax
          + " bytes (api.remote_read.samples_max); accept STREAMED_XOR_CHUNKS, or ask for fewer series or less time");
    }
  }

  @Override
  public boolean next(Piece out) {
    int count = Math.min(PIECE_BYTES, block.length - sent);
    out.add(block, sent, count);
    sent += count;
    return sent < block.length;
  }
}
