package io.tidemark.query;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.TimeRange;
import io.tidemark.storage.ReadPolicy;
import io.tidemark.storage.SampleBuffer;
import io.tidemark.storage.Selection;
import io.tidemark.storage.SeriesView;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// A cluster of nodes in one process, read over real connections.
class ClusterReaderTest {
  private static final List<Matcher> EVERYTHING = List.of(new Matcher(LabelSet.NAME, Matcher.Op.NOT_EQUAL, ""));

  private final PeerCluster cluster = new PeerCluster(4, 0);

  @AfterEach
  void close() {
    cluster.close();
  }

  private static LabelSet up(String instance) {
    return LabelSet.of(LabelSet.NAME, "up", "instance", instance);
  }

  private static Map<LabelSet, Map<Long, Double>> read(SeriesView view, List<Matcher> matchers) {
    var found = new TreeMap<LabelSet, Map<Long, Double>>();
    var buffer = new SampleBuffer();
    try (Selection selection = view.select(matchers, TimeRange.ALL, 1_000)) {
      for (int i = 0; i < selection.count(); i++) {
        selection.read(i, buffer);
        var samples = new TreeMap<Long, Double>();
        for (int j = 0; j < buffer.count; j++) {
          samples.put(buffer.timestampsMillis[j], buffer.values[j]);
        }
        found.put(selection.labels(i), samples);
      }
    }
    return found;
  }

  @Test
  void readsEveryShardFromTheNodeThatHasIt() {
    cluster.node("a", new MemoryShards().at(0, 0).at(1, 0).add(0, up("x"), 10, 1.5).add(1, up("y"), 20, 2));
    cluster.node("b", new MemoryShards().at(2, 0).at(3, 0).add(2, up("z"), 30, 3).add(2, up("z"), 45, 1.0 / 3));
    ClusterReader reader = cluster.reader(PeerConfig.DEFAULT);
    try (SeriesView view = PeerCluster.await(reader.view(ReadPolicy.DEFAULT))) {
      assertEquals(Map.of(up("x"), Map.of(10L, 1.5), up("y"), Map.of(20L, 2.0), up("z"), Map.of(30L, 3.0, 45L, 1.0 / 3)),
          read(view, EVERYTHING));
      assertEquals(List.of("__name__", "instance"), view.labelNames(List.of(), TimeRange.ALL));
      assertEquals(List.of("x", "y", "z"), view.labelValues("instance", List.of(), TimeRange.ALL), () -> view.warnings().toString());
      assertEquals(List.of(), view.warnings());
    }
  }
}
