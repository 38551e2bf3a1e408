package io.tidemark.api.prometheus;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// What stands before the value of a point, `,[seconds,"`, kept from series to series: nearly all series of a range answer have the same
/// times. One thread.
final class StepTexts {
  /// A slot is written whole, whatever part of it counts.
  static final int BYTES_MAX = 32;
  /// Points beyond are written anew each time.
  private static final int SLOTS_MAX = 16 * 1024;
  private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final long[] millis;
  private final byte[] lengths;
  private final byte[] texts;
  /// A text of whole seconds, whose next ones differ in the last four digits: the digits before these, as a number, and where they end.
  private final byte[] pattern = new byte[BYTES_MAX];
  private long patternDigits = -1;
  private int patternEnd;

  /// @param points of the longest series expected
  StepTexts(int points) {
    int slots = Math.min(points, SLOTS_MAX);
    millis = new long[slots];
    lengths = new byte[slots];
    texts = new byte[slots * BYTES_MAX];
  }

  /// Writes the text of point `index` from `at` on, where there is room for {@link #BYTES_MAX}, and answers the end.
  int write(byte[] out, int at, int index, long timestampMillis) {
    if (index >= millis.length) {
      return text(out, at, timestampMillis);
    }
    int slot = index * BYTES_MAX;
    if (lengths[index] == 0 || millis[index] != timestampMillis) {
      millis[index] = timestampMillis;
      lengths[index] = (byte) (text(texts, slot, timestampMillis) - slot);
    }
    copy(texts, slot, out, at);
    return at + lengths[index];
  }

  private static void copy(byte[] from, int fromAt, byte[] to, int at) {
    for (int i = 0; i < BYTES_MAX; i += 8) {
      LONG.set(to, at + i, (long) LONG.get(from, fromAt + i));
    }
  }

  private int text(byte[] out, int at, long timestampMillis) {
    long seconds = timestampMillis / 1000;
    if (seconds < 10_000 || seconds * 1000 != timestampMillis) {
      return wholeText(out, at, timestampMillis);
    }
    long digits = seconds / 10_000;
    if (digits != patternDigits) {
      patternDigits = digits;
      patternEnd = wholeText(pattern, 0, timestampMillis);
    }
    copy(pattern, 0, out, at);
    int end = at + patternEnd;
    NumberText.fourDigits(out, end - 2, (int) (seconds - digits * 10_000));
    return end;
  }

  private static int wholeText(byte[] out, int at, long timestampMillis) {
    out[at] = ',';
    out[at + 1] = '[';
    int end = NumberText.seconds(out, at + 2, timestampMillis);
    out[end] = ',';
    out[end + 1] = '"';
    return end + 2;
  }
}
