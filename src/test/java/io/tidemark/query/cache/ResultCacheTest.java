package io.tidemark.query.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.LabelSet;
import io.tidemark.promql.Features;
import io.tidemark.promql.PromQL;
import io.tidemark.query.Value;
import io.tidemark.storage.Revisions;
import io.tidemark.telemetry.Metrics;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResultCacheTest {
  private static final Revisions.Revision REVISION = new Revisions.Revision() {};

  private static ResultCache.Key key(int number) {
    return new ResultCache.Key("q" + number, 1_000, 0, 300_000);
  }

  private static Extent extent(int first, int last) {
    long[] times = LongStream.rangeClosed(first, last).map(second -> second * 1_000).toArray();
    return new Extent(first * 1_000L, last * 1_000L, List.of(new Value.Series(LabelSet.of("a", "b"), times,
        LongStream.of(times).asDoubleStream().toArray(), times.length)));
  }

  private static ResultCache.Entry entry(int samples) {
    return new ResultCache.Entry(extent(1, samples), REVISION, 0);
  }

  @Test
  void letsGoOfWhatWasUsedLongestAgo() {
    var metrics = new Metrics();
    var cache = new ResultCache(10_000, metrics);
    for (int i = 0; i < 4; i++) {
      cache.put(key(i), entry(100));
    }
    assertTrue(cache.find(key(0)).isPresent());
    cache.put(key(4), entry(100));
    assertFalse(cache.find(key(1)).isPresent(), "used longest ago");
    assertTrue(cache.find(key(0)).isPresent() && cache.find(key(2)).isPresent() && cache.find(key(4)).isPresent());
    assertTrue(metrics.print().contains("\ntidemark_query_cache_evictions_total 1\n"), metrics.print());
    for (int i = 0; i < 1_000; i++) {
      cache.put(key(i % 50), entry(1 + i % 90));
    }
    double bytes = metrics.print().lines().filter(line -> line.startsWith("tidemark_query_cache_bytes "))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(' ') + 1))).sum();
    assertTrue(bytes > 5_000 && bytes <= 10_000, bytes + " bytes");
  }

  @Test
  void keepsNothingThatIsTooLargeNorWhatItReplaces() {
    var cache = new ResultCache(10_000, new Metrics());
    cache.put(key(1), entry(10));
    cache.put(key(1), entry(1_000));
    assertFalse(cache.find(key(1)).isPresent());
  }

  @Test
  void cutsAndJoinsExtents() {
    assertEquals(List.of(2_000L, 3_000L, 4_000L), times(extent(1, 9).slice(2_000, 4_000)));
    Extent joined = Extent.join(List.of(extent(1, 3), extent(4, 4), extent(5, 6)));
    assertEquals(1_000, joined.firstMillis());
    assertEquals(6_000, joined.lastMillis());
    assertEquals(List.of(1_000L, 2_000L, 3_000L, 4_000L, 5_000L, 6_000L), times(joined));
    assertEquals(List.of(), new Extent(1_000, 9_000, extent(1, 3).series()).slice(4_000, 9_000).series());
  }

  private static List<Long> times(Extent extent) {
    Value.Series series = extent.series().getFirst();
    return LongStream.of(series.timestampsMillis()).limit(series.count()).boxed().toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "rate(x[5m])", "sum by (a) (rate(x[5m] offset 1h)) / 2", "max_over_time(rate(x[1m])[1h:1m])",
      "topk(3, x)", "x > time()", "histogram_quantile(0.9, x)", "{job='x'}", "last_over_time({job='x'}[5m])", "rate({'x', job='x'}[5m])",
      "max_over_time(sum by (a) ({job='x'})[1h:1m])", "quantile_over_time(scalar({job='x'}), x[5m])", "absent_over_time({job='x'}[5m])"})
  void takesWhatDependsOnTheStepAlone(String query) {
    assertTrue(Cacheable.holds(PromQL.parse(query, Features.ALL_SYNTAX)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "time()", "x @ 100", "x @ end()", "x offset -1m", "rate(x[5m] offset -1s)", "x smoothed",
      "topk(3, sum by (a) (x))", "x * start()", "rate(x[step()])", "x offset step()", "max_over_time(x[1h:1m] @ start())", "info(x)",
      "sum(x offset -5m) + y", "rate({__name__=~'x.*'}[5m])", "sum(increase({job='x'}[5m]))", "max_over_time((x or y)[1h:1m])",
      "max_over_time(label_replace(x, '__name__', '$1', 'a', '(.*)')[1h:1m])", "max_over_time(topk(1, {job='x'})[1h:1m])",
      "max_over_time(sum by (__name__) ({job='x'})[1h:1m])"})
  void refusesTheRest(String query) {
    assertFalse(Cacheable.holds(PromQL.parse(query, Features.ALL_SYNTAX)));
  }
}
