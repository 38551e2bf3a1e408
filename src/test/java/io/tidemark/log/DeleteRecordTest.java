package io.tidemark.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.disk.GoldenBytes;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.Matcher;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DeleteRecordTest {
  private static final DeleteRecord EXAMPLE = new DeleteRecord(1_704_067_200_000L, new TimeRange(0, 1_704_067_200_001L),
      List.of(List.of(Matcher.equal("__name__", "up"), new Matcher("job", Matcher.Op.NOT_MATCH, "k.+")),
          List.of(new Matcher("raum", Matcher.Op.MATCH, "Küche|Bad"))));

  @Test
  void writesTheBytesOfVersionOne() {
    GoldenBytes.check("delete-v1", EXAMPLE.encode());
  }

  @Test
  void readsTheBytesOfVersionOne() {
    assertEquals(EXAMPLE, DeleteRecord.decode(GoldenBytes.read("delete-v1")));
  }

  @Test
  void readsWhatItWrote() {
    var random = new Random(1);
    for (int round = 0; round < 500; round++) {
      var selectors = new ArrayList<List<Matcher>>();
      for (int s = 1 + random.nextInt(4); s > 0; s--) {
        var matchers = new ArrayList<Matcher>();
        for (int m = 1 + random.nextInt(4); m > 0; m--) {
          Matcher.Op[] ops = Matcher.Op.values();
          matchers.add(new Matcher("n" + random.nextInt(9), ops[random.nextInt(ops.length)], "ü".repeat(random.nextInt(200))));
        }
        selectors.add(matchers);
      }
      long from = random.nextBoolean() ? Long.MIN_VALUE : random.nextInt();
      var record = new DeleteRecord(random.nextLong(), new TimeRange(from, random.nextBoolean() ? Long.MAX_VALUE : from + 5), selectors);
      assertEquals(record, DeleteRecord.decode(record.encode()));
    }
  }

  @Test
  void everyFlippedBitAndEveryCutIsFound() {
    byte[] golden = EXAMPLE.encode();
    for (int bit = 0; bit < golden.length * 8; bit++) {
      byte[] damaged = golden.clone();
      damaged[bit / 8] ^= (byte) (1 << bit % 8);
      var failure = assertThrows(TidemarkException.class, () -> DeleteRecord.decode(damaged));
      assertTrue(failure.code() == ErrorCode.CORRUPT || failure.code() == ErrorCode.NOT_SUPPORTED, failure.getMessage());
    }
    for (int bytes = 0; bytes < golden.length; bytes++) {
      byte[] cut = Arrays.copyOf(golden, bytes);
      assertEquals(ErrorCode.CORRUPT, assertThrows(TidemarkException.class, () -> DeleteRecord.decode(cut)).code());
    }
  }

  @Test
  void isToldFromBatches() {
    assertTrue(DeleteRecord.is(EXAMPLE.encode()));
    assertFalse(DeleteRecord.is(GoldenBytes.read("batch-v1")));
    assertFalse(DeleteRecord.is(new byte[3]));
  }

  @Test
  void refusesWhatShardsWouldHaveToKeep() {
    var large = new DeleteRecord(0, TimeRange.ALL, List.of(List.of(Matcher.equal("a", "x".repeat(65_536)))));
    assertEquals(ErrorCode.TOO_LARGE, assertThrows(TidemarkException.class, large::encode).code());
  }
}
