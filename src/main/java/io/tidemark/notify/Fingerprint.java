package io.tidemark.notify;

import io.tidemark.model.LabelSet;
import java.nio.charset.StandardCharsets;

/// The 64-bit identity of a label set that Alertmanager shows: FNV-1a over names and values, each followed by a byte 255.
/// Source: prometheus/common `model.LabelSet.Fingerprint`.
final class Fingerprint {
  private static final long OFFSET = 0xcbf29ce484222325L;
  private static final long PRIME = 0x100000001b3L;

  private Fingerprint() {}

  static long of(LabelSet labels) {
    long hash = OFFSET;
    for (int i = 0; i < labels.count(); i++) {
      hash = add(add(hash, labels.name(i)), labels.value(i));
    }
    return hash;
  }

  private static long add(long hash, String text) {
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xff)) * PRIME;
    }
    return (hash ^ 0xff) * PRIME;
  }

  /// 16 hexadecimal digits.
  static String print(long fingerprint) {
    return String.format("%016x", fingerprint);
  }
}
