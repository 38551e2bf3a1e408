package io.tidemark.time;

import java.security.SecureRandom;
import java.util.Random;
import java.util.SplittableRandom;

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

  /// A stream of its own, a hundred times cheaper than the system's, for numbers that must differ and need not be secret. For one thread.
  default Entropy cheap() {
    var random = new SplittableRandom(nextLong());
    return random::nextLong;
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
