package io.tidemark.model;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// A sorted set of label name/value pairs: the identity of one series.
///
/// Names are unique and sorted by their UTF-16 order, values are never empty (a label with an empty value is the same as no
/// label, as in Prometheus). The metric name is the label {@link #NAME}. Immutable; safe on any thread.
public final class LabelSet implements Comparable<LabelSet> {
  /// The label that holds the metric name.
  public static final String NAME = "__name__";
  public static final LabelSet EMPTY = new LabelSet(new String[0]);

  /// Names at even places, values at odd ones.
  private final String[] pairs;
  private int hash;

  private LabelSet(String[] pairs) {
    this.pairs = pairs;
  }

  /// A label set from alternating names and values in any order; pairs with an empty value are left out.
  ///
  /// @throws IllegalArgumentException for an odd count or a name given twice
  public static LabelSet of(String... namesAndValues) {
    if (namesAndValues.length % 2 != 0) {
      throw new IllegalArgumentException("labels come in pairs, got " + namesAndValues.length + " strings");
    }
    var sorted = new TreeMap<String, String>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      if (sorted.put(namesAndValues[i], namesAndValues[i + 1]) != null) {
        throw new IllegalArgumentException("label \"" + namesAndValues[i] + "\" is given twice");
      }
    }
    return of(sorted);
  }

  /// A label set from a map; entries with an empty value are left out.
  public static LabelSet of(Map<String, String> labels) {
    var sorted = labels instanceof TreeMap<String, String> tree && tree.comparator() == null ? tree : new TreeMap<>(labels);
    var pairs = new ArrayList<String>(sorted.size() * 2);
    sorted.forEach((name, value) -> {
      if (!value.isEmpty()) {
        pairs.add(name);
        pairs.add(value);
      }
    });
    return pairs.isEmpty() ? EMPTY : new LabelSet(pairs.toArray(String[]::new));
  }

  /// Takes over `pairs`, alternating names and values, already sorted by name, unique and without empty values; the caller
  /// must not touch the array afterwards. For hot paths that made the order themselves; checked by an assertion.
  public static LabelSet ofSorted(String[] pairs) {
    assert isCanonical(pairs) : "not sorted, unique and non-empty: " + Arrays.toString(pairs);
    return pairs.length == 0 ? EMPTY : new LabelSet(pairs);
  }

  private static boolean isCanonical(String[] pairs) {
    if (pairs.length % 2 != 0) {
      return false;
    }
    for (int i = 0; i < pairs.length; i += 2) {
      if (pairs[i + 1].isEmpty() || (i > 0 && pairs[i - 2].compareTo(pairs[i]) >= 0)) {
        return false;
      }
    }
    return true;
  }

  /// How many labels there are, the metric name included.
  public int count() {
    return pairs.length / 2;
  }

  public boolean isEmpty() {
    return pairs.length == 0;
  }

  /// The name of label `index`, 0-based, in name order.
  public String name(int index) {
    return pairs[index * 2];
  }

  /// The value of label `index`, 0-based, in name order.
  public String value(int index) {
    return pairs[index * 2 + 1];
  }

  /// The value of the label called `name`, or the empty string when there is none.
  public String value(String name) {
    int index = indexOf(name);
    return index < 0 ? "" : pairs[index * 2 + 1];
  }

  public boolean has(String name) {
    return indexOf(name) >= 0;
  }

  /// The metric name, or the empty string.
  public String metricName() {
    return value(NAME);
  }

  private int indexOf(String name) {
    for (int i = 0; i < pairs.length; i += 2) {
      if (pairs[i].equals(name)) {
        return i / 2;
      }
    }
    return -1;
  }

  /// This set with one label added or replaced; an empty value removes it.
  public LabelSet with(String name, String value) {
    var map = toMap();
    map.put(name, value);
    return of(map);
  }

  public LabelSet without(String name) {
    int index = indexOf(name);
    if (index < 0) {
      return this;
    }
    if (pairs.length == 2) {
      return EMPTY;
    }
    var kept = new String[pairs.length - 2];
    System.arraycopy(pairs, 0, kept, 0, index * 2);
    System.arraycopy(pairs, index * 2 + 2, kept, index * 2, kept.length - index * 2);
    return new LabelSet(kept);
  }

  /// The same set made of the texts that `texts` holds for its own, where it puts those that it lacks: sets that share texts are compared
  /// quickly and take less memory.
  public LabelSet sharing(Map<String, String> texts) {
    var shared = new String[pairs.length];
    for (int i = 0; i < shared.length; i++) {
      String before = texts.putIfAbsent(pairs[i], pairs[i]);
      shared[i] = before == null ? pairs[i] : before;
    }
    return new LabelSet(shared);
  }

  /// This set without the named labels.
  public LabelSet without(Collection<String> names) {
    return select(names, false);
  }

  /// Only the named labels of this set.
  public LabelSet only(Collection<String> names) {
    return select(names, true);
  }

  private LabelSet select(Collection<String> names, boolean keepNamed) {
    if (names.isEmpty()) {
      return keepNamed ? EMPTY : this;
    }
    var kept = new String[pairs.length];
    int n = 0;
    for (int i = 0; i < pairs.length; i += 2) {
      if (names.contains(pairs[i]) == keepNamed) {
        kept[n++] = pairs[i];
        kept[n++] = pairs[i + 1];
      }
    }
    if (n == pairs.length) {
      return this;
    }
    return n == 0 ? EMPTY : new LabelSet(Arrays.copyOf(kept, n));
  }

  /// A fresh, sorted, mutable copy.
  public TreeMap<String, String> toMap() {
    var map = new TreeMap<String, String>();
    for (int i = 0; i < pairs.length; i += 2) {
      map.put(pairs[i], pairs[i + 1]);
    }
    return map;
  }

  /// The canonical bytes: for each label in order the UTF-8 name and value, each behind its byte length as an unsigned LEB128
  /// varint. Equal sets have equal bytes. See docs/formats/batch.md.
  public byte[] toCanonicalBytes() {
    var encoded = new byte[pairs.length][];
    int bytes = 0;
    for (int i = 0; i < pairs.length; i++) {
      encoded[i] = pairs[i].getBytes(StandardCharsets.UTF_8);
      bytes += varintBytes(encoded[i].length) + encoded[i].length;
    }
    var out = new byte[bytes];
    int at = 0;
    for (byte[] text : encoded) {
      int length = text.length;
      while (length >= 0x80) {
        out[at++] = (byte) (length | 0x80);
        length >>>= 7;
      }
      out[at++] = (byte) length;
      System.arraycopy(text, 0, out, at, text.length);
      at += text.length;
    }
    return out;
  }

  private static int varintBytes(int value) {
    return Math.max(1, (38 - Integer.numberOfLeadingZeros(value)) / 7);
  }

  /// Reads what {@link #toCanonicalBytes} wrote, from `from` inclusive to `to` exclusive.
  ///
  /// @throws TidemarkException with {@link ErrorCode#CORRUPT} when the bytes are not canonical label bytes
  public static LabelSet fromCanonicalBytes(byte[] bytes, int from, int to) {
    var texts = new ArrayList<String>(20);
    int at = from;
    while (at < to) {
      int length = 0;
      int shift = 0;
      int b;
      do {
        if (at >= to || shift > 28) {
          throw corrupt(at);
        }
        b = bytes[at++];
        length |= (b & 0x7f) << shift;
        shift += 7;
      } while (b < 0);
      if (length < 0 || length > to - at) {
        throw corrupt(at);
      }
      texts.add(new String(bytes, at, length, StandardCharsets.UTF_8));
      at += length;
    }
    var pairs = texts.toArray(String[]::new);
    if (!isCanonical(pairs)) {
      throw corrupt(from);
    }
    return pairs.length == 0 ? EMPTY : new LabelSet(pairs);
  }

  private static TidemarkException corrupt(int at) {
    return new TidemarkException(ErrorCode.CORRUPT, "canonical label bytes: damaged at byte " + at);
  }

  /// Name by name, value by value; a set that is a prefix of the other comes first. This is the order of Prometheus' results.
  @Override
  public int compareTo(LabelSet other) {
    int n = Math.min(pairs.length, other.pairs.length);
    for (int i = 0; i < n; i++) {
      // Texts are mostly shared; `String` itself does not look.
      if (pairs[i] != other.pairs[i]) {
        int c = pairs[i].compareTo(other.pairs[i]);
        if (c != 0) {
          return c;
        }
      }
    }
    return Integer.compare(pairs.length, other.pairs.length);
  }

  @Override
  public boolean equals(Object other) {
    return this == other || other instanceof LabelSet that && hashCode() == that.hashCode() && Arrays.equals(pairs, that.pairs);
  }

  @Override
  public int hashCode() {
    if (hash == 0) {
      hash = Arrays.hashCode(pairs);
    }
    return hash;
  }

  /// As Prometheus prints it: `name{a="b", c="d"}`; a metric name that is not a plain identifier stands quoted in the braces.
  @Override
  public String toString() {
    var out = new StringBuilder();
    String metric = metricName();
    boolean plain = isPlainName(metric, true);
    if (plain) {
      out.append(metric);
      if (pairs.length == 2) {
        return out.toString();
      }
    }
    out.append('{');
    boolean first = true;
    if (!plain && !metric.isEmpty()) {
      quote(out, metric);
      first = false;
    }
    for (int i = 0; i < pairs.length; i += 2) {
      if (pairs[i].equals(NAME)) {
        continue;
      }
      if (!first) {
        out.append(", ");
      }
      first = false;
      if (isPlainName(pairs[i], false)) {
        out.append(pairs[i]);
      } else {
        quote(out, pairs[i]);
      }
      out.append('=');
      quote(out, pairs[i + 1]);
    }
    return out.append('}').toString();
  }

  /// Whether `name` needs no quotes in PromQL: `[a-zA-Z_][a-zA-Z0-9_]*`, with colons allowed in metric names.
  public static boolean isPlainName(String name, boolean metric) {
    if (name.isEmpty()) {
      return false;
    }
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean ok = c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || i > 0 && c >= '0' && c <= '9' || metric && c == ':';
      if (!ok) {
        return false;
      }
    }
    return true;
  }

  /// Appends `text` in double quotes with backslash, quote and control characters escaped, as Go's `strconv.Quote` does.
  public static void quote(StringBuilder out, String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        case '\u0007' -> out.append("\\a");
        case '\b' -> out.append("\\b");
        case '\f' -> out.append("\\f");
        case '\u000b' -> out.append("\\v");
        default -> {
          if (c < 0x20 || c == 0x7f) {
            out.append(String.format("\\x%02x", (int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }
}
