package io.tidemark.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Selecting series asks often enough whether it should go on, and for the memory that it takes.
class ReadWatchTest {
  private static final int SERIES = 20_000;

  private static final class Counting implements ReadWatch {
    final long beatsMax;
    long beats;
    long bytes;

    Counting(long beatsMax) {
      this.beatsMax = beatsMax;
    }

    @Override
    public void beat() {
      if (++beats > beatsMax) {
        throw new TidemarkException(ErrorCode.CANCELED, "stopped");
      }
    }

    @Override
    public void hold(long more) {
      bytes += more;
    }
  }

  private final StorageFixture f = new StorageFixture(1, 1, StorageConfig.DEFAULT).open();

  private Selection sorted(ReadWatch watch, Matcher... matchers) {
    try (SeriesView view = f.await(f.storage.view(new ReadPolicy(true, 1_000, watch)))) {
      Selection selection = view.select(List.of(matchers), TimeRange.ALL, SERIES);
      assertEquals(LabelSet.of(LabelSet.NAME, "x", "i", "i0"), selection.labels(0));
      return selection;
    }
  }

  @Test
  void beatsWhileItLooksForSeriesAndSortsThem() {
    for (int i = 0; i < SERIES; i++) {
      f.add(LabelSet.of(LabelSet.NAME, "x", "i", "i" + i * 7 % SERIES), StorageFixture.NOW - i, 1);
    }
    f.settle();
    var pattern = new Matcher("i", Matcher.Op.MATCH, "i.*[0-9]");
    var all = new Counting(Long.MAX_VALUE);
    assertEquals(SERIES, sorted(all, pattern).count());
    int rounds = 3 * SERIES; // values of the label, then series, then their sort
    assertTrue(all.beats >= rounds / Pace.ROUNDS - 2, "only " + all.beats + " beats");
    assertTrue(all.bytes >= SERIES * 100L, "only " + all.bytes + " bytes");
    for (long after = 0; after < all.beats; after++) {
      var some = new Counting(after);
      assertThrows(TidemarkException.class, () -> sorted(some, pattern));
      assertEquals(after + 1, some.beats, "a beat that throws is the last");
    }
  }
}
