package io.tidemark.codec;

/// Writes fields of protobuf messages (wire format of proto3). A number, zigzag or bits of value 0 is left out, as the format wants it.
public final class ProtoFields {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;

  private ProtoFields() {}

  /// A message as a field of another.
  public static void message(ByteWriter out, int field, ByteWriter message) {
    bytes(out, field, message.array(), message.count());
  }

  public static void bytes(ByteWriter out, int field, byte[] from) {
    bytes(out, field, from, from.length);
  }

  public static void bytes(ByteWriter out, int field, byte[] from, int count) {
    out.writeVarint(field << 3 | BYTES);
    out.writeVarint(count);
    out.writeBytes(from, 0, count);
  }

  /// In UTF-8; written also when empty.
  public static void text(ByteWriter out, int field, String value) {
    out.writeVarint(field << 3 | BYTES);
    out.writeText(value);
  }

  public static void number(ByteWriter out, int field, long value) {
    if (value != 0) {
      out.writeVarint(field << 3 | VARINT);
      out.writeVarint(value);
    }
  }

  public static void zigzag(ByteWriter out, int field, long value) {
    number(out, field, value << 1 ^ value >> 63);
  }

  /// A `double` by its bits.
  public static void bits(ByteWriter out, int field, long doubleBits) {
    if (doubleBits != 0) {
      bitsAlways(out, field, doubleBits);
    }
  }

  /// For fields of which it counts that they are there.
  public static void bitsAlways(ByteWriter out, int field, long doubleBits) {
    out.writeVarint(field << 3 | FIXED64);
    out.writeLong(doubleBits);
  }

  public static void real(ByteWriter out, int field, double value) {
    bits(out, field, Double.doubleToRawLongBits(value));
  }

  /// For fields of which it counts that they are there.
  public static void realAlways(ByteWriter out, int field, double value) {
    bitsAlways(out, field, Double.doubleToRawLongBits(value));
  }

  /// A packed list; left out when empty.
  public static void reals(ByteWriter out, int field, double[] values) {
    if (values.length > 0) {
      out.writeVarint(field << 3 | BYTES);
      out.writeVarint(8L * values.length);
      for (double value : values) {
        out.writeLong(Double.doubleToRawLongBits(value));
      }
    }
  }
}
