package io.tidemark.notify;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class NotificationLogEntryTest {
  private static final String GOLDEN_1 = "01" + "0000000000000001" + "0000000000000100" + "00000002" + "8000000000000000"
      + "0000000000000007" + "00000001" + "0000000000000009";
  private static final String GOLDEN = "02" + GOLDEN_1.substring(2) + "0000000000000200" + "0000000000000005" + "00000001"
      + "0000000000000008" + "00000000";
  private static final NotificationLogEntry ENTRY =
      new NotificationLogEntry(1, 256, new long[] {Long.MIN_VALUE, 7}, new long[] {9},
          new NotificationLogEntry.Intent(512, 5, new long[] {8}, new long[0]));

  @Test
  void writesVersion2() {
    assertEquals(GOLDEN, HexFormat.of().formatHex(ENTRY.encode()));
  }

  @Test
  void readsVersion2() {
    NotificationLogEntry read = NotificationLogEntry.decode(HexFormat.of().parseHex(GOLDEN)).orElseThrow();
    assertTold(read);
    assertEquals(512, read.intent().atMillis());
    assertEquals(5, read.intent().token());
    assertTrue(read.intent().tells(new long[] {8}, new long[0]));
  }

  @Test
  void readsVersion1() {
    NotificationLogEntry read = NotificationLogEntry.decode(HexFormat.of().parseHex(GOLDEN_1)).orElseThrow();
    assertTold(read);
    assertTrue(read.intent().isNone());
  }

  private static void assertTold(NotificationLogEntry read) {
    assertEquals(1, read.sentAtMillis());
    assertEquals(256, read.expiresAtMillis());
    assertArrayEquals(ENTRY.firing(), read.firing());
    assertArrayEquals(ENTRY.resolved(), read.resolved());
  }

  @Test
  void refusesEveryDamagedLengthAndOtherVersions() {
    byte[] bytes = ENTRY.encode();
    for (int length = 0; length < bytes.length; length++) {
      assertEquals(Optional.empty(), NotificationLogEntry.decode(Arrays.copyOf(bytes, length)), "length " + length);
    }
    assertTrue(NotificationLogEntry.decode(Arrays.copyOf(bytes, bytes.length + 1)).isEmpty());
    bytes[0] = 3;
    assertTrue(NotificationLogEntry.decode(bytes).isEmpty());
  }
}
