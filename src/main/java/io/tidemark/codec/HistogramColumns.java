package io.tidemark.codec;

import io.tidemark.model.Histogram;
import io.tidemark.model.Histogram.Reset;
import java.util.Arrays;

/// Histograms at rest: the histograms of a run of samples, column by column, for a general compressor.
///
/// The run is cut where the layout changes. Each piece is: how many histograms it holds, varint, 1 or more; the layout; their reset hints,
/// one byte if they are equal, else {@link #MANY_RESETS} and a byte each; then a value column of {@link ColumnCodec} for the sums, and
/// one for each number of the layout in turn. The count of all is kept by the owner. An instance keeps buffers; one thread.
public final class HistogramColumns {
  private static final int MANY_RESETS = 0xff;
  private static final Reset[] RESETS = Reset.values();

  private final ColumnCodec codec = new ColumnCodec();
  private double[] column = new double[0];

  private void reserve(int count) {
    if (column.length < count) {
      column = new double[count];
    }
  }

  /// Writes `histograms[from..from+count)`, none of them null.
  public void write(ByteWriter out, Histogram[] histograms, int from, int count) {
    reserve(count);
    for (int begin = from; begin < from + count;) {
      HistogramLayout layout = HistogramLayout.of(histograms[begin]);
      int end = begin + 1;
      while (end < from + count && layout.fits(histograms[end])) {
        end++;
      }
      writePiece(out, layout, histograms, begin, end);
      begin = end;
    }
  }

  private void writePiece(ByteWriter out, HistogramLayout layout, Histogram[] histograms, int begin, int end) {
    int count = end - begin;
    out.writeVarint(count);
    layout.write(out);
    writeResets(out, histograms, begin, end);
    for (int i = 0; i < count; i++) {
      column[i] = histograms[begin + i].sum();
    }
    codec.writeValues(out, column, 0, count);
    for (int number = 0; number < layout.numbers(); number++) {
      for (int i = 0; i < count; i++) {
        column[i] = layout.number(histograms[begin + i], number);
      }
      codec.writeValues(out, column, 0, count);
    }
  }

  private static void writeResets(ByteWriter out, Histogram[] histograms, int begin, int end) {
    Reset first = histograms[begin].reset();
    boolean equal = true;
    for (int i = begin + 1; i < end && equal; i++) {
      equal = histograms[i].reset() == first;
    }
    out.writeByte(equal ? first.ordinal() : MANY_RESETS);
    for (int i = begin; i < end && !equal; i++) {
      out.writeByte(histograms[i].reset().ordinal());
    }
  }

  /// Reads `count` histograms that {@link #write} wrote into `histograms[at..at+count)`.
  ///
  /// @throws io.tidemark.model.TidemarkException `CORRUPT` for bytes that {@link #write} does not write
  public void read(ByteReader in, Histogram[] histograms, int at, int count) {
    reserve(count);
    for (int begin = at; begin < at + count;) {
      int piece = in.readCount(0);
      if (piece < 1 || piece > at + count - begin) {
        throw in.corrupt("a piece of " + piece + " histograms of " + (at + count - begin));
      }
      readPiece(in, histograms, begin, piece);
      begin += piece;
    }
  }

  private void readPiece(ByteReader in, Histogram[] histograms, int begin, int count) {
    HistogramLayout layout = HistogramLayout.read(in);
    var resets = new Reset[count];
    int first = in.readByte();
    if (first == MANY_RESETS) {
      for (int i = 0; i < count; i++) {
        resets[i] = reset(in, in.readByte());
      }
    } else {
      Arrays.fill(resets, reset(in, first));
    }
    codec.readValues(in, column, 0, count);
    double[] sums = Arrays.copyOf(column, count);
    // A column takes two bytes at the least: no memory before the bytes are known to be there.
    if (layout.numbers() > in.remaining() / 2) {
      throw in.corrupt("columns of " + layout.numbers() + " numbers in " + in.remaining() + " bytes");
    }
    var numbers = new double[count][layout.numbers()];
    for (int number = 0; number < layout.numbers(); number++) {
      codec.readValues(in, column, 0, count);
      for (int i = 0; i < count; i++) {
        numbers[i][number] = column[i];
      }
    }
    for (int i = 0; i < count; i++) {
      histograms[begin + i] = layout.histogram(sums[i], resets[i], numbers[i]);
    }
  }

  private static Reset reset(ByteReader in, int number) {
    if (number >= RESETS.length) {
      throw in.corrupt("reset hint " + number);
    }
    return RESETS[number];
  }
}
