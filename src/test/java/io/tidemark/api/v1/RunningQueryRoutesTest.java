package io.tidemark.api.v1;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tidemark.query.ActiveQuery;
import io.tidemark.query.QueryEstimate;
import io.tidemark.query.QueryRequest;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RunningQueryRoutesTest {
  @Test
  void listsWhatRunsAndWhatWaits() {
    var estimate = new QueryEstimate(1_000, 10, 600, Map.of(), true);
    var running = new ActiveQuery(7, QueryRequest.range("sum(x)", 1_000, 61_000, 1_000), 5_000, true, 437, 10, 4_800,
        () -> Optional.of(estimate), () -> { });
    var waiting = new ActiveQuery(8, QueryRequest.instant("<x>", 2_000).by("key 3"), 6_000, false, 0, 0, 0, Optional::empty, () -> { });
    assertEquals("{\"status\":\"success\",\"data\":{\"queries\":["
        + "{\"id\":7,\"query\":\"sum(x)\",\"principal\":\"anonymous\",\"state\":\"running\",\"startedAt\":5000,\"ageMillis\":2000,"
        + "\"start\":1000,\"end\":61000,\"step\":1000,\"samples\":437,\"series\":10,\"memoryBytes\":4800,"
        + "\"estimate\":{\"samples\":1000,\"series\":10,\"values\":600,\"bytes\":4800,\"whole\":true},\"progress\":0.43},"
        + "{\"id\":8,\"query\":\"<x>\",\"principal\":\"key 3\",\"state\":\"waiting\",\"startedAt\":6000,\"ageMillis\":1000,"
        + "\"start\":2000,\"end\":2000,\"step\":0,\"samples\":0,\"series\":0,\"memoryBytes\":0,\"estimate\":null,"
        + "\"progress\":null}]}}", RunningQueryRoutes.json(List.of(running, waiting), 7_000).encode());
  }
}
