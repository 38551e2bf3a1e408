package io.tidemark.api.prometheus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.tidemark.query.QueryRequest;
import io.tidemark.query.QueryResult;
import io.tidemark.query.Value;
import io.tidemark.storage.Resolution;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class JsonStatsTest {
  private static final QueryRequest REQUEST = QueryRequest.range("x", 1_500, 3_500, 1_000);
  private static final QueryResult RESULT = new QueryResult(new Value.Matrix(List.of()), List.of(), List.of(),
      new QueryResult.Stats(9, 12, 3, 1_000_000, 2_000_000, 500_000_000, 3_000_000, new long[] {3, 4, 3},
          () -> List.of(new QueryResult.SelectorRead("x{a=\"b\"}", Resolution.HOUR, 7, 2))));

  private static String answer(Optional<String> stats) {
    return AnswerBodyTest.written(new AnswerBody(RESULT, REQUEST, stats, Optional.empty()));
  }

  private static JsonObject stats(String wanted) {
    return new JsonObject(answer(Optional.of(wanted))).getJsonObject("data").getJsonObject("stats");
  }

  @Test
  void tellTimesAndSamplesAsPrometheusDoes() {
    assertEquals(new JsonObject("""
        {"timings": {"evalTotalTime": 0.505, "resultSortTime": 0.003, "queryPreparationTime": 0.002, "innerEvalTime": 0.5,
          "execQueueTime": 0.001, "execTotalTime": 0.506},
         "samples": {"totalQueryableSamplesPerStep": [[1.5, 3], [2.5, 4], [3.5, 3]], "totalQueryableSamples": 10, "peakSamples": 12},
         "selectors": [{"selector": "x{a=\\"b\\"}", "resolution": "1h", "downsampled": 7, "raw": 2}]}
        """), stats("all"));
    assertFalse(stats("1").getJsonObject("samples").containsKey("totalQueryableSamplesPerStep"));
    assertEquals(10, stats("1").getJsonObject("samples").getInteger("totalQueryableSamples"));
    assertFalse(answer(Optional.empty()).contains("stats"));
  }
}
