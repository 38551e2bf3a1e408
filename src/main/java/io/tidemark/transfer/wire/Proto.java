package io.tidemark.transfer.wire;

import io.tidemark.codec.ByteWriter;

/// Fields of protobuf messages. A field of value 0 is left out, as the format wants it.
final class Proto {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;

  private Proto() {}

  static void bytes(ByteWriter out, int field, byte[] from) {
    bytes(out, field, from, from.length);
  }

  static void message(ByteWriter out, int field, ByteWriter message) {
    bytes(out, field, message.array(), message.count());
  }

  private static void bytes(ByteWriter out, int field, byte[] from, int count) {
    out.writeVarint(field << 3 | BYTES);
    out.writeVarint(count);
    out.writeBytes(from, 0, count);
  }

  static void number(ByteWriter out, int field, long value) {
    if (value != 0) {
      out.writeVarint(field << 3 | VARINT);
      out.writeVarint(value);
    }
  }

  static void zigzag(ByteWriter out, int field, long value) {
    number(out, field, value << 1 ^ value >> 63);
  }

  static void bits(ByteWriter out, int field, long doubleBits) {
    if (doubleBits != 0) {
      bitsAlways(out, field, doubleBits);
    }
  }

  /// For fields of which it counts that they are there.
  static void bitsAlways(ByteWriter out, int field, long doubleBits) {
    out.writeVarint(field << 3 | FIXED64);
    out.writeLong(doubleBits);
  }

  static void reals(ByteWriter out, int field, double[] values) {
    if (values.length > 0) {
      out.writeVarint(field << 3 | BYTES);
      out.writeVarint(8L * values.length);
      for (double value : values) {
        out.writeLong(Double.doubleToRawLongBits(value));
      }
    }
  }
}
