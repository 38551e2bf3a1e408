package io.tidemark.query;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.codec.Histograms;
import io.tidemark.disk.CrashingDisk;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.Stale;
import io.tidemark.model.TimeRange;
import io.tidemark.objects.FaultyObjectStore.Kind;
import io.tidemark.objects.ObjectLimits;
import io.tidemark.objects.ObjectStore;
import io.tidemark.objects.directory.DirectoryStore;
import io.tidemark.promql.Features;
import io.tidemark.storage.Resolution;
import io.tidemark.storage.TierConfig;
import io.tidemark.storage.TierFixture;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Entropy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// What companions of cold blocks answer is what the samples answer.
class DownsamplingPropertyTest {
  private static final long T0 = TierFixture.T0;
  private static final long HOUR = TierFixture.HOUR;
  private static final long MINUTE = 60_000;
  private static final int HOURS = 30;
  /// Sums of general numbers depend on the order of additions.
  private static final double ROUNDING = 1e-14;

  private static final List<String> EXACT = List.of("count_over_time(%s)", "min_over_time(%s)", "max_over_time(%s)", "last_over_time(%s)",
      "first_over_time(%s)", "present_over_time(%s)", "rate(%s)", "increase(%s)", "delta(%s)", "resets(%s)", "ts_of_last_over_time(%s)",
      "ts_of_first_over_time(%s)");
  private static final List<String> ROUNDED = List.of("sum_over_time(%s)", "avg_over_time(%s)");

  private static ObjectStore store() {
    return DirectoryStore.open(Path.of("/objects"), ObjectStore.Known.NOTHING, ObjectLimits.DEFAULT, new CrashingDisk(1), Runnable::run,
        Entropy.seeded(1), Clock.system(), new Metrics()).result();
  }

  /// One node and its queries, without a cache of answers.
  private static final class Node {
    final TierFixture t;

    Node(boolean isMerging, TierConfig config) {
      t = isMerging ? TierFixture.merging(1, config, store()).open() : new TierFixture(1, 2, config, store()).open();
    }

    static Node with(boolean isMerging, Resolution... companions) {
      return new Node(isMerging, new TierConfig(2 * HOUR, Long.MAX_VALUE, 2 * HOUR, 1_000, Long.MAX_VALUE, 1 << 20, Set.of(companions)));
    }

    private QueryEngine engine() {
      var config = QueryConfig.DEFAULT.withCache(new QueryConfig.Cache(false, MINUTE, 1 << 20))
          .withFeatures(Features.STANDARD.with(Features.Flag.EXPERIMENTAL_FUNCTIONS));
      return new QueryEngine(t.f.storage, config, Runnable::run, t.f.time, new Metrics());
    }

    QueryResult ask(QueryRequest request) {
      return t.f.await(engine().run(request));
    }

    String explain(QueryRequest request) {
      return t.f.await(engine().explain(request)).plan();
    }

    List<Value.Series> matrix(QueryRequest request) {
      return ((Value.Matrix) ask(request).value()).series();
    }
  }

  private static LabelSet labels(int i) {
    return LabelSet.of(LabelSet.NAME, "x_total", "i", "" + i, "kind", i % 4 == 0 || i == 3 ? "whole" : "any");
  }

  /// Series with jitter, gaps, resets, markers, NaN, infinities, times on the ends of buckets, and one that is hardly there.
  private static void load(Node node, long seed) {
    var random = new Random(seed);
    double[] values = new double[12];
    for (long t = T0; t < T0 + HOURS * HOUR; t += 15_000) {
      for (int i = 0; i < values.length; i++) {
        boolean isGap = i % 3 == 1 && t / (40 * MINUTE) % 4 == 0;
        if (isGap || i == 11 && t % (20 * MINUTE) != 0) {
          continue;
        }
        values[i] = switch (i % 4) {
          case 0 -> random.nextInt(500) == 0 ? 0 : values[i] + random.nextInt(100);
          case 1 -> random.nextInt(50) == 0 ? random.nextDouble() : values[i] + random.nextDouble();
          case 2 -> random.nextGaussian() * 1000;
          default -> random.nextInt(7) - 3;
        };
        double value = i == 6 && random.nextInt(30) == 0 ? Double.NaN
            : i == 7 && random.nextInt(1_000) == 0 ? Double.POSITIVE_INFINITY
            : i % 3 == 1 && random.nextInt(60) == 0 ? Stale.VALUE : values[i];
        node.t.f.add(labels(i), t + (i % 2 == 0 ? 0 : random.nextInt(9_000)), value);
      }
      if (t % (10 * MINUTE) == 0) {
        node.t.f.flush();
      }
    }
    node.t.f.settle();
    node.t.seal();
    node.t.work();
    node.t.work();
  }

  private static List<QueryRequest> requests(Random random, String function, int count) {
    var requests = new ArrayList<QueryRequest>();
    for (int i = 0; i < count; i++) {
      long step = (1 + random.nextInt(30)) * 5 * MINUTE;
      long range = random.nextInt(3) == 0 ? (1 + random.nextInt(6)) * HOUR : (1 + random.nextInt(40)) * 5 * MINUTE;
      if (random.nextInt(2) == 0) {
        step = (1 + random.nextInt(4)) * HOUR;
      }
      long start = T0 + (random.nextInt(4) == 0 ? random.nextInt(4) * HOUR : random.nextInt(40) * 5 * MINUTE);
      String offset = random.nextInt(4) == 0 ? " offset " + random.nextInt(5) + "5m" : "";
      String selector = function.equals("%s") || function.equals("timestamp(%s)") ? "x_total" + offset
          : "x_total[" + range / MINUTE + "m]" + offset;
      requests.add(QueryRequest.range(function.formatted(selector), start, start + HOURS * HOUR, step));
    }
    return requests;
  }

  private static void agree(QueryRequest request, List<Value.Series> expected, List<Value.Series> found, double rounding) {
    assertEquals(expected.stream().map(Value.Series::labels).toList(), found.stream().map(Value.Series::labels).toList(), request.text());
    for (int i = 0; i < expected.size(); i++) {
      Value.Series e = expected.get(i);
      Value.Series f = found.get(i);
      assertEquals(e.count(), f.count(), request + " " + e.labels());
      for (int j = 0; j < e.count(); j++) {
        String place = request + " " + e.labels() + " at " + e.timestampsMillis()[j];
        assertEquals(e.timestampsMillis()[j], f.timestampsMillis()[j], place);
        double delta = e.labels().value("kind").equals("whole") ? 0 : rounding * Math.abs(e.values()[j]) + rounding * 1e4;
        if (delta == 0 || rounding == 0 || !Double.isFinite(e.values()[j])) {
          assertEquals(e.values()[j], f.values()[j], place);
        } else {
          assertEquals(e.values()[j], f.values()[j], delta, place);
        }
      }
    }
  }

  @Test
  void companionsAnswerAsSamplesDo() {
    for (long seed = 1; seed <= 2; seed++) {
      Node with = Node.with(seed % 2 == 0, Resolution.FIVE_MINUTES, Resolution.HOUR);
      Node without = Node.with(seed % 2 == 0);
      load(with, seed);
      load(without, seed);
      assertTrue(with.t.metric("tidemark_companions_written_total") > 0, "companions");
      assertEquals(0, without.t.metric("tidemark_companions_written_total"));
      var random = new Random(seed);
      var used = new ArrayList<Resolution>();
      var functions = new ArrayList<>(EXACT);
      functions.addAll(ROUNDED);
      functions.addAll(List.of("%s", "timestamp(%s)", "changes(%s)", "quantile_over_time(0.5, %s)"));
      for (String function : functions) {
        for (QueryRequest request : requests(random, function, 12)) {
          QueryResult answer = with.ask(request);
          answer.stats().selectors().stream().filter(read -> read.told() > 0).forEach(read -> used.add(read.resolution()));
          agree(request, without.matrix(request), ((Value.Matrix) answer.value()).series(), ROUNDED.contains(function) ? ROUNDING : 0);
        }
      }
      assertTrue(used.contains(Resolution.HOUR) && used.contains(Resolution.FIVE_MINUTES), used.toString());
    }
  }

  // ---- what must not spoil an answer

  private static final QueryRequest SUMS = QueryRequest.range("sum_over_time(w[1h])", T0 + HOUR, T0 + 12 * HOUR, HOUR);

  /// Twelve hours of a single series, ones every 15 s, in blocks of two hours of which the older are cold.
  private static Node ones(Resolution... companions) {
    Node node = Node.with(false, companions);
    for (long t = T0 + 5_000; t < T0 + 12 * HOUR; t += 15_000) {
      node.t.f.add(LabelSet.of(LabelSet.NAME, "w"), t, 1);
    }
    node.t.f.settle();
    node.t.seal();
    return node;
  }

  private static QueryResult.SelectorRead read(Node node, QueryRequest request) {
    return node.ask(request).stats().selectors().getFirst();
  }

  private static double[] values(Node node, QueryRequest request) {
    Value.Series only = node.matrix(request).getFirst();
    return Arrays.copyOf(only.values(), only.count());
  }

  private static double[] expected(double change, int at) {
    double[] values = new double[12];
    Arrays.fill(values, 240);
    values[at] += change;
    return values;
  }

  @Test
  void theCoarsestResolutionThatFitsIsReadAndTold() {
    Node node = ones(Resolution.FIVE_MINUTES, Resolution.HOUR);
    assertEquals(new QueryResult.SelectorRead("w", Resolution.HOUR, 8, 960), read(node, SUMS));
    assertEquals(Resolution.FIVE_MINUTES, read(node, QueryRequest.range("rate(w[10m])", T0, T0 + 12 * HOUR, HOUR)).resolution());
    assertEquals(Resolution.RAW, read(node, QueryRequest.range("rate(w[10m])", T0, T0 + 12 * HOUR, 61_000)).resolution());
    assertEquals(Resolution.RAW, read(node, QueryRequest.range("rate(w[10m])", T0 + 1, T0 + 12 * HOUR, HOUR)).resolution());
    assertEquals(Resolution.RAW, read(node, QueryRequest.range("rate(w[10m] offset 1m)", T0, T0 + 12 * HOUR, HOUR)).resolution());
    assertEquals(Resolution.RAW, read(node, QueryRequest.range("irate(w[1h])", T0, T0 + 12 * HOUR, HOUR)).resolution());
    assertEquals(Resolution.HOUR, read(node, QueryRequest.range("w", T0, T0 + 12 * HOUR, HOUR)).resolution());
    assertTrue(node.explain(SUMS).contains("companions at 1h"), node.explain(SUMS));
    Node fives = ones(Resolution.FIVE_MINUTES);
    assertEquals(new QueryResult.SelectorRead("w", Resolution.FIVE_MINUTES, 96, 960), read(fives, SUMS));
    assertTrue(fives.explain(SUMS).contains("about 1056 samples of 1 series, companions at 5m"), fives.explain(SUMS));
    Node hours = ones(Resolution.HOUR);
    assertEquals(0, read(hours, QueryRequest.range("rate(w[10m])", T0, T0 + 12 * HOUR, HOUR)).told());
    assertEquals(Resolution.RAW, read(ones(), SUMS).resolution());
  }

  @Test
  void aDeletedSampleIsInNoAnswerAndInNoCompanionSoon() {
    Node node = ones(Resolution.HOUR);
    long at = T0 + 3 * HOUR + 5_000;
    node.t.f.delete(new TimeRange(at, at + 1), Matcher.equal(LabelSet.NAME, "w"));
    node.t.f.await(node.t.f.storage.caughtUp());
    assertArrayEquals(expected(-1, 3), values(node, SUMS));
    assertEquals(6, read(node, SUMS).told(), "one companion is not asked");
    List<String> before = node.t.objects(".tmb");
    node.t.f.time.advance(3 * HOUR);
    assertArrayEquals(expected(-1, 3), values(node, SUMS));
    assertEquals(8, read(node, SUMS).told());
    assertEquals(before.size(), node.t.objects(".tmb").size());
    assertEquals(2, before.stream().filter(key -> !node.t.objects(".tmb").contains(key)).count(), "a block and its companion");
  }

  @Test
  void aLateSampleCountsAndHidesTheCompanionOfItsTime() {
    Node node = ones(Resolution.HOUR);
    node.t.f.add(LabelSet.of(LabelSet.NAME, "w", "other", "series"), T0 + 11 * HOUR, 1);
    node.t.f.add(LabelSet.of(LabelSet.NAME, "w"), T0 + 11 * HOUR + 30_000, 1);
    node.t.f.settle();
    assertArrayEquals(expected(1, 11), values(node, SUMS));
    // Beyond what the head takes as late: from another block of the same time.
    Node overlapped = Node.with(false, Resolution.HOUR);
    for (int half = 0; half < 2; half++) {
      for (long t = T0 + 5_000 + half * 7_500; t < T0 + 12 * HOUR; t += 15_000) {
        overlapped.t.f.add(LabelSet.of(LabelSet.NAME, "w", "half", "" + (half == 0 || t / 60_000 % 2 == 0 ? 0 : 1)), t, 1);
      }
      overlapped.t.f.settle();
      overlapped.t.seal();
    }
    assertEquals(12, overlapped.matrix(SUMS).getFirst().count());
  }

  @Test
  void aCompanionThatIsGoneOrDamagedIsMadeAnewAndItsBlockReadMeanwhile() {
    // Where nothing is left out, the edges of five minutes are the first page.
    var lasts = QueryRequest.range("last_over_time(w[1h])", T0 + HOUR, T0 + 12 * HOUR, 5 * MINUTE);
    for (boolean isGone : new boolean[] {true, false}) {
      Node node = ones(Resolution.FIVE_MINUTES, Resolution.HOUR);
      double[] expected = values(ones(), lasts);
      for (String key : companions(node)) {
        if (isGone) {
          node.t.f.await(node.t.store.delete(key));
        } else {
          node.t.store.flip(key, 20);
        }
      }
      assertArrayEquals(expected, values(node, lasts));
      node.t.f.time.advance(HOUR / 2);
      node.t.store.heal();
      node.t.f.time.advance(HOUR);
      assertArrayEquals(expected, values(node, lasts));
      assertEquals(4, companions(node).size());
      assertEquals(8, node.t.metric("tidemark_companions_written_total"), "gone: " + isGone);
      assertEquals(4 * 2 * 24, read(node, lasts).told());
    }
  }

  private static List<String> companions(Node node) {
    return node.t.objects(".tmb").stream().filter(key -> key.contains("companion")).toList();
  }

  @Test
  void aRestartFindsCompanions() {
    Node node = ones(Resolution.HOUR);
    double made = node.t.metric("tidemark_companions_written_total");
    assertEquals(4, made);
    node.t.restart();
    node.t.work();
    assertEquals(8, read(node, SUMS).told());
    assertEquals(0, node.t.metric("tidemark_companions_written_total"));
    assertArrayEquals(expected(0, 0), values(node, SUMS));
  }

  @Test
  void blocksWaitForNoCompanion() {
    Node node = Node.with(false, Resolution.HOUR);
    node.t.store.fail(Integer.MAX_VALUE, kind -> kind == Kind.PUT, key -> key.contains("companion"), ErrorCode.UNAVAILABLE);
    for (long t = T0; t < T0 + 8 * HOUR; t += 15_000) {
      node.t.f.add(LabelSet.of(LabelSet.NAME, "w"), t, 1);
    }
    node.t.f.settle();
    node.t.seal();
    assertEquals(2, node.t.localBlocks().size());
    assertTrue(node.t.metric("tidemark_companions_failed_total") >= 2);
    assertEquals(0, companions(node).size());
  }

  private static Node large(Resolution... companions) {
    Node node = Node.with(false, companions);
    for (long t = T0 + 15_000; t <= T0 + 8 * HOUR; t += 15_000) {
      long bucket = (t - 1 - T0) / (5 * MINUTE);
      node.t.f.add(LabelSet.of(LabelSet.NAME, "large"), t, bucket == 13 ? 1.7e308 : bucket == 14 ? -1.7e308 : 1);
    }
    node.t.f.settle();
    node.t.seal();
    return node;
  }

  @Test
  void bucketsWhoseSumsAreBeyondAllNumbersAreReadAsTheyCame() {
    Node with = large(Resolution.FIVE_MINUTES);
    Node without = large();
    for (String function : List.of("sum_over_time", "avg_over_time")) {
      for (int minutes : new int[] {5, 10, 15, 60}) {
        var request = QueryRequest.range(function + "(large[" + minutes + "m])", T0 + HOUR, T0 + 2 * HOUR, 5 * MINUTE);
        assertArrayEquals(values(without, request), values(with, request), request.text());
      }
      assertTrue(read(with, QueryRequest.range(function + "(large[10m])", T0 + 3 * HOUR, T0 + 4 * HOUR, 5 * MINUTE)).told() > 0);
    }
    // The mean of both is nothing; sums on the way are not.
    assertEquals(0, values(with, QueryRequest.range("avg_over_time(large[10m])", T0 + HOUR + 15 * MINUTE, T0 + HOUR + 15 * MINUTE + 1,
        5 * MINUTE))[0], 1e300);
  }

  @Test
  void histogramsAndStartTimesAreReadAsTheyCame() {
    Node node = Node.with(false, Resolution.HOUR);
    for (long t = T0; t < T0 + 8 * HOUR; t += 15_000) {
      node.t.f.add(LabelSet.of(LabelSet.NAME, "h"), t, Histograms.latency((int) (t / 15_000 % 100)), 0);
      node.t.f.add(LabelSet.of(LabelSet.NAME, "s_total"), t, (t - T0) / 15_000, T0);
    }
    node.t.f.settle();
    node.t.seal();
    for (String selector : List.of("h", "s_total")) {
      QueryRequest request = QueryRequest.range("rate(" + selector + "[1h])", T0 + HOUR, T0 + 8 * HOUR, HOUR);
      assertEquals(0, read(node, request).told());
      assertEquals(8, node.matrix(request).getFirst().count());
    }
  }
}
