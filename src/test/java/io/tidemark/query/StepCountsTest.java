package io.tidemark.query;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tidemark.model.LabelSet;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The samples of each step. The numbers are those that Prometheus' own test of its statistics expects for the same samples.
class StepCountsTest {
  private final MemoryReader reader = new MemoryReader();
  private final QueryEngine engine = new QueryEngine(reader, QueryConfig.DEFAULT, Runnable::run, Clock.system(), new Metrics());

  StepCountsTest() {
    for (int i = 0; i <= 100; i++) {
      reader.add(LabelSet.of(LabelSet.NAME, "one"), i * 10_000L, i + 1);
      for (int n = 1; n <= 3; n++) {
        reader.add(LabelSet.of(LabelSet.NAME, "three", "a", "" + n, "b", "" + n % 2), i * 10_000L, i + n);
      }
    }
  }

  private long[] steps(QueryRequest request) {
    return engine.run(request.countingSteps(true)).result().stats().samplesPerStep();
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "three{a='1'}|21|1", "three{a='1'} @ 19|21|1", "three{a='1'}[20s] @ 19|21|2", "three|21|3", "one[60s]|201|6",
      "max_over_time(one[60s])[20s:5s]|201|24", "max_over_time(one[61s])[20s:5s]|201|26", "one[60s] @ 30|201|4",
      "sum(max_over_time(three[60s] @ 30))|201|12", "one[60s] offset 10s|201|6", "three[60s]|201|18", "max_over_time(one[60s])|201|6",
      "absent_over_time(one[60s])|201|6", "one[60s:5s]|201|12", "one[60s:5s] offset 10s|201|12", "max_over_time(three[60s:5s])|201|36",
      "sum(max_over_time(three[60s:5s])) + sum(max_over_time(three[60s:5s]))|201|72"})
  void ofInstantQueries(String query, long second, long samples) {
    assertArrayEquals(new long[] {samples}, steps(QueryRequest.instant(query, second * 1_000)));
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "three{a='1'}|201|220|5|1 1 1 1", "three{a='1'}|204|223|5|1 1 1 1", "timestamp(one)|201|220|5|1 1 1 1",
      "max_over_time(three{a='1'}[10s])|991|1021|10|1 1 0 0", "three{a='1'} offset 10s|201|220|5|1 1 1 1",
      "max_over_time(three[60s] @ 30)|201|220|5|12 12 12 12", "three|201|220|5|3 3 3 3",
      "max_over_time(three[60s])|201|220|5|18 18 18 18", "max_over_time(three[60s:5s])|201|220|5|36 36 36 36",
      "sum by (b) (max_over_time(one[60s:5s]))|201|220|5|12 12 12 12",
      "sum(max_over_time(three[60s:5s])) + sum(max_over_time(one[60s:5s]))|201|220|5|48 48 48 48"})
  void ofRangeQueries(String query, long start, long end, long step, String samples) {
    assertArrayEquals(Arrays.stream(samples.split(" ")).mapToLong(Long::parseLong).toArray(),
        steps(QueryRequest.range(query, start * 1_000, end * 1_000, step * 1_000)));
  }

  @Test
  void areNotMadeUnlessAskedFor() {
    assertEquals(0, engine.run(QueryRequest.instant("three", 21_000)).result().stats().samplesPerStep().length);
  }
}
