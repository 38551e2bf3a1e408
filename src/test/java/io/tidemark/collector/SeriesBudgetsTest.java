package io.tidemark.collector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.dynatrace.hash4j.hashing.Hashing;
import io.tidemark.collector.CardinalityConfig.Action;
import io.tidemark.collector.CardinalityConfig.Limits;
import io.tidemark.log.BatchLimits;
import io.tidemark.model.LabelBytes;
import io.tidemark.model.LabelSet;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Entropy;
import io.tidemark.time.VirtualTime;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// The cardinality firewall over the pushes of one loop.
class SeriesBudgetsTest {
  private static final long PERIOD_MILLIS = 2 * BatchLimits.DEFAULT.epochMillisMax();

  private static CardinalityConfig config(Action action, long node, Limits limits) {
    return new CardinalityConfig(action, 0.1, List.of("service", "job"), PERIOD_MILLIS, node, limits, Map.of("big", 5_000L),
        Map.of("wide", 100L), Map.of("request_id", 20L), new Limits(8, 64, 256));
  }

  private static CollectorFixture fixture(Action action, long node, Limits limits) {
    return new CollectorFixture(IngestLimits.DEFAULT, config(action, node, limits));
  }

  private static CollectorFixture fixture(long service, long metric, long label) {
    return fixture(Action.REFUSE, 1_000_000, new Limits(service, metric, label));
  }

  private static String lines(String metric, String labels, int from, int to) {
    var text = new StringBuilder();
    for (int i = from; i < to; i++) {
      text.append(metric).append('{').append(labels).append(",user=\"").append(i).append("\"} 1\n");
    }
    return text.toString();
  }

  private static IngestResult.Stored push(CollectorFixture fixture, String metric, String labels, int from, int to) {
    return assertInstanceOf(IngestResult.Stored.class, fixture.text(lines(metric, labels, from, to)));
  }

  private static CardinalityView.Row service(CollectorFixture fixture, String name) {
    return fixture.budgets.view(name, 10).services().getFirst();
  }

  private static long metric(CollectorFixture fixture, String name) {
    return fixture.metrics.print().lines().filter(line -> line.startsWith(name + " "))
        .mapToLong(line -> Math.round(Double.parseDouble(line.substring(name.length() + 1)))).findFirst().orElseThrow();
  }

  private static LabelBytes bytes(String... labels) {
    var bytes = new LabelBytes();
    bytes.set(LabelSet.of(labels));
    return bytes;
  }

  private static void pass(CollectorFixture fixture, long millis) {
    fixture.time.advance(millis);
  }

  @Test
  void refusesNewSeriesBeyondTheBudgetOfTheirServiceAndNamesIt() {
    var fixture = fixture(100, 1000, 1000);
    IngestResult.Stored answer = push(fixture, "hits", "service=\"a\"", 0, 130);
    assertEquals(100, answer.samples());
    assertEquals(List.of(new IngestResult.Rejection("series_budget", 30, "hits{service=\"a\", user=\"100\"}: service \"a\" has "
        + "100 active series, at most 100 (cardinality.service_series, or services.a); the series it has go on, new ones are refused; "
        + "drop labels without end, or raise the budget; see /api/v1/status/cardinality")), answer.rejections());
    assertEquals(1, metric(fixture, "tidemark_cardinality_quarantined{budget=\"service\"}"));
    assertEquals(30, metric(fixture, "tidemark_cardinality_refused_samples_total{budget=\"service\"}"));
  }

  @Test
  void whatOneServiceBringsIsNotCountedAgainstAnother() {
    var fixture = fixture(100, 50, 1000);
    push(fixture, "hits", "service=\"a\"", 0, 10_000);
    assertEquals(List.of(), push(fixture, "hits", "service=\"b\"", 0, 50).rejections());
    assertEquals(List.of(), push(fixture, "hits", "job=\"c\"", 0, 50).rejections());
    assertEquals(10, push(fixture, "hits", "job=\"c\"", 0, 60).rejected());
  }

  @Test
  void seriesThatAreActiveGoOnThroughEpochsAndPeriods() {
    var fixture = fixture(100, 1000, 1000);
    push(fixture, "hits", "service=\"a\"", 0, 100);
    for (int i = 0; i < 60; i++) {
      pass(fixture, BatchLimits.DEFAULT.epochMillisMax() / 6);
      IngestResult.Stored answer = push(fixture, "hits", "service=\"a\"", 0, 101);
      assertEquals(100 + " " + 1, answer.samples() + " " + answer.rejected(), "turn " + i);
      assertEquals(100, service(fixture, "a").active());
    }
  }

  @Test
  void seriesThatEndedMakeRoomAndTheQuarantineEndsByItself() {
    var fixture = fixture(100, 1000, 1000);
    push(fixture, "hits", "service=\"a\"", 0, 130);
    pass(fixture, 2 * PERIOD_MILLIS);
    assertEquals(0, metric(fixture, "tidemark_cardinality_quarantined{budget=\"service\"}"));
    CardinalityView view = fixture.budgets.view("", 10);
    assertEquals(List.of(), view.quarantined());
    assertEquals(30, view.ended().getFirst().refusedSamples());
    assertEquals(List.of(), push(fixture, "hits", "service=\"a\"", 1_000, 1_100).rejections());
  }

  @Test
  void endedQuarantinesAreThoseOfTheServiceAndNoMoreThanAskedFor() {
    var fixture = fixture(100, 1000, 1000);
    for (String service : List.of("a", "b", "c")) {
      push(fixture, "hits", "service=\"" + service + "\"", 0, 130);
      assertTrue(fixture.budgets.release(service, "", ""));
    }
    assertEquals(List.of("c", "b", "a"), ended(fixture, "", 10));
    assertEquals(List.of("c", "b"), ended(fixture, "", 2));
    assertEquals(List.of("b"), ended(fixture, "b", 10));
    assertEquals(List.of(), ended(fixture, "nobody", 10));
  }

  private static List<String> ended(CollectorFixture fixture, String service, int rows) {
    return fixture.budgets.view(service, rows).ended().stream().map(row -> row.name().service()).toList();
  }

  @Test
  void metricsAndLabelsHaveBudgetsWithinTheirService() {
    var fixture = fixture(1000, 400, 300);
    assertEquals("metric \"wide\" of", example(push(fixture, "wide", "service=\"a\"", 0, 101), 4));
    assertEquals("label \"user\" of", example(push(fixture, "hits", "service=\"a\"", 0, 301), 4));
    // A known value is no new one.
    assertEquals(List.of(), push(fixture, "hits", "service=\"a\",code=\"500\"", 0, 50).rejections());
    var ids = new StringBuilder();
    for (int i = 0; i < 21; i++) {
      ids.append("calls{service=\"a\",request_id=\"").append(i).append("\"} 1\n");
    }
    IngestResult.Stored answer = assertInstanceOf(IngestResult.Stored.class, fixture.text(ids.toString()));
    assertEquals("label \"request_id\" of", example(answer, 4));
    assertEquals(1, answer.rejected());
    assertEquals(List.of(), push(fixture, "rest", "service=\"big\"", 0, 300).rejections());
    assertEquals(5_000, service(fixture, "big").budget());
  }

  private static String example(IngestResult.Stored answer, int words) {
    String text = answer.rejections().getFirst().example();
    String[] parts = text.substring(text.indexOf("}: ") + 3).split(" ");
    return String.join(" ", List.of(parts).subList(0, words - 1));
  }

  @Test
  void nodeOverItsBudgetLeavesSmallServicesARest() {
    var fixture = fixture(Action.REFUSE, 3_000, new Limits(100_000, 100_000, 100_000));
    assertEquals(3_000, push(fixture, "hits", "service=\"a\"", 0, 4_000).samples());
    assertEquals(1_000, push(fixture, "hits", "service=\"b\"", 0, 4_000).samples());
    assertEquals(1, metric(fixture, "tidemark_cardinality_quarantined{budget=\"node\"}"));
  }

  @Test
  void manySmallServicesStayWithinTheReserveOfTheNode() {
    assertEquals(3_000, ofManyServices(2_000));
    assertEquals(22_000, ofManyServices(20_000));
  }

  /// Series that come in of 50 services with 900 each.
  private static long ofManyServices(long budget) {
    var many = new CardinalityConfig(Action.REFUSE, 0.1, List.of("service"), PERIOD_MILLIS, budget, new Limits(budget, budget, budget),
        Map.of(), Map.of(), Map.of(), new Limits(1_000, 1_000, 1_000));
    var fixture = new CollectorFixture(IngestLimits.DEFAULT, many);
    long samples = 0;
    for (int i = 0; i < 50; i++) {
      samples += push(fixture, "hits", "service=\"s" + i + "\"", 0, 900).samples();
    }
    assertEquals(samples, fixture.budgets.view("", 1).node().active());
    assertEquals(900, push(fixture, "hits", "service=\"s0\"", 0, 900).samples());
    assertTrue(fixture.budgets.release("", "", ""));
    assertEquals(List.of(), push(fixture, "hits", "service=\"s49\"", 0, 900).rejections());
    return samples;
  }

  @Test
  void servicesWithoutEndShareOneBudget() {
    var fixture = fixture(100, 1000, 1000);
    push(fixture, "hits", "service=\"known\"", 0, 1);
    var text = new StringBuilder();
    for (int i = 0; i < 1_000; i++) {
      text.append("hits{service=\"s").append(i).append("\"} 1\n");
    }
    IngestResult.Stored answer = assertInstanceOf(IngestResult.Stored.class, fixture.text(text.toString()));
    assertEquals(7 + 100, answer.samples());
    assertEquals(8, metric(fixture, "tidemark_cardinality_accounts{budget=\"service\"}"));
    assertEquals(List.of(), push(fixture, "hits", "service=\"known\"", 1, 100).rejections());
    // What is idle is given up when room is needed.
    pass(fixture, 2 * PERIOD_MILLIS);
    push(fixture, "hits", "service=\"later\"", 0, 1);
    assertEquals(1, service(fixture, "later").active());
  }

  @Test
  void namesWithoutEndStayWithinTheirBounds() {
    var fixture = fixture(100_000, 100_000, 100_000);
    var text = new StringBuilder();
    for (int i = 0; i < 5_000; i++) {
      text.append("m").append(i).append("{service=\"a\",l").append(i % 700).append("=\"1\"} 1\n");
    }
    text.append("m{service=\"").append("x".repeat(1_000)).append("\"} 1\n");
    assertEquals(List.of(), assertInstanceOf(IngestResult.Stored.class, fixture.text(text.toString())).rejections());
    assertTrue(metric(fixture, "tidemark_cardinality_accounts{budget=\"metric\"}") <= 64 + 1);
    assertTrue(metric(fixture, "tidemark_cardinality_accounts{budget=\"label\"}") <= 256);
    assertEquals(5_000, service(fixture, "a").active());
    assertEquals(1, service(fixture, SeriesBudgets.OTHERS).active());
  }

  @Test
  void sampleKeepsTheSameShareEverywhereAndAtMostTwiceTheBudget() {
    var kept = new HashSet<Set<Long>>();
    for (int secret = 0; secret < 2; secret++) {
      var time = new VirtualTime(1);
      var budgets = new SeriesBudgets(config(Action.SAMPLE, 1_000_000, new Limits(1_000, 1_000_000, 1_000_000)), time,
          Entropy.seeded(secret), new Metrics());
      BudgetCheck check = budgets.check();
      var hashes = new Random(5);
      var admitted = new HashSet<Long>();
      for (int i = 0; i < 40_000; i++) {
        long hash = hashes.nextLong();
        if (check.admit(bytes("__name__", "hits", "service", "a"), hash, "", 1, time.millis(), false).isEmpty()) {
          admitted.add(hash);
        }
        if (i == 5_000) {
          assertEquals(1_400, admitted.size(), 60);
        }
      }
      assertEquals(2_000, admitted.size());
      kept.add(admitted);
    }
    assertEquals(1, kept.size());
  }

  @Test
  void observeTakesEverythingAndCounts() {
    var fixture = fixture(Action.OBSERVE, 1_000_000, new Limits(100, 1000, 1000));
    assertEquals(130, push(fixture, "hits", "service=\"a\"", 0, 130).samples());
    assertEquals(130, service(fixture, "a").active());
    assertEquals(30, metric(fixture, "tidemark_cardinality_sampled_series_total"));
  }

  @Test
  void releaseGrantsAnotherBudgetUntilThePeriodEnds() {
    var fixture = fixture(100, 1000, 1000);
    push(fixture, "hits", "service=\"a\"", 0, 130);
    assertFalse(fixture.budgets.release("a", "hits", ""));
    assertFalse(fixture.budgets.release("nobody", "", ""));
    assertTrue(fixture.budgets.release("a", "", ""));
    assertEquals(List.of(), fixture.budgets.view("", 10).quarantined());
    assertEquals(200, push(fixture, "hits", "service=\"a\"", 0, 230).samples());
    assertEquals(1, fixture.budgets.view("", 10).quarantined().size());
  }

  @Test
  void seriesTheProcessMakesItselfAreNeverRefused() {
    var fixture = fixture(1, 1000, 1000);
    push(fixture, "hits", "service=\"a\"", 0, 2);
    BudgetCheck check = fixture.budgets.check();
    assertTrue(check.admit(bytes("__name__", "up", "service", "a"), 1, "", 1, fixture.time.millis(), true).isEmpty());
    assertTrue(check.admit(bytes("__name__", "up", "service", "a"), 1, "", 1, fixture.time.millis(), false).isEmpty());
    assertTrue(check.admit(bytes("__name__", "up", "service", "a"), 2, "", 1, fixture.time.millis(), false).isPresent());
  }

  @Test
  void agreesWithTheExactCountWithinTwoPercent() {
    var random = new Random(44);
    var config = config(Action.REFUSE, 10_000_000, new Limits(200_000, 1_000_000, 1_000_000));
    var fixture = new CollectorFixture(IngestLimits.DEFAULT, config);
    var exact = new HashSet<Long>();
    var refused = new HashSet<Long>();
    var users = new HashSet<Integer>();
    BudgetCheck check = fixture.budgets.check();
    for (int i = 0; i < 900_000; i++) {
      long hash = random.nextLong() | 1;
      int user = random.nextInt(50_000);
      LabelBytes labels = bytes("__name__", "hits", "service", "a", "user", Integer.toString(user));
      // Each second one comes again.
      for (int times = 0; times <= i % 2; times++) {
        if (check.admit(labels, hash, "", 1, fixture.time.millis(), false).isEmpty()) {
          exact.add(hash);
          users.add(user);
        } else {
          refused.add(hash);
        }
      }
    }
    CardinalityView view = fixture.budgets.view("a", 10);
    assertEquals(exact.size(), view.services().getFirst().active(), exact.size() * 0.02);
    assertEquals(exact.size(), view.metrics().getFirst().active(), exact.size() * 0.02);
    assertEquals(users.size(), view.labels().getFirst().active(), users.size() * 0.02);
    assertEquals(refused.size(), view.quarantined().getFirst().refusedSeries(), refused.size() * 0.02);
    assertEquals("user", view.metrics().getFirst().values());
    assertEquals(view.services().getFirst().active(), view.services().getFirst().newInHour());
  }

  private static long hash(LabelBytes labels) {
    return Hashing.xxh3_64().hashBytesToLong(labels.bytes(), 0, labels.length());
  }

  private static boolean ask(CollectorFixture fixture, BudgetCheck check, LabelBytes labels) {
    return check.admit(labels, hash(labels), "sender", 1, fixture.time.millis(), false).isEmpty();
  }

  @Test
  void loopsShareTheBudgetsOfAccountsThatAnotherMade() {
    var fixture = fixture(1000, 400, 300);
    List<BudgetCheck> checks = List.of(fixture.budgets.check(), fixture.budgets.check(), fixture.budgets.check());
    int admitted = 0;
    for (int i = 0; i < 60; i++) {
      // One kind of series, in other company each second time.
      LabelBytes labels = i % 2 == 0 ? bytes("__name__", "hits", "job", "a", "request_id", "r" + i)
          : bytes("__name__", "hits", "code", "200", "job", "a", "request_id", "r" + i);
      admitted += ask(fixture, checks.get(i % 3), labels) ? 1 : 0;
    }
    assertEquals(20, admitted);
    admitted = 0;
    for (int i = 0; i < 150; i++) {
      admitted += ask(fixture, checks.get(i % 3), bytes("__name__", "wide", "job", "a", "n", "" + i)) ? 1 : 0;
    }
    assertEquals(100, admitted);
  }

  @Test
  void countsStayExactWhileAccountsAreMadeAndGivenUp() {
    var fixture = fixture(Action.REFUSE, 100_000, new Limits(150, 100_000, 100_000));
    List<BudgetCheck> checks = List.of(fixture.budgets.check(), fixture.budgets.check());
    var random = new Random(3);
    var before = new HashSet<String>();
    var current = new HashSet<String>();
    for (int period = 0; period < 12; period++) {
      for (int i = 0; i < 3_000; i++) {
        // Other services, metrics and labels in each period.
        String service = "s" + (period * 2 + random.nextInt(6));
        LabelBytes labels = bytes("__name__", "m" + (period + random.nextInt(5)), "l" + (period * 3 + random.nextInt(30)), "v"
            + random.nextInt(4), "service", service);
        if (ask(fixture, checks.get(random.nextInt(2)), labels)) {
          current.add(labels.toString());
        }
      }
      var active = new HashSet<>(before);
      active.addAll(current);
      CardinalityView view = fixture.budgets.view("", 1_000);
      assertEquals(active.size(), view.node().active(), "period " + period);
      assertEquals(active.size(), view.services().stream().mapToLong(CardinalityView.Row::active).sum(), "period " + period);
      assertEquals(active.size(), view.metrics().stream().mapToLong(CardinalityView.Row::active).sum(), "period " + period);
      before = new HashSet<>(current);
      current.clear();
      pass(fixture, PERIOD_MILLIS);
    }
    assertTrue(metric(fixture, "tidemark_cardinality_shapes") <= metric(fixture, "tidemark_cardinality_shapes_max"));
  }

  /// What is allocated for a refused series from its bytes on: no label, no text, whatever the protocol.
  @Test
  void refusedSeriesLeaveNoGarbage() {
    var fixture = fixture(100, 1_000, 1_000);
    push(fixture, "hits", "service=\"a\"", 0, 100);
    var message = new WriteRequests();
    for (int i = 1_000; i < 11_000; i++) {
      message.series(WriteRequests.labels("__name__", "hits", "service", "a", "user", "x".repeat(100) + i)
          .sample(fixture.time.millis(), i));
    }
    byte[] snappy = message.snappy();
    byte[] text = lines("hits", "service=\"a\"", 1_000, 11_000).getBytes(StandardCharsets.UTF_8);
    assertTrue(fixture.bytesEach(10_000,
        () -> fixture.ingest.remoteWrite(snappy, "b", CollectorFixture.TRACE), IngestResult.Stored::rejected) < 100);
    assertTrue(fixture.bytesEach(10_000,
        () -> fixture.ingest.text(text, BodyEncoding.IDENTITY, "", "b", CollectorFixture.TRACE), IngestResult.Stored::rejected) < 100);
  }
}
