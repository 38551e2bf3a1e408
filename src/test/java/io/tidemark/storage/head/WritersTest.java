package io.tidemark.storage.head;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class WritersTest {
  private static int remembered(Writers writers) {
    int count = 0;
    for (Writers.Dictionary _ : writers.all()) {
      count++;
    }
    return count;
  }

  @Test
  void forgetsOnlyWhoBeganLongAgoAndWasSilentForLong() {
    var writers = new Writers();
    writers.of(1, 1, 1_000).define(0, 7);
    writers.of(2, 1, 9_000).define(0, 8);
    for (int i = 0; i < 3; i++) {
      writers.tick(5_000, 3);
    }
    assertTrue(writers.isNamed(7), "not silent for long enough");
    writers.tick(5_000, 3);
    assertFalse(writers.isNamed(7));
    assertTrue(writers.isNamed(8), "its epoch began a moment ago");
    assertEquals(1, remembered(writers));
  }

  @Test
  void aRecordEndsTheSilence() {
    var writers = new Writers();
    writers.of(1, 1, 1_000).define(0, 7);
    for (int i = 0; i < 10; i++) {
      writers.of(1, 1, 1_000);
      writers.tick(5_000, 3);
    }
    assertEquals(7, writers.of(1, 1, 1_000).ref(0));
  }

  @Test
  void silenceSurvivesACheckpoint() {
    var writers = new Writers();
    writers.restore(1, 1, 1_000, 3).define(0, 7);
    writers.tick(5_000, 3);
    assertFalse(writers.isNamed(7));
  }

  @Test
  void aSeriesIsNamedAsLongAsAnyDictionaryNamesIt() {
    var writers = new Writers();
    writers.of(1, 1, 0).define(0, 7);
    writers.of(2, 1, 0).define(5, 7);
    writers.of(1, 2, 0);
    assertTrue(writers.isNamed(7));
    Writers.Dictionary ended = writers.of(1, 1, 0);
    assertEquals(-1, ended.ref(0), "an ended epoch begins with nothing");
    ended.define(0, 9);
    assertFalse(writers.isNamed(9), "and leaves nothing");
    writers.of(2, 2, 0);
    assertFalse(writers.isNamed(7));
  }

  @Test
  void theOneSilentLongestGoesWhenThereAreTooMany() {
    var writers = new Writers();
    for (int writer = 0; writer <= Writers.WRITERS_MAX; writer++) {
      writers.of(writer, 1, 0).define(0, writer);
      writers.of(0, 1, 0);
    }
    assertEquals(Writers.WRITERS_MAX, remembered(writers));
    assertTrue(writers.isNamed(0));
    assertFalse(writers.isNamed(1));
  }
}
