package io.tidemark.api;

import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;

/// Compresses the pieces of one answer. Owned by one thread at a time; holds memory outside the heap until it is closed.
final class Compressor implements AutoCloseable {
  /// Levels by measured cost, see `CompressorBenchmark` and docs/prometheus-api.md.
  private static final int GZIP_LEVEL = 1;
  private static final int ZSTD_LEVEL = 1;
  private static final int BUFFER_BYTES = 8 * 1024;

  private final Piece out = new Piece(BUFFER_BYTES);
  private final OutputStream stream;
  /// Whether the caller has had what lies in `out`: a header may lie there before the first piece.
  private boolean taken;

  /// A short body as a whole.
  ///
  /// @param kind any but `NONE`
  static byte[] compressed(Compression kind, byte[] whole) {
    var piece = new Piece(0);
    piece.add(whole);
    try (var compressor = new Compressor(kind)) {
      Piece out = compressor.compress(piece, true);
      return Arrays.copyOf(out.array(), out.count());
    }
  }

  /// @param kind any but `NONE`
  Compressor(Compression kind) {
    this(kind, kind == Compression.GZIP ? GZIP_LEVEL : ZSTD_LEVEL);
  }

  Compressor(Compression kind, int level) {
    var sink = new OutputStream() {
      @Override
      public void write(int b) {
        out.add(b);
      }

      @Override
      public void write(byte[] from, int offset, int length) {
        out.add(from, offset, length);
      }
    };
    try {
      stream = switch (kind) {
        case GZIP -> new Gzip(sink, level);
        case ZSTD -> new ZstdOutputStreamNoFinalizer(sink, level);
        case NONE -> throw new IllegalArgumentException("nothing to compress with");
      };
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static final class Gzip extends GZIPOutputStream {
    Gzip(OutputStream sink, int level) throws IOException {
      super(sink, BUFFER_BYTES);
      def.setLevel(level);
    }

    /// Gives the deflater's memory back also when the end was not reached.
    void abandon() {
      def.end();
    }
  }

  /// What has come out after `piece` went in; may be empty. Valid until the next call.
  ///
  /// @param isLast whether everything is to come out now
  Piece compress(Piece piece, boolean isLast) {
    if (taken) {
      out.clear();
    }
    taken = true;
    try {
      stream.write(piece.array(), 0, piece.count());
      if (isLast) {
        stream.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out;
  }


  @Override
  public void close() {
    try {
      if (stream instanceof Gzip gzip) {
        gzip.abandon();
      } else {
        stream.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
