package io.tidemark.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.LabelSet;
import io.tidemark.telemetry.LogLines;
import java.util.List;
import org.junit.jupiter.api.Test;

class UnknownSeriesTest {
  private static final long T0 = 1_704_067_200_000L;
  private static final LabelSet LOST = LabelSet.of(LabelSet.NAME, "lost");
  private static final LabelSet KNOWN = LabelSet.of(LabelSet.NAME, "known");

  private final StorageFixture f = new StorageFixture(1, 1, StorageConfig.DEFAULT);
  private long at = T0;

  private void write(LabelSet labels, int samples) {
    for (int i = 0; i < samples; i++) {
      f.add(labels, at += 1_000, i);
    }
    f.flush();
  }

  @Test
  void samplesWhoseDefinitionIsLostAreLoggedOnceAMinute() {
    write(LOST, 1);
    write(LOST, 3);
    f.log.trim(0, 1);
    try (var lines = LogLines.of(UnknownSeries.class)) {
      f.open();
      f.await(f.storage.caughtUp());
      assertEquals(1, lines.warnings().size());
      assertTrue(lines.warnings().getFirst().contains("samples=\"3\""), lines.warnings().toString());
      write(LOST, 5);
      write(KNOWN, 1);
      write(LOST, 7);
      f.settle();
      assertEquals(1, lines.warnings().size(), "not twice within a minute");
      f.time.advance(90_000);
      assertEquals(2, lines.warnings().size());
      assertTrue(lines.warnings().getLast().contains("shard=\"0\"") && lines.warnings().getLast().contains("samples=\"12\""),
          lines.warnings().toString());
      f.time.advance(300_000);
      assertEquals(2, lines.warnings().size());
      assertEquals(15, f.metric("tidemark_dropped_samples_total"));
    }
    assertEquals(List.of(KNOWN), List.copyOf(f.readAll().keySet()));
  }
}
