package io.tidemark.time;

import java.security.SecureRandom;
import java.util.Random;

/// Random numbers: from the system in production, from a seed in simulations. Safe on any thread.
public interface Entropy {
  /// Any 64 bits.
  long nextLong();

  /// Uniform in `[0, boundExclusive)`.
  default int nextInt(int boundExclusive) {
    return (int) Long.remainderUnsigned(nextLong(), boundExclusive);
  }

  /// Uniform in `[0, 1)`.
  default double nextDouble() {
    return (nextLong() >>> 11) * 0x1.0p-53;
  }

  /// The system's unpredictable source.
  static Entropy system() {
    var random = new SecureRandom();
    return random::nextLong;
  }

  /// The same numbers for the same seed.
  static Entropy seeded(long seed) {
    var random = new Random(seed);
    return () -> {
      synchronized (random) {
        return random.nextLong();
      }
    };
  }
}
