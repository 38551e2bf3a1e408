package io.tidemark.collector;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.xerial.snappy.Snappy;

/// Writes remote write messages byte by byte, good ones and others.
public final class WriteRequests {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  public byte[] bytes() {
    return out.toByteArray();
  }

  public byte[] snappy() {
    return compress(bytes());
  }

  public static byte[] compress(byte[] message) {
    try {
      return Snappy.compress(message);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public WriteRequests varint(long value) {
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      out.write((int) (rest & 0x7f | 0x80));
      rest >>>= 7;
    }
    out.write((int) rest);
    return this;
  }

  public WriteRequests raw(byte[] bytes) {
    out.writeBytes(bytes);
    return this;
  }

  public WriteRequests field(int number, byte[] content) {
    return varint((long) number << 3 | 2).varint(content.length).raw(content);
  }

  public WriteRequests text(int number, String text) {
    return field(number, text.getBytes(StandardCharsets.UTF_8));
  }

  public WriteRequests number(int number, long value) {
    return varint((long) number << 3).varint(value);
  }

  public WriteRequests zigzag(int number, long value) {
    return number(number, value << 1 ^ value >> 63);
  }

  public WriteRequests packedZigzag(long... values) {
    for (long value : values) {
      varint(value << 1 ^ value >> 63);
    }
    return this;
  }

  public WriteRequests packed(long... values) {
    for (long value : values) {
      varint(value);
    }
    return this;
  }

  public WriteRequests fixed(int number, double value) {
    return fixedBits(number, Double.doubleToRawLongBits(value));
  }

  public WriteRequests fixedBits(int number, long bits) {
    varint(number << 3 | 1);
    for (int i = 0; i < 8; i++) {
      out.write((int) (bits >>> 8 * i));
    }
    return this;
  }

  public WriteRequests label(String name, String value) {
    return field(1, new WriteRequests().text(1, name).text(2, value).bytes());
  }

  public WriteRequests labelBytes(byte[] name, byte[] value) {
    return field(1, new WriteRequests().field(1, name).field(2, value).bytes());
  }

  public WriteRequests sample(long timestampMillis, double value) {
    return sampleBits(timestampMillis, Double.doubleToRawLongBits(value));
  }

  public WriteRequests sampleBits(long timestampMillis, long bits) {
    var sample = new WriteRequests().varint(1 << 3 | 1);
    for (int i = 0; i < 8; i++) {
      sample.out.write((int) (bits >>> 8 * i));
    }
    return field(2, sample.number(2, timestampMillis).bytes());
  }

  /// Adds a time series to a request.
  public WriteRequests series(WriteRequests series) {
    return field(1, series.bytes());
  }

  /// A time series with the given alternating label names and values.
  public static WriteRequests labels(String... namesAndValues) {
    var series = new WriteRequests();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      series.label(namesAndValues[i], namesAndValues[i + 1]);
    }
    return series;
  }
}
