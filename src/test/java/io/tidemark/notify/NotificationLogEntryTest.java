package io.tidemark.notify;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class NotificationLogEntryTest {
  private static final String GOLDEN = "01" + "0000000000000001" + "0000000000000100" + "00000002" + "8000000000000000" + "0000000000000007"
      + "00000001" + "0000000000000009";
  private static final NotificationLogEntry ENTRY =
      new NotificationLogEntry(1, 256, new long[] {Long.MIN_VALUE, 7}, new long[] {9});

  @Test
  void writesVersion1() {
    assertEquals(GOLDEN, HexFormat.of().formatHex(ENTRY.encode()));
  }

  @Test
  void readsVersion1() {
    NotificationLogEntry read = NotificationLogEntry.decode(HexFormat.of().parseHex(GOLDEN)).orElseThrow();
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
    bytes[0] = 2;
    assertTrue(NotificationLogEntry.decode(bytes).isEmpty());
  }
}
