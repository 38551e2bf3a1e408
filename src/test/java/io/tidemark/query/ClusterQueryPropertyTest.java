package io.tidemark.query;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.storage.SeriesReader;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.vertx.core.Future;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Queries over a cluster, some shards here and some elsewhere, have the bits of the same queries over one storage.
class ClusterQueryPropertyTest {
  private static final long SEED = 90_001;
  private static final int QUERIES = 400;
  private static final int SHARDS = 5;

  private final Random random = new Random(SEED);
  private final QueryGenerator generator = new QueryGenerator(random);

  private static QueryEngine engine(SeriesReader reader, PeerCluster cluster) {
    return new QueryEngine(reader, QueryConfig.DEFAULT, cluster.queries, Clock.system(), new Metrics());
  }

  private static MemoryShards empty(int... shards) {
    var empty = new MemoryShards();
    for (int shard : shards) {
      empty.at(shard, 0);
    }
    return empty;
  }

  private void compare(int window) {
    try (var cluster = new PeerCluster(SHARDS, window)) {
      var one = new MemoryReader();
      generator.load(one);
      MemoryShards local = empty(0);
      List<MemoryShards> nodes = List.of(local, empty(1, 2, 3), empty(3, 4, 0), empty(4, 1, 2));
      one.forEach((labels, samples) -> {
        int first = cluster.names.first().applyAsInt(labels.metricName());
        int width = window == 0 ? SHARDS : window;
        int shard = (first + Math.floorMod(labels.hashCode(), width)) % SHARDS;
        nodes.stream().filter(node -> node.applied().containsKey(shard))
            .forEach(node -> samples.forEach((at, value) -> node.add(shard, labels, at, value)));
      });
      for (int i = 1; i < nodes.size(); i++) {
        cluster.node("node " + i, nodes.get(i));
      }
      QueryEngine alone = engine(one, cluster);
      QueryEngine together = engine(cluster.reader(PeerConfig.DEFAULT, "me", local), cluster);
      int answered = 0;
      for (int i = 0; i < QUERIES; i++) {
        String query = generator.vector(3);
        long start = 600_000 + random.nextInt(600_000);
        var request = i % 3 == 0 ? QueryRequest.instant(query, start)
            : QueryRequest.range(query, start, start + random.nextInt(1_500_000), 500 + random.nextInt(200_000));
        answered += same(alone.run(request), together.run(request), query) ? 1 : 0;
      }
      assertTrue(window != 1 || PeerCluster.metric(cluster.metrics, "tidemark_peer_parts_total") > QUERIES / 10);
      assertTrue(answered > QUERIES / 2, answered + " of " + QUERIES + " queries have an answer");
    }
  }

  /// Whether there was an answer.
  private static boolean same(Future<QueryResult> expected, Future<QueryResult> actual, String query) {
    PeerCluster.await(Future.join(expected.otherwiseEmpty(), actual.otherwiseEmpty()));
    if (expected.failed()) {
      assertTrue(actual.failed(), () -> query + " should fail: " + expected.cause());
      assertEquals(expected.cause().getMessage(), actual.cause().getMessage(), query);
      return false;
    }
    assertTrue(actual.succeeded(), () -> query + " fails: " + actual.cause());
    QueryResult right = expected.result();
    QueryResult found = actual.result();
    assertEquals(right.warnings(), found.warnings(), query);
    assertEquals(right.infos(), found.infos(), query);
    assertEquals(right.stats().samples(), found.stats().samples(), query);
    assertEquals(right.stats().series(), found.stats().series(), query);
    sameValue(right.value(), found.value(), query);
    return true;
  }

  /// All that an answer says, values as bits.
  static String text(QueryResult result) {
    var text = new StringBuilder(result.warnings() + "\n" + result.infos() + "\n" + result.stats().samples() + " samples, "
        + result.stats().series() + " series\n");
    switch (result.value()) {
      case Value.Matrix matrix -> matrix.series().forEach(series -> text.append(series.labels()).append(' ')
          .append(Arrays.toString(Arrays.copyOf(series.timestampsMillis(), series.count())))
          .append(Arrays.toString(bits(series.values(), series.count()))).append('\n'));
      case Value.Vector vector -> vector.elements().forEach(element -> text.append(element.labels()).append(' ')
          .append(Double.doubleToRawLongBits(element.value())).append('\n'));
      case Value.Scalar _, Value.Text _ -> text.append(result.value());
    }
    return text.toString();
  }

  private static void sameValue(Value right, Value found, String query) {
    switch (right) {
      case Value.Matrix matrix -> {
        List<Value.Series> series = ((Value.Matrix) found).series();
        assertEquals(matrix.series().size(), series.size(), query);
        for (int i = 0; i < series.size(); i++) {
          Value.Series a = matrix.series().get(i);
          Value.Series b = series.get(i);
          assertEquals(a.labels(), b.labels(), query);
          assertEquals(a.count(), b.count(), query);
          assertArrayEquals(bits(a.values(), a.count()), bits(b.values(), b.count()), query);
        }
      }
      case Value.Vector vector -> assertEquals(vector, found, query);
      case Value.Scalar _, Value.Text _ -> assertEquals(right, found, query);
    }
  }

  private static long[] bits(double[] values, int count) {
    long[] bits = new long[count];
    for (int i = 0; i < count; i++) {
      bits[i] = Double.doubleToRawLongBits(values[i]);
    }
    return bits;
  }

  @Test
  void oneShardForAName() {
    compare(1);
  }

  @Test
  void twoShardsForAName() {
    compare(2);
  }

  @Test
  void allShardsForAName() {
    compare(0);
  }
}
