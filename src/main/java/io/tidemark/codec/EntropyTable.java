package io.tidemark.codec;

import java.util.Arrays;

/// How often each token is expected, as a table for coding (tabled asymmetric numeral systems: Duda, "Asymmetric numeral systems",
/// arXiv:1311.2540; the spread of states over the table is that of Collet's Finite State Entropy). Safe on any thread.
///
/// Each token has slots, a share of {@link #STATES}; it costs about log2(states / slots) bits. Tokens without slots are written behind
/// {@link Tokens#ESCAPE}, which always has one. All arithmetic is of integers, or strict, so that equal counts give equal tables anywhere.
final class EntropyTable {
  static final int STATE_BITS = 11;
  static final int STATES = 1 << STATE_BITS;
  /// Costs are in parts of a bit.
  static final int COST_UNIT = 64;

  /// Where the parts of an entry of {@link #decoding} begin.
  private static final int LOW_BITS_AT = 9;
  private static final int ALL_BITS_AT = 15;
  private static final int NEXT_AT = 21;

  private static final int SPREAD_STEP = (STATES >> 1) + (STATES >> 3) + 3;
  /// What so many slots cost.
  private static final int[] COSTS = new int[STATES + 1];

  static {
    for (int slots = 1; slots <= STATES; slots++) {
      COSTS[slots] = (int) StrictMath.rint((STATE_BITS - StrictMath.log(slots) / StrictMath.log(2)) * COST_UNIT);
    }
  }

  private final int[] slots;
  private final int[] costs = new int[Tokens.COUNT];
  /// Made when first asked for; a race makes them twice.
  private volatile int[] decoding = new int[0];
  private volatile int[] encoding = new int[0];
  private final int[] encodingFrom = new int[Tokens.COUNT];

  /// @param slots by token; all together are {@link #STATES}, and the escape has some
  private EntropyTable(int[] slots) {
    this.slots = slots;
    int from = 0;
    for (int token = 0; token < Tokens.COUNT; token++) {
      costs[token] = slots[token] > 0 ? COSTS[slots[token]] : COSTS[slots[Tokens.ESCAPE]] + Tokens.ESCAPE_BITS * COST_UNIT;
      encodingFrom[token] = from;
      from += slots[token];
    }
  }

  /// A table for tokens that come as often as `counts` says, of which one at least is not 0 and the escape is.
  static EntropyTable of(int[] counts) {
    long total = 0;
    for (int count : counts) {
      total += count;
    }
    var slots = new int[Tokens.COUNT];
    slots[Tokens.ESCAPE] = 1;
    int left = STATES - 1;
    int most = 0;
    for (int token = 0; token < Tokens.ESCAPE; token++) {
      if (counts[token] > 0) {
        slots[token] = (int) Math.max(1, (counts[token] * 2L * (STATES - 1) / total + 1) / 2);
        left -= slots[token];
        most = slots[token] > slots[most] ? token : most;
      }
    }
    // What rounding left over or took too much goes to the most frequent ones, where it changes the cost least.
    while (left < 0) {
      int largest = 0;
      for (int token = 0; token < Tokens.ESCAPE; token++) {
        largest = slots[token] > slots[largest] ? token : largest;
      }
      int less = Math.min(-left, Math.max(1, slots[largest] / 8));
      slots[largest] -= less;
      left += less;
    }
    slots[most] += left;
    return new EntropyTable(slots);
  }

  /// A table for when nothing is known: small numbers are frequent, every token has slots.
  static EntropyTable general() {
    var counts = new int[Tokens.COUNT];
    for (int token = 0; token < Tokens.ESCAPE; token++) {
      counts[token] = 1 + (1 << 12 >> Math.min(11, token / 6));
    }
    return of(counts);
  }

  /// Bits, in parts of {@link #COST_UNIT}, of one token, without its low bits.
  int cost(int token) {
    return costs[token];
  }

  boolean has(int token) {
    return slots[token] > 0;
  }

  // ---- as bytes

  /// How many tokens have slots, then for each its distance to the one before and its slots, all varints.
  void write(ByteWriter out) {
    int tokens = 0;
    for (int count : slots) {
      tokens += count > 0 ? 1 : 0;
    }
    out.writeVarint(tokens);
    int before = 0;
    for (int token = 0; token < Tokens.COUNT; token++) {
      if (slots[token] > 0) {
        out.writeVarint(token - before);
        out.writeVarint(slots[token]);
        before = token;
      }
    }
  }

  static EntropyTable read(ByteReader in) {
    var slots = new int[Tokens.COUNT];
    int token = 0;
    int left = STATES;
    for (int tokens = in.readCount(2); tokens > 0; tokens--) {
      token += in.readCount(0);
      int count = in.readCount(0);
      if (token < 0 || token >= Tokens.COUNT || slots[token] > 0 || count < 1 || count > left) {
        throw in.corrupt("token " + token + " with " + count + " of " + left + " slots left");
      }
      slots[token] = count;
      left -= count;
    }
    if (left > 0 || slots[Tokens.ESCAPE] == 0) {
      throw in.corrupt("a table with " + left + " slots left over and " + slots[Tokens.ESCAPE] + " of the escape");
    }
    return new EntropyTable(slots);
  }

  // ---- states

  /// The token of each state. Deterministic: readers and writers spread alike.
  private short[] spread() {
    var tokens = new short[STATES];
    int at = 0;
    for (int token = 0; token < Tokens.COUNT; token++) {
      for (int i = 0; i < slots[token]; i++) {
        tokens[at] = (short) token;
        at = at + SPREAD_STEP & STATES - 1;
      }
    }
    return tokens;
  }

  /// What a reader needs to know of each state, as one number: {@link #token}, {@link #lowBits}, {@link #allBits}, {@link #next}.
  int[] decoding() {
    int[] made = decoding;
    if (made.length == 0) {
      made = new int[STATES];
      short[] tokens = spread();
      int[] next = slots.clone();
      for (int state = 0; state < STATES; state++) {
        int token = tokens[state];
        int x = next[token]++;
        int bits = STATE_BITS - 31 + Integer.numberOfLeadingZeros(x);
        int low = Tokens.lowBits(token);
        boolean isLong = token == Tokens.ESCAPE || low + bits > NumberCoder.BITS_MAX;
        made[state] = token | (isLong ? bits : low) << LOW_BITS_AT | (isLong ? NumberCoder.LONG : low + bits) << ALL_BITS_AT
            | (x << bits) - STATES << NEXT_AT;
      }
      decoding = made;
    }
    return made;
  }

  static int token(int decoding) {
    return decoding & 0x1ff;
  }

  /// How many low bits follow the token; when {@link #allBits} is `LONG`, how many bits of the next state.
  static int lowBits(int decoding) {
    return decoding >>> LOW_BITS_AT & 63;
  }

  /// How many the low bits and those of the next state are, or {@link NumberCoder#LONG} when these are too many for the common way.
  static int allBits(int decoding) {
    return decoding >>> ALL_BITS_AT & 63;
  }

  /// What is added to the bits of the next state.
  static int next(int decoding) {
    return decoding >>> NEXT_AT;
  }

  /// The states of a token from {@link #encodingFrom} on, ascending.
  int[] encoding() {
    int[] made = encoding;
    if (made.length == 0) {
      made = new int[STATES];
      short[] tokens = spread();
      int[] next = encodingFrom.clone();
      for (int state = 0; state < STATES; state++) {
        made[next[tokens[state]]++] = state;
      }
      encoding = made;
    }
    return made;
  }

  int encodingFrom(int token) {
    return encodingFrom[token];
  }

  int slots(int token) {
    return slots[token];
  }

  @Override
  public String toString() {
    return Arrays.toString(slots);
  }
}
