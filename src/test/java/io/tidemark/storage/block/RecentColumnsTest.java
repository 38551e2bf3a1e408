package io.tidemark.storage.block;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class RecentColumnsTest {
  private static final int COLUMN_BYTES = 480 * Double.BYTES;
  private static final int COLUMNS = 64;

  private final RecentColumns<double[]> columns = new RecentColumns<>(COLUMNS * COLUMN_BYTES, COLUMN_BYTES);

  private void read(long block, long number) {
    if (columns.find(block, number) == null && columns.isWorthKeeping(block, number)) {
      columns.keep(block, number, new double[] {block, number}, COLUMN_BYTES);
    }
  }

  @Test
  void keepsAColumnFromItsSecondReadOn() {
    assertNull(columns.find(1, 2));
    assertFalse(columns.isWorthKeeping(1, 2));
    assertTrue(columns.isWorthKeeping(1, 2));
    var content = new double[] {7};
    columns.keep(1, 2, content, COLUMN_BYTES);
    assertSame(content, columns.find(1, 2));
    assertNull(columns.find(2, 2));
    assertNull(columns.find(1, 3));
    assertEquals(COLUMN_BYTES, columns.bytes());
  }

  @Test
  void neverTakesMoreThanItMayNorTellsAnotherColumn() {
    var random = new Random(1);
    for (int i = 0; i < 200_000; i++) {
      long block = random.nextInt(20);
      long number = (long) random.nextInt(20) << 32 | random.nextInt(3);
      read(block, number);
      double[] found = columns.find(block, number);
      if (found != null) {
        assertEquals(block, found[0]);
        assertEquals(number, found[1]);
      }
      assertTrue(columns.bytes() <= columns.bytesMax(), () -> columns.bytes() + " bytes");
    }
    assertTrue(columns.bytes() > columns.bytesMax() / 2, () -> "much stays free: " + columns.bytes());
  }

  @Test
  void oneReadOfEverythingLeavesWhatIsInUse() {
    for (int round = 0; round < 4; round++) {
      for (long number = 0; number < COLUMNS / 8; number++) {
        read(1, number);
      }
    }
    int before = kept();
    assertTrue(before >= COLUMNS / 16, () -> "kept " + before);
    for (long number = 0; number < COLUMNS / 2; number++) {
      read(2, number);
    }
    assertTrue(kept() >= before * 2 / 3, () -> "kept " + kept() + " of " + before);
  }

  private int kept() {
    int kept = 0;
    for (long number = 0; number < COLUMNS / 8; number++) {
      kept += columns.find(1, number) == null ? 0 : 1;
    }
    return kept;
  }
}
