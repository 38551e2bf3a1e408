package io.tidemark.transfer;

import io.tidemark.codec.ByteWriter;
import io.tidemark.collector.OpenMetricsLines;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/// A file of OpenMetrics text, plain or as gzip, read from its beginning to its end, line by line, in constant memory.
final class OpenMetricsSource implements AutoCloseable {
  private static final int BUFFER_BYTES = 2 * OpenMetricsLines.LINE_BYTES_MAX;

  private final Path path;
  private final InputStream in;
  private final OpenMetricsLines lines = new OpenMetricsLines();
  private final byte[] buffer = new byte[BUFFER_BYTES];
  /// Whole lines, and what has been read of the next one behind them.
  private int whole;
  private int length;
  /// Lines before those of the buffer, and those in it.
  private long linesBefore;
  private long linesInBuffer;
  private boolean hasEnded;
  private boolean isTooLong;

  OpenMetricsSource(Path path) {
    this.path = path;
    try {
      in = inflated(new BufferedInputStream(Files.newInputStream(path), 1 << 16));
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private static InputStream inflated(BufferedInputStream raw) throws IOException {
    raw.mark(2);
    boolean isGzip = raw.read() == 0x1f && raw.read() == 0x8b;
    raw.reset();
    return isGzip ? new GZIPInputStream(raw, 1 << 16) : raw;
  }

  /// Moves to the next line that says something.
  OpenMetricsLines.Kind next() {
    if (isTooLong) {
      return OpenMetricsLines.Kind.DONE;
    }
    OpenMetricsLines.Kind kind = lines.next();
    while (kind == OpenMetricsLines.Kind.DONE && fill()) {
      kind = isTooLong ? OpenMetricsLines.Kind.BROKEN : lines.next();
    }
    return kind;
  }

  /// Reads on; false when there is nothing more.
  private boolean fill() {
    if (hasEnded) {
      return false;
    }
    linesBefore += linesInBuffer;
    System.arraycopy(buffer, whole, buffer, 0, length - whole);
    length -= whole;
    try {
      int read = in.readNBytes(buffer, length, buffer.length - length);
      length += read;
      hasEnded = length < buffer.length;
    } catch (IOException e) {
      throw failed(e);
    }
    whole = length;
    while (!hasEnded && whole > 0 && buffer[whole - 1] != '\n') {
      whole--;
    }
    isTooLong = whole == 0 && length > 0;
    linesInBuffer = 0;
    for (int i = 0; i < whole; i++) {
      linesInBuffer += buffer[i] == '\n' ? 1 : 0;
    }
    lines.reset(buffer, whole);
    return length > 0;
  }

  private TidemarkException failed(IOException e) {
    return new TidemarkException(ErrorCode.BAD_DATA, path + ": cannot be read after line " + (linesBefore + linesInBuffer) + " ("
        + e.getClass().getSimpleName() + ": " + e.getMessage() + ")", e);
  }

  /// The current line, counted from 1.
  long line() {
    return linesBefore + (isTooLong ? 1 : lines.line());
  }

  /// The current line with its end, for as long as no other is read.
  void append(ByteWriter out) {
    int to = lines.to(whole);
    out.writeBytes(buffer, lines.from(), to - lines.from());
    if (buffer[to - 1] != '\n') {
      out.writeByte('\n');
    }
  }

  long timestampMillis() {
    return lines.timestampMillis();
  }

  /// Whether the current sample has one.
  boolean hasExemplar() {
    return lines.hasExemplar();
  }

  /// What is wrong with a broken line, with the file and its number in it.
  String problem() {
    if (isTooLong) {
      return path + ": line " + line() + ": more than " + BUFFER_BYTES + " bytes";
    }
    // The parser counts from the buffer's beginning.
    return path + ": " + lines.problem().replaceFirst("^line \\d+", "line " + line());
  }

  @Override
  public void close() {
    try {
      in.close();
    } catch (IOException e) {
      throw failed(e);
    }
  }
}
