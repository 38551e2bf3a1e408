package io.tidemark.api.remoteread;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// A protobuf message taken apart without its schema: values by field number, in their order. Slow and obvious.
final class ProtoMessage {
  private final Map<Integer, List<Object>> fields = new TreeMap<>();

  ProtoMessage(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    while (in.hasRemaining()) {
      long tag = varint(in);
      fields.computeIfAbsent((int) (tag >>> 3), _ -> new ArrayList<>()).add(switch ((int) (tag & 7)) {
        case 0 -> varint(in);
        case 1 -> in.getLong();
        case 2 -> {
          var part = new byte[(int) varint(in)];
          in.get(part);
          yield part;
        }
        default -> throw new IllegalArgumentException("wire type " + (tag & 7));
      });
    }
  }

  static long varint(ByteBuffer in) {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      byte b = in.get();
      value |= (b & 0x7fL) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw new IllegalArgumentException("varint too long");
  }

  static long zigzag(long raw) {
    return raw >>> 1 ^ -(raw & 1);
  }

  long number(int field) {
    return fields.containsKey(field) ? (long) fields.get(field).getLast() : 0;
  }

  double real(int field) {
    return Double.longBitsToDouble(number(field));
  }

  String text(int field) {
    return new String((byte[]) fields.get(field).getLast(), StandardCharsets.UTF_8);
  }

  byte[] bytes(int field) {
    return (byte[]) fields.get(field).getLast();
  }

  List<ProtoMessage> messages(int field) {
    return fields.getOrDefault(field, List.of()).stream().map(part -> new ProtoMessage((byte[]) part)).toList();
  }

  /// Packed doubles.
  double[] reals(int field) {
    if (!fields.containsKey(field)) {
      return new double[0];
    }
    var in = ByteBuffer.wrap(bytes(field)).order(ByteOrder.LITTLE_ENDIAN);
    var values = new double[in.remaining() / 8];
    for (int i = 0; i < values.length; i++) {
      values[i] = in.getDouble();
    }
    return values;
  }
}
