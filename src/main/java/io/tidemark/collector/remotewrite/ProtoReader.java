package io.tidemark.collector.remotewrite;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// Reads protobuf's wire format from a byte range. Never recurses and never takes memory by a length it reads. One thread.
/// Source: https://protobuf.dev/programming-guides/encoding/.
final class ProtoReader {
  static final int VARINT = 0;
  static final int FIXED64 = 1;
  static final int BYTES = 2;
  static final int FIXED32 = 5;
  private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private byte[] bytes = new byte[0];
  private int at;
  private int end;
  private int tag;

  void reset(byte[] source, int from, int to) {
    bytes = source;
    at = from;
    end = to;
  }

  int at() {
    return at;
  }

  /// Moves on to the next field; false at the end.
  boolean next() {
    if (at >= end) {
      return false;
    }
    long value = varint();
    if (value >>> 32 != 0 || value >>> 3 == 0) {
      throw damaged("field number " + (value >>> 3));
    }
    tag = (int) value;
    return true;
  }

  int field() {
    return tag >>> 3;
  }

  int wireType() {
    return tag & 7;
  }

  boolean is(int field, int wireType) {
    return tag == (field << 3 | wireType);
  }

  long varint() {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at >= end) {
        throw damaged("a number");
      }
      byte b = bytes[at++];
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw damaged("a number of more than ten bytes");
  }

  long fixed64() {
    if (end - at < 8) {
      throw damaged("a fixed64");
    }
    long value = (long) LONG.get(bytes, at);
    at += 8;
    return value;
  }

  /// Reads the length of a bytes field and moves to its content; the content ends at `at() + result`.
  int length() {
    long length = varint();
    if (length < 0 || length > end - at) {
      throw damaged("a field of " + Long.toUnsignedString(length) + " bytes where " + (end - at) + " are left");
    }
    return (int) length;
  }

  void moveTo(int position) {
    at = position;
  }

  /// Passes over the value of the current field.
  void skip() {
    switch (wireType()) {
      case VARINT -> varint();
      case FIXED64 -> fixed64();
      case BYTES -> {
        int length = length();
        at += length;
      }
      case FIXED32 -> {
        if (end - at < 4) {
          throw damaged("a fixed32");
        }
        at += 4;
      }
      default -> throw damaged("wire type " + wireType() + " in field " + field());
    }
  }

  TidemarkException damaged(String what) {
    return new TidemarkException(ErrorCode.BAD_DATA, "protobuf: the message is damaged at byte " + at + ": " + what);
  }
}
