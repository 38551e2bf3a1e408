package io.tidemark.log.kafka;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.tidemark.log.Trace;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

class SpoolFormatTest {
  /// The example of docs/formats/spool.md; decodes for ever.
  private static final String RECORD = "544d4b010105000000010003722d316869";
  private static final String MARK = "544d4b01022a00000000000000";

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex);
  }

  @Test
  void writesTheGoldenBytes() {
    assertEquals(RECORD, HexFormat.of().formatHex(SpoolFormat.encode(5, List.of(new Trace("", "r-1")), new byte[] {'h', 'i'})));
    assertEquals(MARK, HexFormat.of().formatHex(SpoolFormat.mark(42)));
  }

  @Test
  void readsTheGoldenBytes() {
    var waiting = assertInstanceOf(SpoolFormat.Entry.Waiting.class, SpoolFormat.decode(0, bytes(RECORD)));
    assertEquals(5, waiting.partition());
    assertEquals(List.of(new Trace("", "r-1")), waiting.traces());
    assertArrayEquals(new byte[] {'h', 'i'}, waiting.record());
    assertEquals(new SpoolFormat.Entry.Drained(42), SpoolFormat.decode(0, bytes(MARK)));
  }

  @Test
  void refusesWhatIsNoEntry() {
    for (int length = 0; length < bytes(MARK).length; length++) {
      byte[] cut = Arrays.copyOf(bytes(MARK), length);
      assertEquals(ErrorCode.CORRUPT, assertThrows(TidemarkException.class, () -> SpoolFormat.decode(7, cut)).code());
    }
    byte[] other = bytes(RECORD);
    other[4] = 9;
    assertEquals("spool entry 7: expected kind 1 or 2, found 9",
        assertThrows(TidemarkException.class, () -> SpoolFormat.decode(7, other)).getMessage());
    byte[] newer = bytes(RECORD);
    newer[3] = 2;
    assertEquals(ErrorCode.NOT_SUPPORTED, assertThrows(TidemarkException.class, () -> SpoolFormat.decode(7, newer)).code());
  }
}
