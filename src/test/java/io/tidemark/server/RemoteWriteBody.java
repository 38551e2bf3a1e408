package io.tidemark.server;

import io.tidemark.model.LabelSet;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.xerial.snappy.Snappy;

/// Builds bodies of remote write 1.0, as a sender would.
public final class RemoteWriteBody {
  private final ByteArrayOutputStream request = new ByteArrayOutputStream();

  /// Adds one series with samples; both arrays have the same length.
  public RemoteWriteBody series(LabelSet labels, long[] timestampsMillis, double[] values) {
    var series = new ByteArrayOutputStream();
    for (int i = 0; i < labels.count(); i++) {
      var label = new ByteArrayOutputStream();
      text(label, 1, labels.name(i));
      text(label, 2, labels.value(i));
      message(series, 1, label);
    }
    for (int i = 0; i < values.length; i++) {
      var sample = new ByteArrayOutputStream();
      sample.write(0x09);
      long bits = Double.doubleToRawLongBits(values[i]);
      for (int shift = 0; shift < 64; shift += 8) {
        sample.write((int) (bits >>> shift));
      }
      sample.write(0x10);
      varint(sample, timestampsMillis[i]);
      message(series, 2, sample);
    }
    message(request, 1, series);
    return this;
  }

  /// The body, compressed.
  public byte[] snappy() {
    try {
      return Snappy.compress(request.toByteArray());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void text(ByteArrayOutputStream out, int field, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    varint(out, field << 3 | 2);
    varint(out, bytes.length);
    out.writeBytes(bytes);
  }

  private static void message(ByteArrayOutputStream out, int field, ByteArrayOutputStream message) {
    varint(out, field << 3 | 2);
    varint(out, message.size());
    out.writeBytes(message.toByteArray());
  }

  private static void varint(ByteArrayOutputStream out, long value) {
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      out.write((int) (rest & 0x7f | 0x80));
      rest >>>= 7;
    }
    out.write((int) rest);
  }
}
