package io.tidemark.query;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.TidemarkException;
import io.tidemark.promql.Features;
import io.tidemark.storage.SeriesReader;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.vertx.core.Future;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Aggregations whose series lie in one shard are evaluated by the node that has it, to the same answer. Node `one` has the shards of
/// `a_total` and `le_bucket`, node `two` all others, that of the gauge `b` among them, and who asks has none.
class PartQueryTest {
  private static final String PARTS = "tidemark_peer_parts_total";
  private static final long NOW = 3_000_000;

  private final PeerCluster cluster = new PeerCluster(64, 1);
  private final MemoryReader whole = new MemoryReader();
  private final MemoryShards one = new MemoryShards();
  private final MemoryShards two = new MemoryShards();
  /// Node `two`.
  private PeerCluster.Node owner;

  @AfterEach
  void close() {
    cluster.close();
  }

  private int shard(String name) {
    return cluster.names.of(List.of(Matcher.equal(LabelSet.NAME, name))).iterator().next();
  }

  private void add(MemoryShards node, LabelSet labels, long at, double value) {
    whole.add(labels, at, value);
    node.at(shard(labels.metricName()), 0).add(shard(labels.metricName()), labels, at, value);
  }

  @BeforeEach
  void load() {
    for (int i = 0; i < 300; i++) {
      for (int step = 0; step < 60; step++) {
        long at = step * 60_000L + i;
        add(one, LabelSet.of(LabelSet.NAME, "a_total", "x", "x" + i % 7, "i", "" + i), at, step * i * 0.1);
        if (i < 20) {
          add(two, LabelSet.of(LabelSet.NAME, "b", "x", "x" + i % 3, "i", "" + i), at, Math.sqrt(i + step));
          add(one, LabelSet.of(LabelSet.NAME, "le_bucket", "le", i == 19 ? "+Inf" : "" + i), at, i == 9 ? 1 : i * step);
        }
      }
    }
    for (int shard = 0; shard < cluster.names.shards(); shard++) {
      if (!one.applied().containsKey(shard)) {
        two.at(shard, 0);
      }
    }
    cluster.node("one", one);
    owner = cluster.node("two", two);
  }

  private QueryEngine engine(SeriesReader reader, Features features) {
    return new QueryEngine(reader, QueryConfig.DEFAULT.withFeatures(features), cluster.queries, Clock.system(), new Metrics());
  }

  private double parts() {
    return PeerCluster.metric(cluster.metrics, PARTS);
  }

  /// @param parts how many parts of the query are evaluated elsewhere
  private void same(int parts, String query, Features features) {
    QueryEngine alone = engine(whole, features);
    QueryEngine together = engine(cluster.reader(PeerConfig.DEFAULT), features);
    double before = parts();
    for (var request : List.of(QueryRequest.instant(query, NOW), QueryRequest.range(query, NOW - 1_000_000, NOW, 77_000))) {
      Future<QueryResult> expected = alone.run(request);
      Future<QueryResult> actual = together.run(request);
      PeerCluster.await(Future.join(expected.otherwiseEmpty(), actual.otherwiseEmpty()));
      if (expected.failed()) {
        assertEquals(expected.cause().getMessage(), actual.cause().getMessage(), query);
      } else {
        assertTrue(actual.succeeded(), () -> query + ": " + actual.cause());
        assertEquals(ClusterQueryPropertyTest.text(expected.result()), ClusterQueryPropertyTest.text(actual.result()), query);
      }
    }
    assertEquals(parts * 2, parts() - before, query);
  }

  private void same(int parts, String query) {
    same(parts, query, Features.ALL_SYNTAX);
    same(parts, query, Features.ALL_SYNTAX.with(Features.Flag.DELAYED_NAME_REMOVAL));
  }

  @Test
  void everyKindOfAggregationHasTheSameBits() {
    for (String operator : List.of("sum", "avg", "count", "min", "max", "group", "stddev", "stdvar")) {
      same(1, operator + " by (x) (rate(a_total[5m]))");
      same(1, operator + "(a_total)");
    }
    for (String operator : List.of("topk(3, ", "bottomk by (x) (2, ", "quantile(0.3, ", "count_values(\"v\", ", "limitk(4, ",
        "limit_ratio(0.4, ")) {
      same(1, operator + "a_total)");
    }
    same(1, "sum without (i) (-a_total)");
    same(1, "sum by (__name__, x) (abs(a_total))");
    same(1, "topk(scalar(count(a_total)) / 100, a_total)");
  }

  @Test
  void theLargestPartThatLiesInOneShardTravels() {
    same(2, "sum by (x) (rate(a_total[5m])) / on (x) sum by (x) (b)");
    same(1, "sum(max by (x) (a_total) + min by (x) (a_total offset 10m))");
    same(1, "sum(0 * sum by (x) (a_total) + on (x) group_right () b)");
    same(1, "max_over_time(sum(b)[10m:45s])");
    same(1, "sum(a_total @ end()) + time()");
    same(1, "histogram_quantile(0.9, sum by (le) (le_bucket))");
    same(2, "sum by (x) (sum by (x, i) (a_total) or sum by (x, i) (b))");
    same(0, "a_total + 1");
    same(0, "sum({i=\"3\"})");
    same(0, "sum(vector(1))");
    same(0, "sum(info(a_total))");
  }

  @Test
  void whatIsNoticedThereIsSaidHere() {
    same(1, "max(histogram_quantile(0.5, le_bucket))");
    same(1, "sum(rate(b[5m]))");
    same(1, "quantile(7, a_total)");
    same(2, "sum(rate(b[5m])) + max(histogram_quantile(0.5, le_bucket))");
  }

  @Test
  void whatFailsThereFailsHereInTheSameWords() {
    same(0, "max(a_total + on (x) a_total)");
    same(0, "sum(label_replace(a_total, \"i\", \"\", \"\", \"\"))");
  }

  @Test
  void thePlanNamesTheShard() {
    QueryEngine engine = engine(cluster.reader(PeerConfig.DEFAULT), Features.STANDARD);
    assertEquals("""
        binary /: both sides in memory, matched once for all steps
          aggregation sum by (x): series by series, partial groups merged in order, on a node of shard %d
            aggregation max: series by series, partial groups merged in order
              select a_total
          aggregation sum by (x): series by series, partial groups merged in order, on a node of shard %d
            select b
        """.formatted(shard("a_total"), shard("b")), engine.explain("sum by (x) (max(a_total)) / sum by (x) (b)"));
    assertFalse(engine(whole, Features.STANDARD).explain("sum(a_total)").contains("shard"));
  }

  @Test
  void whoHasTheShardEvaluatesTheQueryItself() {
    QueryEngine engine = engine(cluster.reader(PeerConfig.DEFAULT, "one", one), Features.STANDARD);
    assertEquals(1, ((Value.Vector) PeerCluster.await(engine.run(QueryRequest.instant("sum(a_total)", NOW))).value()).elements().size());
    assertEquals(0, parts());
    PeerCluster.await(engine.run(QueryRequest.instant("sum(b)", NOW)));
    assertEquals(1, parts());
  }

  @Test
  void aPartThatNobodyAnswersForIsNothingAndIsNamed() {
    QueryEngine engine = engine(cluster.reader(PeerConfig.DEFAULT), Features.STANDARD);
    cluster.forget("one");
    QueryResult result = PeerCluster.await(engine.run(QueryRequest.instant("sum(a_total)", NOW)));
    assertEquals(List.of(), ((Value.Vector) result.value()).elements());
    assertEquals(List.of("shard " + shard("a_total") + " did not answer: no node has it; the result is partial"), result.warnings());
    var strict = new QueryRequest("sum(a_total)", NOW, NOW, 0, 0, 0, false);
    Future<QueryResult> refused = engine.run(strict);
    PeerCluster.await(refused.otherwiseEmpty());
    assertEquals(ErrorCode.UNAVAILABLE, ((TidemarkException) refused.cause()).code());
  }

  @Test
  void aPartIsAskedElsewhereWhenItsNodeDies() {
    PeerCluster.Node dead = cluster.node("dead", one);
    dead.kill();
    QueryEngine engine = engine(cluster.reader(PeerConfig.DEFAULT), Features.STANDARD);
    String expected = ClusterQueryPropertyTest.text(PeerCluster.await(engine(whole, Features.STANDARD).run(
        QueryRequest.instant("sum by (x) (a_total)", NOW))));
    for (int i = 0; i < 4; i++) {
      assertEquals(expected, ClusterQueryPropertyTest.text(PeerCluster.await(engine.run(
          QueryRequest.instant("sum by (x) (a_total)", NOW)))));
    }
  }

  @Test
  void aCanceledQueryEndsWhereItIsEvaluated() {
    LabelSet c = LabelSet.of(LabelSet.NAME, "c");
    for (int i = 0; i < 24 * 60; i++) {
      two.add(shard("c"), c, i * 240_000L, i);
    }
    QueryEngine engine = engine(cluster.reader(PeerConfig.DEFAULT), Features.STANDARD);
    // Quantiles of 86,400 values at 172,800 places: minutes, unless somebody ends it.
    QueryEngine.Submitted endless = engine.submit(QueryRequest.instant(
        "sum(quantile_over_time(0.5, (quantile_over_time(0.5, c[1d:1s]))[2d:1s]))", 345_000_000));
    PeerCluster.until(() -> PeerCluster.metric(owner.metrics, "tidemark_peer_serving") == 1);
    endless.close();
    PeerCluster.await(endless.answer().otherwiseEmpty());
    assertEquals(ErrorCode.CANCELED, ((TidemarkException) endless.answer().cause()).code());
    PeerCluster.until(() -> PeerCluster.metric(owner.metrics, "tidemark_peer_serving") == 0);
  }
}
