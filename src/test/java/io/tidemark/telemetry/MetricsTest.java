package io.tidemark.telemetry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class MetricsTest {
  @Test
  void printsTheTextFormat() {
    var metrics = new Metrics();
    metrics.counter("tidemark_x_total", "Xs\nseen.", "kind", "a\"b").add(3);
    metrics.gauge("tidemark_a", "An a.", () -> 0.5);
    var histogram = metrics.histogram("tidemark_h_seconds", "Hs.", new double[] {0.1, 1});
    histogram.observe(0.1);
    histogram.observe(5);
    assertEquals("""
        # HELP tidemark_a An a.
        # TYPE tidemark_a gauge
        tidemark_a 0.5
        # HELP tidemark_h_seconds Hs.
        # TYPE tidemark_h_seconds histogram
        tidemark_h_seconds_bucket{le="0.1"} 1
        tidemark_h_seconds_bucket{le="1"} 1
        tidemark_h_seconds_bucket{le="+Inf"} 2
        tidemark_h_seconds_sum 5.1
        tidemark_h_seconds_count 2
        # HELP tidemark_x_total Xs\\nseen.
        # TYPE tidemark_x_total counter
        tidemark_x_total{kind="a\\"b"} 3
        """, metrics.print());
  }

  @Test
  void givesTheSameCounterForTheSameLabelsAndRefusesAnotherKind() {
    var metrics = new Metrics();
    assertSame(metrics.counter("a_total", "A.", "k", "v"), metrics.counter("a_total", "A.", "k", "v"));
    assertThrows(IllegalStateException.class, () -> metrics.gauge("a_total", "A.", () -> 1));
  }

  @Test
  void forgetsWhatCarriesALabel() {
    var metrics = new Metrics();
    metrics.counter("a_total", "A.", "shard", "1", "reason", "late").add(1);
    metrics.counter("a_total", "A.", "shard", "11", "reason", "late").add(2);
    metrics.gauge("b", "B.", () -> 3, "shard", "1");
    metrics.gauge("c", "C.", () -> 4);
    metrics.forget("shard", "1");
    assertEquals("""
        # HELP a_total A.
        # TYPE a_total counter
        a_total{shard="11",reason="late"} 2
        # HELP c C.
        # TYPE c gauge
        c 4
        """, metrics.print());
    assertEquals(0, metrics.counter("a_total", "A.", "shard", "1", "reason", "late").value());
  }
}
