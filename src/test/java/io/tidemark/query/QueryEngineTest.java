package io.tidemark.query;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.promql.AggregateOp;
import io.tidemark.promql.DurationExpr;
import io.tidemark.promql.Expr;
import io.tidemark.promql.Function;
import io.tidemark.promql.Span;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class QueryEngineTest {
  private final MemoryReader reader = new MemoryReader();
  private final QueryEngine engine = new QueryEngine(reader, QueryConfig.DEFAULT, Runnable::run, Clock.system(), new Metrics());

  private static Expr.VectorSelector selector(String name) {
    return new Expr.VectorSelector(name, List.of(Matcher.equal(LabelSet.NAME, name)), Expr.TimeShift.NONE, Expr.Extension.NONE, Span.NONE);
  }

  private static Expr rate(String name, long rangeMillis) {
    return new Expr.Call(Function.RATE, List.of(new Expr.MatrixSelector(selector(name), new DurationExpr.Literal(rangeMillis, Span.NONE),
        Span.NONE)), Span.NONE);
  }

  @Test
  void sumsRatesByLabel() {
    reader.add(LabelSet.of("__name__", "x_total", "job", "a", "i", "0"), 60_000, 0, 60, 120, 180);
    reader.add(LabelSet.of("__name__", "x_total", "job", "a", "i", "1"), 60_000, 0, 120, 240, 360);
    reader.add(LabelSet.of("__name__", "x_total", "job", "b", "i", "0"), 60_000, 0, 6, 0, 6);
    Expr expr = new Expr.Aggregation(AggregateOp.SUM, Optional.empty(), rate("x_total", 180_000), false, List.of("job"), Span.NONE);
    var result = engine.run(expr, QueryRequest.instant("", 180_000)).result();
    var vector = assertInstanceOf(Value.Vector.class, result.value());
    assertEquals(List.of(new Value.Element(LabelSet.of("job", "a"), 3.0)), vector.elements().subList(0, 1));
    assertEquals(LabelSet.of("job", "b"), vector.elements().get(1).labels());
    assertEquals(0, reader.open);
  }
}
