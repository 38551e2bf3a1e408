package io.tidemark.query;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.tidemark.model.LabelSet;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import java.util.List;
import org.junit.jupiter.api.Test;

class QueryEngineTest {
  private final MemoryReader reader = new MemoryReader();
  private final QueryEngine engine = new QueryEngine(reader, QueryConfig.DEFAULT, Runnable::run, Clock.system(), new Metrics());

  @Test
  void sumsRatesByLabel() {
    reader.add(LabelSet.of("__name__", "x_total", "job", "a", "i", "0"), 60_000, 0, 60, 120, 180);
    reader.add(LabelSet.of("__name__", "x_total", "job", "a", "i", "1"), 60_000, 0, 120, 240, 360);
    reader.add(LabelSet.of("__name__", "x_total", "job", "b", "i", "0"), 60_000, 0, 6, 12, 18);
    var result = engine.run(QueryRequest.instant("sum by (job) (rate(x_total[2m30s]))", 180_000)).result();
    var vector = assertInstanceOf(Value.Vector.class, result.value());
    assertEquals(2, vector.elements().size());
    assertEquals(LabelSet.of("job", "a"), vector.elements().get(0).labels());
    assertEquals(3.0, vector.elements().get(0).value(), 1e-9);
    assertEquals(List.of(), result.warnings());
    assertEquals(0, reader.open);
  }
}
