package io.tidemark.query.script;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.Histogram;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Stale;
import io.tidemark.model.TidemarkException;
import io.tidemark.query.script.SeriesLine.Point;
import java.util.List;
import org.junit.jupiter.api.Test;

class SeriesLineTest {
  private static List<Object> values(String sequence) {
    return SeriesLine.parse("x " + sequence).points().stream().map(point -> switch (point) {
      case Point.Value value -> (Object) value.value();
      case Point.Gap _ -> "gap";
      case Point.Histogram _ -> "histogram";
    }).toList();
  }

  @Test
  void expandsRepetitionsAndSteps() {
    assertEquals(List.of(1.0, 1.0, 1.0), values("1x2"));
    assertEquals(List.of(1.0, 3.0, 5.0), values("1+2x2"));
    assertEquals(List.of(-1.0, -1.5), values("-1-0.5x1"));
    assertEquals(List.of("gap", "gap", "gap", 4.0), values("_x2 _ 4"));
    assertEquals(List.of(0.0, 0.0), values("0x1"));
  }

  @Test
  void readsEverySpellingOfANumber() {
    assertEquals(List.of(1e5, 0.5, 2.0, 493.0, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, Double.NaN, 90.0, -0.25),
        values("1e+5 .5 2. 0755 Inf -inf NaN 1m30s -250ms"));
  }

  @Test
  void keepsTheStaleMarkersBits() {
    assertTrue(Stale.is((double) values("stale").getFirst()));
    assertFalse(Stale.is((double) values("NaN").getFirst()));
  }

  @Test
  void readsHistogramsAndTheirRepetitions() {
    assertEquals(List.of("histogram", "histogram", "histogram", 1.0), values("{{schema:0 sum:1 buckets:[1 2]}}x1 {{}} 1"));
    List<Histogram> grown = SeriesLine.parse("x {{count:1 buckets:[1] offset:-1}}+{{count:2 sum:-1.5 buckets:[2] offset:1}}x2").points()
        .stream().map(point -> ((Point.Histogram) point).histogram()).toList();
    assertEquals(List.of(1.0, 3.0, 5.0), grown.stream().map(Histogram::count).toList());
    assertEquals(-3, grown.get(2).sum());
    assertEquals(new Histogram.Buckets(new int[] {-1, 1}, new double[] {1, 4}), grown.get(2).positive());
  }

  @Test
  void readsEveryPartOfAHistogram() {
    String literal = "{{schema:-1 count:9 sum:1e2 z_bucket:2 z_bucket_w:0.5 n_buckets:[1 3] n_offset:4 counter_reset_hint:gauge}}";
    var point = (Point.Histogram) SeriesLine.parse("x " + literal).points().getFirst();
    assertEquals(new Histogram(-1, 9, 100, 0.5, 2, Histogram.Buckets.NONE,
        new Histogram.Buckets(new int[] {4, 5}, new double[] {1, 3}), new double[0], Histogram.Reset.GAUGE), point.histogram());
    assertTrue(point.hinted());
    var custom = (Point.Histogram) SeriesLine.parse("x {{schema:-53 custom_values:[-1 2.5] buckets:[1 0 4]}}").points().getFirst();
    assertArrayEquals(new double[] {-1, 2.5}, custom.histogram().customBounds());
    assertFalse(custom.hinted());
  }

  @Test
  void readsNamesAndLabelsInAllForms() {
    assertEquals(LabelSet.of("__name__", "x", "a", "1", "b", "two words } {"),
        SeriesLine.parse("x{a='1', b=\"two words } {\",} 1").labels());
    assertEquals(LabelSet.of("__name__", "a b", "c.d", "\""), SeriesLine.parse("{\"a b\", \"c.d\"=`\"`} 1").labels());
    assertEquals(LabelSet.EMPTY, SeriesLine.parse("{} 1").labels());
    assertTrue(SeriesLine.parse("x{a=\"1\"}@st _ -1mx2").startTimes());
  }

  @Test
  void refusesWhatIsNoSequence() {
    for (String sequence : List.of("one", "1x", "1+x2", "0x1F", "{{", "_1", "1 2,3", "{{size:1}}", "{{count}}",
        "{{counter_reset_hint:perhaps}}", "{{}}+{{schema:-53}}x1")) {
      assertThrows(IllegalArgumentException.class, () -> values(sequence), sequence);
    }
    assertThrows(IllegalArgumentException.class, () -> values("1x2000000"));
    assertThrows(TidemarkException.class, () -> SeriesLine.parse("x{a!=\"1\"} 1"));
  }
}
