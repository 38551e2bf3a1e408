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
      isTooLong = false;
      linesBefore++;
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
    length += read(length);
    hasEnded = length < buffer.length;
    whole = length;
    while (!hasEnded && whole > 0 && buffer[whole - 1] != '\n') {
      whole--;
    }
    linesInBuffer = 0;
    if (whole == 0 && length > 0) {
      isTooLong = true;
      passLine();
      lines.reset(buffer, 0);
      return true;
    }
    for (int i = 0; i < whole; i++) {
      linesInBuffer += buffer[i] == '\n' ? 1 : 0;
    }
    lines.reset(buffer, whole);
    return length > 0;
  }

  /// Passes over the rest of a line that is longer than the buffer; what is behind it comes to the buffer's beginning.
  private void passLine() {
    int next = 0;
    while (next == 0 && length > 0) {
      length = read(0);
      for (int i = 0; i < length && next == 0; i++) {
        next = buffer[i] == '\n' ? i + 1 : 0;
      }
    }
    System.arraycopy(buffer, next, buffer, 0, length - next);
    length -= next;
  }

  /// Fills the buffer from `from` on, as far as there is something.
  private int read(int from) {
    try {
      return in.readNBytes(buffer, from, buffer.length - from);
    } catch (IOException e) {
      throw failed(e);
    }
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
      return path + ": line " + line() + ": a line of more than " + BUFFER_BYTES + " bytes, at most " + OpenMetricsLines.LINE_BYTES_MAX
          + " are allowed";
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
