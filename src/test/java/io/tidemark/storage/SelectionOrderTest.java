package io.tidemark.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.TimeRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// Series come in the order of their labels, except to who asks for any order.
class SelectionOrderTest {
  private static final Matcher ALL = new Matcher(LabelSet.NAME, Matcher.Op.NOT_EQUAL, "");

  private final StorageFixture f = new StorageFixture(1, 2, StorageConfig.DEFAULT).open();
  private final Map<LabelSet, Double> expected = new TreeMap<>();

  private void add(long atMillis) {
    for (int i = 0; i < 200; i++) {
      LabelSet labels = LabelSet.of(LabelSet.NAME, "m" + i * 7 % 5, "n", Integer.toString(i * 37 % 200));
      expected.put(labels, (double) i);
      f.add(labels, atMillis, i);
    }
    f.settle();
  }

  private static List<Map.Entry<LabelSet, Double>> content(Selection selection) {
    var content = new ArrayList<Map.Entry<LabelSet, Double>>();
    var samples = new SampleBuffer();
    for (int i = 0; i < selection.count(); i++) {
      selection.readNewest(i, samples);
      content.add(Map.entry(selection.labels(i), samples.values[0]));
    }
    return content;
  }

  private Selection select() {
    return f.await(f.storage.view(ReadPolicy.DEFAULT)).select(List.of(ALL), TimeRange.ALL, 1_000);
  }

  @Test
  void anyOrderHasTheSameSeriesWhicheverIsAskedFirst() {
    add(StorageFixture.NOW);
    Selection selection = select();
    Selection any = selection.anyOrder();
    List<Map.Entry<LabelSet, Double>> unordered = content(any);
    assertNotEquals(List.copyOf(expected.entrySet()), unordered, "these series come in order by themselves");
    assertEquals(List.copyOf(expected.entrySet()), content(selection));
    assertEquals(unordered, content(any));
    assertEquals(List.copyOf(expected.entrySet()), unordered.stream().sorted(Map.Entry.comparingByKey()).toList());
    assertEquals(List.copyOf(expected.entrySet()), content(selection.anyOrder()), "what is in order stays so");
  }

  @Test
  void aSeriesOfABlockAndAHeadIsOneInAnyOrder() {
    add(StorageFixture.NOW - 60_000);
    f.await(f.storage.seal());
    add(StorageFixture.NOW);
    assertEquals(List.copyOf(expected.entrySet()), content(select().anyOrder()));
  }
}
