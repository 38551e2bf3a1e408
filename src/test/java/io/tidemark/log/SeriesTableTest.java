package io.tidemark.log;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.junit.jupiter.api.Test;

class SeriesTableTest {
  private static final int SERIES = 20_000;
  private final SeriesTable table = new SeriesTable();

  private void fill() {
    for (int handle = 0; handle < SERIES; handle++) {
      table.put(high(handle), low(handle), handle);
      table.put(~high(handle), low(handle), handle);
    }
  }

  /// Few different low halves, so that many entries meet in one slot.
  private static long low(int handle) {
    return handle % 4_999;
  }

  private static long high(int handle) {
    return handle * 0x9e3779b97f4a7c15L;
  }

  @Test
  void findsEveryEntryInTheOrderOfPut() {
    fill();
    for (int handle = 0; handle < SERIES; handle++) {
      assertEquals(handle, table.find(~high(handle), low(handle)));
    }
  }

  @Test
  void findsEveryEntryInAnyOrder() {
    fill();
    var random = new Random(1);
    for (int i = 0; i < SERIES; i++) {
      int handle = random.nextInt(SERIES);
      assertEquals(handle, table.find(high(handle), low(handle)));
    }
  }

  @Test
  void guessesEntriesInTheOrderOfPutAndNoOthers() {
    fill();
    assertEquals(0, table.find(high(0), low(0)));
    for (int handle = 1; handle < SERIES; handle++) {
      assertEquals(BatchWriter.UNKNOWN, table.guess(high(handle + 1)));
      assertEquals(handle, table.guess(high(handle)));
    }
    assertEquals(BatchWriter.UNKNOWN, table.guess(high(1)));
  }

  @Test
  void doesNotFindAHashOfWhichOneHalfIsKnown() {
    fill();
    assertEquals(BatchWriter.UNKNOWN, table.find(high(7), low(8)));
    assertEquals(BatchWriter.UNKNOWN, table.find(high(7) + 1, low(7)));
    assertEquals(2 * SERIES, table.entries());
  }

  @Test
  void findsNothingWhenEmpty() {
    assertEquals(BatchWriter.UNKNOWN, table.find(0, 0));
  }
}
