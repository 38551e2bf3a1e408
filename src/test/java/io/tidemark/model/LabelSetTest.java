package io.tidemark.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class LabelSetTest {
  @Test
  void sortsByNameAndLeavesOutEmptyValues() {
    LabelSet labels = LabelSet.of("job", "api", "empty", "", "__name__", "up");
    assertEquals(2, labels.count());
    assertEquals("__name__", labels.name(0));
    assertEquals("api", labels.value("job"));
    assertEquals("", labels.value("empty"));
    assertEquals(LabelSet.of("__name__", "up", "job", "api"), labels);
  }

  @Test
  void refusesANameGivenTwice() {
    var failure = assertThrows(IllegalArgumentException.class, () -> LabelSet.of("a", "1", "a", "2"));
    assertTrue(failure.getMessage().contains("\"a\""));
  }

  @Test
  void printsAsPrometheusDoes() {
    assertEquals("up{instance=\"a:1\", job=\"x\"}", LabelSet.of("__name__", "up", "job", "x", "instance", "a:1").toString());
    assertEquals("up", LabelSet.of("__name__", "up").toString());
    assertEquals("{}", LabelSet.EMPTY.toString());
    assertEquals("{\"api.latency\", \"a.b\"=\"x\\\"y\\n\"}", LabelSet.of("__name__", "api.latency", "a.b", "x\"y\n").toString());
  }

  @Test
  void readsBackItsCanonicalBytes() {
    LabelSet large = LabelSet.of("ä", "€".repeat(100), "__name__", "x".repeat(20_000));
    for (LabelSet labels : List.of(LabelSet.EMPTY, LabelSet.of("a", "b"), large)) {
      byte[] bytes = labels.toCanonicalBytes();
      assertEquals(labels, LabelSet.fromCanonicalBytes(bytes, 0, bytes.length));
    }
  }

  @Test
  void refusesDamagedCanonicalBytes() {
    byte[] bytes = LabelSet.of("a", "b", "c", "d").toCanonicalBytes();
    for (int cut = 1; cut < bytes.length; cut++) {
      if (cut == 4) {
        continue; // a whole label: shorter, but valid
      }
      int to = cut;
      var failure = assertThrows(TidemarkException.class, () -> LabelSet.fromCanonicalBytes(bytes, 0, to), "cut at " + cut);
      assertEquals(ErrorCode.CORRUPT, failure.code());
    }
    assertThrows(TidemarkException.class, () -> LabelSet.fromCanonicalBytes(new byte[] {1, 'b', 1, 'x', 1, 'a', 1, 'x'}, 0, 8));
    assertThrows(TidemarkException.class, () -> LabelSet.fromCanonicalBytes(new byte[] {-1, -1, -1, -1, -1, 1}, 0, 6));
  }

  @Test
  void ordersByNameThenValueThenLength() {
    LabelSet a = LabelSet.of("a", "1");
    LabelSet ab = LabelSet.of("a", "1", "b", "1");
    assertTrue(a.compareTo(ab) < 0);
    assertTrue(LabelSet.of("a", "2").compareTo(ab) > 0);
    assertEquals(0, ab.compareTo(LabelSet.of("b", "1", "a", "1")));
    assertNotEquals(a, ab);
  }

  @Test
  void picksAndDropsLabels() {
    LabelSet labels = LabelSet.of("a", "1", "b", "2", "c", "3");
    assertEquals(LabelSet.of("a", "1", "c", "3"), labels.without("b"));
    assertEquals(LabelSet.of("b", "2"), labels.only(List.of("b", "x")));
    assertEquals(LabelSet.of("a", "1", "b", "2"), labels.with("c", ""));
    assertEquals(LabelSet.of("a", "9", "b", "2", "c", "3"), labels.with("a", "9"));
  }
}
