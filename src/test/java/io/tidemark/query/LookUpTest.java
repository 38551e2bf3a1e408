package io.tidemark.query;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.storage.ReadPolicy;
import io.tidemark.storage.SeriesView;
import io.tidemark.storage.StorageConfig;
import io.tidemark.storage.StorageFixture;
import io.tidemark.telemetry.Metrics;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/// Look-ups of series and labels take their memory where queries do.
class LookUpTest {
  private static final List<Matcher> ALL = List.of(Matcher.equal(LabelSet.NAME, "x"));

  private final StorageFixture f = new StorageFixture(1, 2, StorageConfig.DEFAULT).open();
  private final Metrics metrics = new Metrics();
  private final QueryEngine engine = new QueryEngine(f.storage, QueryConfig.DEFAULT.withBudgets(1 << 20, 1 << 20, 1 << 20, 1 << 20),
      Runnable::run, f.time, metrics);

  private <T> T look(LookUp account, Function<SeriesView, T> read) {
    try (var view = f.await(f.storage.view(new ReadPolicy(true, 1_000, account)))) {
      return read.apply(view);
    }
  }

  private void load(int series) {
    for (int i = 0; i < series; i++) {
      f.add(LabelSet.of(LabelSet.NAME, "x", "i", "value " + i), StorageFixture.NOW - 1, 1);
    }
    f.settle();
  }

  private double held() {
    return metrics.print().lines().filter(line -> line.startsWith("tidemark_query_memory_bytes "))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(' ') + 1))).sum();
  }

  @Test
  void holdWhatTheyReadUntilTheAnswerIsSent() {
    load(500);
    LookUp account = engine.lookUp();
    assertEquals("x", look(account, view -> view.select(ALL, TimeRange.ALL, 1_000).labels(0)).metricName());
    assertTrue(held() >= 500 * 4 * 100, held() + " bytes");
    account.close();
    assertEquals(0, held());
  }

  @Test
  void areRefusedWhenThereIsNoMemory() {
    load(4_000);
    for (Function<SeriesView, Object> read : List.<Function<SeriesView, Object>>of(
        view -> view.select(ALL, TimeRange.ALL, 10_000).labels(0), view -> view.labelValues("i", List.of(), TimeRange.ALL),
        view -> view.labelValues("i", ALL, TimeRange.ALL))) {
      try (LookUp account = engine.lookUp()) {
        assertEquals(ErrorCode.TOO_EXPENSIVE, assertThrows(TidemarkException.class, () -> look(account, read)).code());
      }
      assertEquals(0, held());
    }
  }

  @Test
  void endWithTheirClient() {
    load(4_000);
    LookUp account = engine.lookUp();
    account.close();
    assertEquals(ErrorCode.CANCELED,
        assertThrows(TidemarkException.class, () -> look(account, view -> view.select(ALL, TimeRange.ALL, 10_000))).code());
    assertEquals(0, held());
  }
}
