package io.tidemark.codec;

/// Numbers as tokens: a small alphabet that is entropy coded, and low bits that follow as they are.
///
/// A number below 16 is its own token. Of a greater one the token says its length in bits and the two bits behind its highest; the rest are
/// low bits. {@link #ESCAPE} stands for a token that a table does not have; its eight bits follow.
final class Tokens {
  static final int ESCAPE = 256;
  static final int COUNT = ESCAPE + 1;
  static final int ESCAPE_BITS = 8;
  private static final int WHOLE = 16;
  /// What a token stands for when its low bits are 0.
  private static final long[] LEAST = new long[COUNT];

  static {
    for (int token = 0; token < ESCAPE; token++) {
      LEAST[token] = token < WHOLE ? token : (4L | token & 3) << lowBits(token);
    }
  }

  private Tokens() {}

  /// The token of an unsigned number.
  static int of(long number) {
    if (number >= 0 && number < WHOLE) {
      return (int) number;
    }
    int low = 61 - Long.numberOfLeadingZeros(number);
    return WHOLE + (low - 2) * 4 + (int) (number >>> low & 3);
  }

  /// How many low bits follow a token that is not the escape.
  static int lowBits(int token) {
    return token < WHOLE ? 0 : (token - WHOLE >> 2) + 2;
  }

  static long least(int token) {
    return LEAST[token];
  }
}
