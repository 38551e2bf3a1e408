package io.tidemark.storage.head;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.storage.ReadWatch;
import io.tidemark.time.Entropy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SeriesIndexTest {
  private static final List<String> TEXTS = List.of("a", "b", "__name__", "Köln", "\uD83D\uDE00", "\uE000", "é", "zz", "x".repeat(300),
      "1");

  @Test
  void givesEachLabelSetOneRefAndItsLabelsBack() {
    var random = new Random(1);
    var index = new SeriesIndex(Entropy.seeded(1));
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

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void sortsSeriesAsTheirLabelsAre(int count) {
    var random = new Random(2);
    List<SeriesIndex> indexes = IntStream.range(0, count).mapToObj(_ -> new SeriesIndex(Entropy.seeded(1))).toList();
    for (int i = 0; i < 8000; i++) {
      var labels = LabelSet.EMPTY;
      // Many have the same labels until late, and there are so many values that a few labels fill a number.
      for (int j = random.nextInt(12); j > 0; j--) {
        labels = labels.with(TEXTS.get(random.nextInt(TEXTS.size())), TEXTS.get(random.nextInt(i % 2 == 0 ? 2 : TEXTS.size())));
      }
      byte[] bytes = labels.with("zzz", "" + random.nextInt(1500)).toCanonicalBytes();
      indexes.get(Math.floorMod(Arrays.hashCode(bytes), count)).define(bytes, 0, bytes.length);
    }
    for (int every : new int[] {1, 3, 7, 200, 5000}) {
      int[] owners = IntStream.range(0, count).flatMap(i -> IntStream.range(0, indexes.get(i).refsEnd())
          .filter(ref -> ref % every == 0).map(_ -> i)).toArray();
      int[] refs = indexes.stream().flatMapToInt(index -> IntStream.range(0, index.refsEnd()).filter(ref -> ref % every == 0)).toArray();
      List<LabelSet> expected = labels(indexes, owners, refs).stream().sorted().toList();
      new LabelOrder(indexes, owners, refs, ReadWatch.NONE).sort();
      assertEquals(expected, labels(indexes, owners, refs));
    }
  }

  private static List<LabelSet> labels(List<SeriesIndex> indexes, int[] owners, int[] refs) {
    return IntStream.range(0, refs.length).mapToObj(i -> indexes.get(owners[i]).labels(refs[i])).toList();
  }

  @Test
  void refusesBytesThatAreNotCanonical() {
    for (String bytes : List.of("\1b\1x\1a\1y", "\1a\1x\1a\1y", "\1a\0", "\1a", "\5a", "\1a\1", "\1a\1x\1")) {
      byte[] raw = bytes.getBytes(StandardCharsets.ISO_8859_1);
      var index = new SeriesIndex(Entropy.seeded(1));
      var refusal = assertThrows(TidemarkException.class, () -> index.define(raw, 0, raw.length), bytes);
      assertEquals(ErrorCode.CORRUPT, refusal.code());
      assertEquals(0, index.refsEnd());
    }
  }
}
