package io.tidemark.collector.proto;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// Reads protobuf's wire format from a byte range. Never recurses and never takes memory by a length it reads. One thread.
/// Source: https://protobuf.dev/programming-guides/encoding/.
public final class ProtoReader {
  public static final int VARINT = 0;
  public static final int FIXED64 = 1;
  public static final int BYTES = 2;
  public static final int FIXED32 = 5;
  private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private byte[] bytes = new byte[0];
  private int at;
  private int end;
  private int tag;

  public void reset(byte[] source, int from, int to) {
    bytes = source;
    at = from;
    end = to;
  }

  public int at() {
    return at;
  }

  public boolean hasMore() {
    return at < end;
  }

  /// Moves on to the next field; false at the end.
  public boolean next() {
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

  public int field() {
    return tag >>> 3;
  }

  public int wireType() {
    return tag & 7;
  }

  public boolean is(int field, int wireType) {
    return tag == (field << 3 | wireType);
  }

  public long varint() {
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

  public long fixed64() {
    if (end - at < 8) {
      throw damaged("a fixed64");
    }
    long value = (long) LONG.get(bytes, at);
    at += 8;
    return value;
  }

  /// Reads the length of a bytes field and moves to its content; the content ends at `at() + result`.
  public int length() {
    long length = varint();
    if (length < 0 || length > end - at) {
      throw damaged("a field of " + Long.toUnsignedString(length) + " bytes where " + (end - at) + " are left");
    }
    return (int) length;
  }

  public void moveTo(int position) {
    at = position;
  }

  /// The signed number that a `sint` field holds.
  public static long zigzag(long raw) {
    return raw >>> 1 ^ -(raw & 1);
  }

  /// Where a repeated field of numbers ends that comes packed, or as one number of `wireType`: read numbers until {@link #at} is there.
  public int packedEnd(int wireType) {
    if (wireType() == BYTES) {
      int length = length();
      return at + length;
    }
    if (wireType() != wireType) {
      throw damaged("wire type " + wireType() + " in field " + field());
    }
    return at + 1;
  }

  /// Passes over the value of the current field.
  public void skip() {
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

  public TidemarkException damaged(String what) {
    return new TidemarkException(ErrorCode.BAD_DATA, "protobuf: the message is damaged at byte " + at + ": " + what);
  }
}
