package io.tidemark.api.prometheus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.Histogram;
import io.tidemark.model.LabelSet;
import io.tidemark.query.Value;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AnswerHistogramsTest {
  private static final LabelSet X = LabelSet.of("__name__", "x");
  private static final Histogram EXPONENTIAL = new Histogram(0, 9.5, -2, 0.001, 1,
      new Histogram.Buckets(new int[] {0, 1, 3}, new double[] {2, 0, 4}), new Histogram.Buckets(new int[] {1}, new double[] {2.5}),
      new double[0], Histogram.Reset.UNKNOWN);

  private static String answer(Value value) {
    return AnswerBodyTest.written(value);
  }

  @Test
  void cutsALongSeriesOfBothIntoPieces() {
    int count = 3_000;
    var timestamps = new long[count];
    var histograms = new Histogram[count];
    for (int i = 0; i < count; i++) {
      timestamps[i] = i * 1000L;
      histograms[i] = i % 3 == 0 ? null : EXPONENTIAL;
    }
    var series = new Value.Series(X, timestamps, new double[count], histograms, count);
    JsonArray result = new JsonObject(answer(new Value.Matrix(List.of(series, series)))).getJsonObject("data").getJsonArray("result");
    for (int s = 0; s < 2; s++) {
      JsonObject found = result.getJsonObject(s);
      assertEquals(Set.of("metric", "values", "histograms"), found.fieldNames());
      assertEquals(1_000, found.getJsonArray("values").size());
      assertEquals(2_000, found.getJsonArray("histograms").size());
      assertEquals(2_999, found.getJsonArray("histograms").getJsonArray(1_999).getInteger(0));
    }
  }

  @Test
  void writesHistogramsWithTheBoundsOfTheirBuckets() {
    assertEquals("""
        {"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"x"},"histogram":[60,{"count":"9.5","sum":"-2",\
        "buckets":[[1,"-2","-1","2.5"],[3,"-0.001","0.001","1"],[0,"0.5","1","2"],[0,"4","8","4"]]}]}]}}""",
        answer(new Value.Vector(60_000, List.of(new Value.Element(X, 0, EXPONENTIAL)))));
  }

  @Test
  void writesCustomBucketsUpToInfinity() {
    var custom = new Histogram(Histogram.CUSTOM_SCHEMA, 6, 20, 0, 0, new Histogram.Buckets(new int[] {0, 1, 2}, new double[] {1, 2, 3}),
        Histogram.Buckets.NONE, new double[] {5, 10}, Histogram.Reset.UNKNOWN);
    assertTrue(answer(new Value.Vector(0, List.of(new Value.Element(X, 0, custom)))).contains("""
        "buckets":[[3,"-Inf","5","1"],[0,"5","10","2"],[0,"10","+Inf","3"]]"""));
  }

  @Test
  void keepsNumbersAndHistogramsOfASeriesApart() {
    var empty = new Histogram(0, 0, 0, 0, 0, Histogram.Buckets.NONE, Histogram.Buckets.NONE, new double[0], Histogram.Reset.UNKNOWN);
    var mixed = new Value.Series(X, new long[] {1000, 2000, 3000}, new double[] {1, 0, 3}, new Histogram[] {null, empty, null}, 3);
    assertTrue(answer(new Value.Matrix(List.of(mixed))).contains("""
        "values":[[1,"1"],[3,"3"]],"histograms":[[2,{"count":"0","sum":"0"}]]}"""));
    var only = new Value.Series(X, new long[] {2000}, new double[] {0}, new Histogram[] {empty}, 1);
    assertTrue(answer(new Value.Matrix(List.of(only))).contains("""
        {"metric":{"__name__":"x"},"histograms":[[2,{"count":"0","sum":"0"}]]}"""));
  }
}
