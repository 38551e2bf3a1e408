package io.tidemark.query.evaluate;

import io.tidemark.model.LabelSet;

/// A well-mixed 64-bit hash of labels, the same in every process: what `limit_ratio` draws its lot from.
final class Hashes {
  private Hashes() {}

  static long of(LabelSet labels) {
    long hash = 0x9e3779b97f4a7c15L;
    for (int i = 0; i < labels.count(); i++) {
      hash = mix(hash, labels.name(i));
      hash = mix(hash, labels.value(i));
    }
    hash = (hash ^ hash >>> 33) * 0xff51afd7ed558ccdL;
    hash = (hash ^ hash >>> 33) * 0xc4ceb9fe1a85ec53L;
    return hash ^ hash >>> 33;
  }

  private static long mix(long hash, String text) {
    long mixed = hash;
    for (int i = 0; i < text.length(); i++) {
      mixed = (mixed ^ text.charAt(i)) * 0x100000001b3L;
    }
    return (mixed ^ 0xff) * 0x100000001b3L;
  }
}
