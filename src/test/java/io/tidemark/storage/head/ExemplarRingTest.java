package io.tidemark.storage.head;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tidemark.model.Exemplar;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TimeRange;
import io.tidemark.storage.Postings;
import io.tidemark.storage.SeriesExemplars;
import io.tidemark.storage.head.ExemplarRing.Outcome;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ExemplarRingTest {
  private static Exemplar exemplar(long time) {
    return new Exemplar(LabelSet.of("trace_id", "t" + time), time, time);
  }

  private static List<SeriesExemplars> find(ExemplarRing ring, TimeRange range, int... refs) {
    return ring.find(new Postings(refs, refs.length), range, ref -> LabelSet.of(LabelSet.NAME, "m" + ref));
  }

  @Test
  void keepsTheNewestOfAllSeriesAndTellsThemBySeriesAndTime() {
    var random = new Random(1);
    var ring = new ExemplarRing(100);
    var expected = new ArrayDeque<ExemplarRing.Entry>();
    for (int i = 0; i < 1_000; i++) {
      int ref = random.nextInt(7);
      assertEquals(Outcome.KEPT, ring.add(ref, exemplar(i)));
      expected.add(new ExemplarRing.Entry(ref, exemplar(i)));
      if (expected.size() > 100) {
        expected.removeFirst();
      }
      assertEquals(expected.size(), ring.count());
    }
    assertEquals(List.copyOf(expected), ring.all());
    for (SeriesExemplars found : find(ring, new TimeRange(930, 980), 2, 5)) {
      int ref = Integer.parseInt(found.series().metricName().substring(1));
      assertEquals(expected.stream().filter(e -> e.ref() == ref && e.exemplar().timestampMillis() >= 930
          && e.exemplar().timestampMillis() < 980).map(ExemplarRing.Entry::exemplar).toList(), found.exemplars());
    }
  }

  @Test
  void refusesWhatIsNotNewerUntilTheNewestIsForgotten() {
    var ring = new ExemplarRing(2);
    assertEquals(Outcome.KEPT, ring.add(1, exemplar(10)));
    assertEquals(Outcome.REPEATED, ring.add(1, exemplar(10)));
    assertEquals(Outcome.OUT_OF_ORDER, ring.add(1, exemplar(9)));
    assertEquals(Outcome.OUT_OF_ORDER, ring.add(1, new Exemplar(LabelSet.EMPTY, 1, 10)));
    assertEquals(Outcome.KEPT, ring.add(2, exemplar(3)));
    assertEquals(Outcome.KEPT, ring.add(2, exemplar(4)));
    assertEquals(Outcome.KEPT, ring.add(1, exemplar(9)));
    assertEquals(List.of(exemplar(9)), find(ring, TimeRange.ALL, 1).getFirst().exemplars());
    assertEquals(Outcome.NO_ROOM, new ExemplarRing(0).add(1, exemplar(1)));
  }
}
