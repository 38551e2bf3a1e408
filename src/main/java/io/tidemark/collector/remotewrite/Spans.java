package io.tidemark.collector.remotewrite;

import io.tidemark.collector.proto.ProtoReader;
import java.util.Arrays;

/// Where messages lie in a body, to be read later. One thread.
final class Spans {
  private static final int KEPT_MAX = 1 << 18;
  private int[] ends = new int[64];
  private int count;

  void clear() {
    count = 0;
  }

  int count() {
    return count;
  }

  int from(int index) {
    return ends[index * 2];
  }

  int to(int index) {
    return ends[index * 2 + 1];
  }

  void add(int from, int to) {
    if (count * 2 == ends.length) {
      ends = Arrays.copyOf(ends, ends.length * 2);
    }
    ends[count * 2] = from;
    ends[count++ * 2 + 1] = to;
  }

  /// Takes the message that `reader` stands at, and passes over it.
  void take(ProtoReader reader) {
    int bytes = reader.length();
    add(reader.at(), reader.at() + bytes);
    reader.moveTo(reader.at() + bytes);
  }

  /// {@link #take(ProtoReader)} of a message whose fields must be whole, as far as `inner` tells without looking into them.
  void take(ProtoReader reader, ProtoReader inner, byte[] bytes) {
    take(reader);
    inner.reset(bytes, from(count - 1), to(count - 1));
    while (inner.next()) {
      inner.skip();
    }
  }

  /// Gives large arrays back.
  void release() {
    if (ends.length > KEPT_MAX) {
      ends = new int[64];
    }
    count = 0;
  }
}
