package io.tidemark.storage.head;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.storage.ReadWatch;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SeriesIndexTest {
  private static final List<String> TEXTS = List.of("a", "b", "__name__", "Köln", "\uD83D\uDE00", "\uE000", "é", "zz", "x".repeat(300),
      "1");

  @Test
  void givesEachLabelSetOneRefAndItsLabelsBack() {
    var random = new Random(1);
    var index = new SeriesIndex();
    var known = new ArrayList<LabelSet>();
    for (int i = 0; i < 5000; i++) {
      var labels = LabelSet.EMPTY;
      for (int j = random.nextInt(6); j >= 0; j--) {
        labels = labels.with(TEXTS.get(random.nextInt(TEXTS.size())), TEXTS.get(random.nextInt(TEXTS.size())));
      }
      byte[] bytes = labels.toCanonicalBytes();
      byte[] padded = new byte[bytes.length + 7];
      System.arraycopy(bytes, 0, padded, 3, bytes.length);
      int expected = known.indexOf(labels);
      int ref = index.define(padded, 3, 3 + bytes.length);
      assertEquals(expected < 0 ? known.size() : expected, ref);
      if (expected < 0) {
        known.add(labels);
      }
      assertEquals(labels, index.labels(ref));
    }
    assertEquals(known.size(), index.refsEnd());
    for (String name : TEXTS) {
      for (String value : TEXTS) {
        long with = known.stream().filter(labels -> labels.value(name).equals(value)).count();
        assertEquals(with, index.postings(name, value).count());
      }
    }
  }

  @Test
  void sortsRefsAsTheirLabelsAre() {
    var random = new Random(2);
    var index = new SeriesIndex();
    for (int i = 0; i < 8000; i++) {
      var labels = LabelSet.EMPTY;
      // Many have the same labels until late, and there are so many values that a few labels fill a number.
      for (int j = random.nextInt(12); j > 0; j--) {
        labels = labels.with(TEXTS.get(random.nextInt(TEXTS.size())), TEXTS.get(random.nextInt(i % 2 == 0 ? 2 : TEXTS.size())));
      }
      byte[] bytes = labels.with("zzz", "" + random.nextInt(1500)).toCanonicalBytes();
      index.define(bytes, 0, bytes.length);
    }
    for (int every : new int[] {1, 3, 7, 200, 5000}) {
      int[] refs = IntStream.range(0, index.refsEnd()).filter(ref -> ref % every == 0).toArray();
      List<LabelSet> expected = Arrays.stream(refs).mapToObj(index::labels).sorted().toList();
      index.sortByLabels(refs, ReadWatch.NONE);
      assertEquals(expected, Arrays.stream(refs).mapToObj(index::labels).toList());
    }
  }

  @Test
  void refusesBytesThatAreNotCanonical() {
    for (String bytes : List.of("\1b\1x\1a\1y", "\1a\1x\1a\1y", "\1a\0", "\1a", "\5a", "\1a\1", "\1a\1x\1")) {
      byte[] raw = bytes.getBytes(StandardCharsets.ISO_8859_1);
      var index = new SeriesIndex();
      var refusal = assertThrows(TidemarkException.class, () -> index.define(raw, 0, raw.length), bytes);
      assertEquals(ErrorCode.CORRUPT, refusal.code());
      assertEquals(0, index.refsEnd());
    }
  }
}
