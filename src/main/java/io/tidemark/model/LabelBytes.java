package io.tidemark.model;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// The canonical bytes of one label set after another, in room that is used again, and where each name and value lies in them.
///
/// For the way of a new series to the log, which needs no texts: what is refused leaves no garbage. The bytes are those of
/// {@link LabelSet#toCanonicalBytes}. They may come in any order; {@link #arrange} is called before they are read. One thread.
public final class LabelBytes {
  private static final byte[] NAME = LabelSet.NAME.getBytes(StandardCharsets.UTF_8);
  private static final int VARINT_BYTES_MAX = 5;
  private static final int PLACES = 5;
  /// Larger room is given back after its set.
  private static final int KEPT_BYTES_MAX = 64 * 1024;

  private byte[] bytes = new byte[512];
  private byte[] spare = new byte[0];
  private int length;
  /// In the order of the names: where a label begins, its name's begin and end, its value's begin and end.
  private int[] places = new int[PLACES * 16];
  private int count;
  /// Whether the bytes lie in the order of the names.
  private boolean isArranged = true;

  /// Empties it.
  public void clear() {
    if (bytes.length > KEPT_BYTES_MAX) {
      bytes = new byte[512];
      spare = new byte[0];
    }
    length = 0;
    count = 0;
    isArranged = true;
  }

  /// Takes the labels of `set` in place of those it had.
  public void set(LabelSet set) {
    clear();
    for (int i = 0; i < set.count(); i++) {
      byte[] name = set.name(i).getBytes(StandardCharsets.UTF_8);
      byte[] value = set.value(i).getBytes(StandardCharsets.UTF_8);
      put(i, name, 0, name.length, value, 0, value.length);
    }
  }

  /// Adds a label from well-formed UTF-8, whose value is not empty.
  ///
  /// @return -1, or the number of the label that has this name already, and then nothing is added
  public int add(byte[] names, int nameFrom, int nameTo, byte[] values, int valueFrom, int valueTo) {
    // Labels nearly always come in order.
    int at = count;
    while (at > 0) {
      int before = (at - 1) * PLACES;
      int order = compare(bytes, places[before + 1], places[before + 2], names, nameFrom, nameTo);
      if (order == 0) {
        return at - 1;
      }
      if (order < 0) {
        break;
      }
      at--;
    }
    put(at, names, nameFrom, nameTo, values, valueFrom, valueTo);
    return -1;
  }

  /// By UTF-16 units, which is the order of texts in Java: of code points, but those above U+FFFF come before U+E000.
  private static int compare(byte[] a, int aFrom, int aTo, byte[] b, int bFrom, int bTo) {
    int at = Arrays.mismatch(a, aFrom, aTo, b, bFrom, bTo);
    if (at < 0 || at == aTo - aFrom || at == bTo - bFrom) {
      return (aTo - aFrom) - (bTo - bFrom);
    }
    int x = a[aFrom + at] & 0xff;
    int y = b[bFrom + at] & 0xff;
    return x >= 0xee && y >= 0xee && x >= 0xf0 != y >= 0xf0 ? y - x : x - y;
  }

  private void put(int at, byte[] names, int nameFrom, int nameTo, byte[] values, int valueFrom, int valueTo) {
    long needed = length + 2L * VARINT_BYTES_MAX + (nameTo - nameFrom) + (valueTo - valueFrom);
    if (needed > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.toIntExact(Math.max(needed, bytes.length * 2L)));
    }
    if ((count + 1) * PLACES > places.length) {
      places = Arrays.copyOf(places, places.length * 2);
    }
    int place = at * PLACES;
    if (at < count) {
      System.arraycopy(places, place, places, place + PLACES, (count - at) * PLACES);
      isArranged = false;
    }
    places[place] = length;
    places[place + 1] = putVarint(length, nameTo - nameFrom);
    places[place + 2] = copy(places[place + 1], names, nameFrom, nameTo);
    places[place + 3] = putVarint(places[place + 2], valueTo - valueFrom);
    places[place + 4] = copy(places[place + 3], values, valueFrom, valueTo);
    length = places[place + 4];
    count++;
  }

  private int putVarint(int from, int value) {
    int at = from;
    int left = value;
    while (left >= 0x80) {
      bytes[at++] = (byte) (left | 0x80);
      left >>>= 7;
    }
    bytes[at++] = (byte) left;
    return at;
  }

  private int copy(int to, byte[] from, int begin, int end) {
    System.arraycopy(from, begin, bytes, to, end - begin);
    return to + end - begin;
  }

  /// Puts the bytes into the order of the names.
  public void arrange() {
    if (isArranged) {
      return;
    }
    byte[] to = spare.length >= length ? spare : new byte[bytes.length];
    int at = 0;
    for (int i = 0; i < count * PLACES; i += PLACES) {
      int from = places[i];
      System.arraycopy(bytes, from, to, at, places[i + 4] - from);
      for (int k = PLACES - 1; k >= 0; k--) {
        places[i + k] += at - from;
      }
      at = places[i + 4];
    }
    spare = bytes;
    bytes = to;
    isArranged = true;
  }

  /// How many labels there are, the metric name included.
  public int count() {
    return count;
  }

  /// Where the canonical bytes lie, from 0 to {@link #length}; overwritten by the next set.
  public byte[] bytes() {
    assert isArranged;
    return bytes;
  }

  public int length() {
    return length;
  }

  /// Where a label begins, with the length of its name.
  public int from(int label) {
    return places[label * PLACES];
  }

  public int nameFrom(int label) {
    return places[label * PLACES + 1];
  }

  public int nameTo(int label) {
    return places[label * PLACES + 2];
  }

  public int valueFrom(int label) {
    return places[label * PLACES + 3];
  }

  public int valueTo(int label) {
    return places[label * PLACES + 4];
  }

  /// The number of the label with this name as UTF-8, or -1.
  public int indexOf(byte[] name) {
    for (int i = 0; i < count; i++) {
      if (Arrays.equals(bytes, nameFrom(i), nameTo(i), name, 0, name.length)) {
        return i;
      }
    }
    return -1;
  }

  /// The number of the label that holds the metric name, or -1.
  public int indexOfMetricName() {
    return indexOf(NAME);
  }

  public String name(int label) {
    return new String(bytes, nameFrom(label), nameTo(label) - nameFrom(label), StandardCharsets.UTF_8);
  }

  public String value(int label) {
    return new String(bytes, valueFrom(label), valueTo(label) - valueFrom(label), StandardCharsets.UTF_8);
  }

  /// The labels as texts, which stay when this is emptied.
  public LabelSet toLabelSet() {
    var pairs = new String[count * 2];
    for (int i = 0; i < count; i++) {
      pairs[i * 2] = name(i);
      pairs[i * 2 + 1] = value(i);
    }
    return LabelSet.ofSorted(pairs);
  }

  /// As {@link LabelSet#toString}.
  @Override
  public String toString() {
    return toLabelSet().toString();
  }
}
