package io.tidemark.rules;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.catalog.Catalog;
import io.tidemark.catalog.MemoryCatalog;
import io.tidemark.cluster.LeaseConfig;
import io.tidemark.log.BatchLimits;
import io.tidemark.log.BatchWriter;
import io.tidemark.model.Alert;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Stale;
import io.tidemark.model.TidemarkException;
import io.tidemark.promql.Features;
import io.tidemark.query.QueryConfig;
import io.tidemark.query.QueryEngine;
import io.tidemark.query.QueryRequest;
import io.tidemark.query.Value;
import io.tidemark.state.MemoryState;
import io.tidemark.state.NodeState;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Entropy;
import io.tidemark.time.Loop;
import io.tidemark.time.NodeTime;
import io.tidemark.time.VirtualTime;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonObject;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Several engines on one state, one catalog and one log.
class RuleClusterTest {
  private static final long LIFE = 10_000;
  private static final long ALONE_AFTER = 30_000;
  private static final int GROUPS = 12;
  private static final String RULES = IntStream.range(0, GROUPS).mapToObj(i -> """
        - name: g%d
          interval: 15s
          rules:
            - alert: Held%d
              expr: x{g="%d"} > 10
              for: 90s
            - record: copy%d
              expr: x{g="%d"}
      """.formatted(i, i, i, i, i)).collect(Collectors.joining("", "groups:\n", ""));

  /// One alert told by one node.
  private record Told(String node, long atMillis, Alert alert) {}

  private final VirtualTime time = new VirtualTime(11, World.START_MILLIS);
  private final SeriesLog log = new SeriesLog();
  private final MemoryState shared = new MemoryState(time);
  private final MemoryCatalog catalog = new MemoryCatalog();
  private final List<Told> told = new ArrayList<>();
  private int writers;
  private boolean catalogAway;

  private final class Node {
    final String name;
    final NodeTime own = new NodeTime(time);
    final NodeState state = new NodeState(shared);
    final Metrics metrics = new Metrics();
    final Loop loop = own.loop("rules");
    final RuleEngine engine;
    final RuleStore store;
    final Collection<String> asked = new ArrayList<>();
    /// Answers of queries wait for it.
    Future<Void> answers = Future.succeededFuture();

    Node(String name, long aloneAfterMillis) {
      this.name = name;
      var queries = new QueryEngine(log.seriesReader, QueryConfig.DEFAULT, Runnable::run, own, new Metrics());
      var writer = new BatchWriter(log, ++writers, BatchLimits.DEFAULT, own, metrics);
      engine = new RuleEngine(RuleSettings.DEFAULT, (expression, at, _) -> ask(queries, expression, at), writer, state,
          new LeaseConfig(name, LIFE, aloneAfterMillis), this::send, loop, own.executor(), own, metrics);
      engine.share(new SharedRuleBoard(state, own, metrics));
      var files = new RuleFiles(RuleSettings.DEFAULT, Features.STANDARD);
      store = new RuleStore(interruptible(), files, engine, own, Entropy.seeded(name.hashCode()), metrics);
      engine.start();
      store.start(loop, 5_000);
      engine.load("files", files.parse(List.of(new RuleFile("rules.yml", RULES))));
      time.run();
    }

    Node(String name) {
      this(name, ALONE_AFTER);
    }

    private Future<Value> ask(QueryEngine queries, String expression, long atMillis) {
      asked.add(expression);
      return answers.compose(_ -> queries.run(QueryRequest.instant(expression, atMillis))).map(result -> result.value());
    }

    private Future<Void> send(List<Alert> alerts) {
      alerts.forEach(alert -> told.add(new Told(name, time.millis(), alert)));
      return Future.succeededFuture();
    }

    List<String> running() {
      List<String> names = engine.runningGroups().stream().sorted().toList();
      return names;
    }

    double metric(String metric) {
      return metrics.print().lines().filter(l -> l.startsWith(metric + " ") || l.startsWith(metric + "{role=\"rules\"}"))
          .mapToDouble(l -> Double.parseDouble(l.split(" ")[1])).sum();
    }
  }

  private Catalog interruptible() {
    return (Catalog) Proxy.newProxyInstance(Catalog.class.getClassLoader(), new Class<?>[] {Catalog.class}, (_, method, arguments) ->
        catalogAway ? Future.failedFuture(new TidemarkException(ErrorCode.UNAVAILABLE, "the catalog is away, as the test asked for"))
            : method.invoke(catalog, arguments));
  }

  private <T> T done(Future<T> future) {
    time.run();
    assertTrue(future.succeeded(), () -> String.valueOf(future.cause()));
    return future.result();
  }

  /// Samples every 15 s; from a spell to the next, each of five samples, the series is high or low.
  private void randomSamples(long seed, int samples) {
    for (int group = 0; group < GROUPS; group++) {
      for (int i = 0; i < samples; i++) {
        int value = Entropy.seeded(seed * 1000 + group * 131 + i / 12).nextInt(2) * 12;
        log.add(LabelSet.of(LabelSet.NAME, "x", "g", "" + group), World.START_MILLIS + i * 15_000L, value);
      }
    }
  }

  private void constantSamples(int samples) {
    for (int group = 0; group < GROUPS; group++) {
      for (int i = 0; i < samples; i++) {
        log.add(LabelSet.of(LabelSet.NAME, "x", "g", "" + group), World.START_MILLIS + i * 15_000L, 12);
      }
    }
  }

  private static void assertSharedOut(List<Node> nodes) {
    var all = new ArrayList<String>();
    nodes.forEach(node -> all.addAll(node.running()));
    assertEquals(GROUPS, all.size(), all::toString);
    assertEquals(GROUPS, new TreeSet<>(all).size(), all::toString);
  }

  @Test
  void eachGroupRunsOnOneNode() {
    var a = new Node("a");
    var b = new Node("b");
    time.advance(2 * LIFE);
    assertSharedOut(List.of(a, b));
    assertTrue(!a.running().isEmpty() && !b.running().isEmpty());
    a.asked.clear();
    b.asked.clear();
    time.advance(60_000);
    var both = new TreeSet<>(a.asked);
    both.retainAll(b.asked);
    assertEquals(List.of(), List.copyOf(both), "no rule is evaluated by both");
    assertEquals(GROUPS, a.metric("tidemark_rule_groups"));
    assertEquals(a.running().size(), a.metric("tidemark_rule_groups_running"));
  }

  @Test
  void groupsOfADeadNodeMoveWithinOneLifeAndGoOnWhereTheyWere() {
    constantSamples(100);
    var a = new Node("a");
    var b = new Node("b");
    time.advance(2 * LIFE + 55_000);
    List<String> moving = b.running();
    Map<String, Long> before = pendingSince(a);
    assertEquals(GROUPS, before.size());
    b.own.kill();
    time.advance(LIFE);
    assertSharedOut(List.of(a));
    time.advance(15_000);
    assertEquals(before, pendingSince(a), "no `for` has started over");
    time.advance(90_000);
    assertEquals(GROUPS, told.stream().map(t -> t.alert().name()).distinct().count());
    assertFalse(moving.isEmpty());
    before.forEach((name, since) -> {
      long fired = told.stream().filter(t -> t.alert().name().equals(name)).findFirst().orElseThrow().alert().startsAtMillis();
      assertTrue(fired - since >= 90_000 && fired - since < 90_000 + 2 * 15_000, name + " fired after " + (fired - since));
    });
    log.series.forEach((labels, samples) -> {
      if (labels.metricName().equals("ALERTS_FOR_STATE")) {
        assertTrue(samples.values().stream().noneMatch(Stale::is), () -> labels + " was ended by the move");
      }
    });
  }

  private Map<String, Long> pendingSince(Node node) {
    var since = new TreeMap<String, Long>();
    done(node.engine.groups()).forEach(group -> group.rules().forEach(rule -> rule.alerts().forEach(alert ->
        since.put(alert.labels().value("alertname"), alert.activeAtMillis()))));
    return since;
  }

  @Test
  void everyNodeShowsAllGroupsAndSoDoesOneWithoutTheRole() {
    constantSamples(100);
    var a = new Node("a");
    var b = new Node("b");
    time.advance(2 * LIFE + 60_000);
    List<GroupView> ofA = done(a.engine.groups());
    assertEquals(ofA, done(b.engine.groups()));
    assertEquals(GROUPS, ofA.stream().flatMap(g -> g.rules().stream()).flatMap(r -> r.alerts().stream()).count());
    var board = new SharedRuleBoard(shared, time, new Metrics());
    assertEquals(new TreeSet<>(names(ofA)), new TreeSet<>(names(done(board.groups()))));
    assertEquals(ofA.stream().sorted((x, y) -> x.group().name().compareTo(y.group().name())).toList(), done(board.groups()));
  }

  private static List<String> names(List<GroupView> views) {
    return views.stream().map(view -> view.group().name()).toList();
  }

  @Test
  void aRuleMadeOnOneNodeIsEvaluatedWithinOneIntervalOnAnother() {
    var a = new Node("a");
    var b = new Node("b");
    time.advance(2 * LIFE);
    for (int i = 0; i < 8; i++) {
      Node at = i % 2 == 0 ? a : b;
      var rule = new JsonObject().put("type", "recording").put("name", "made" + i).put("expr", "1").put("interval", "15s");
      done(at.store.create(rule, "ann"));
      long made = time.millis();
      time.advance(15_000);
      var samples = log.samples(LabelSet.NAME, "made" + i);
      assertEquals(1, samples.tailMap(made, false).size(), "made" + i + " at " + made + ": " + samples.keySet());
    }
  }

  @Test
  void withoutTheCatalogRulesRunOnAndChangesAreRefused() {
    var a = new Node("a");
    done(a.store.create(new JsonObject().put("type", "recording").put("name", "made").put("expr", "1").put("interval", "15s"), "ann"));
    time.advance(30_000);
    catalogAway = true;
    int before = log.samples(LabelSet.NAME, "made").size();
    time.advance(60_000);
    assertEquals(before + 4, log.samples(LabelSet.NAME, "made").size());
    var refused = a.store.create(new JsonObject().put("name", "other").put("expr", "1"), "ann");
    time.run();
    assertEquals(ErrorCode.UNAVAILABLE, ((TidemarkException) refused.cause()).code());
    assertTrue(a.metric("tidemark_rules_refresh_failures_total") >= 11);
    assertTrue(a.metric("tidemark_rules_age_seconds") >= 55);
    var late = new Node("b");
    time.advance(LIFE);
    catalogAway = false;
    time.advance(20_000);
    assertEquals(GROUPS + 1, a.running().size() + late.running().size(), "who started without the catalog has its rules too");
  }

  @Test
  void aNodeThatIsCutOffStopsAndSpoilsNothing() {
    constantSamples(100);
    var a = new Node("a", 1_000_000_000);
    var b = new Node("b");
    time.advance(2 * LIFE + 30_000);
    Map<String, Long> before = pendingSince(b);
    a.state.way(NodeState.Way.SILENT);
    time.advance(LIFE);
    assertEquals(List.of(), a.running());
    assertSharedOut(List.of(b));
    a.asked.clear();
    time.advance(60_000);
    assertEquals(List.of(), a.asked);
    assertEquals(before, pendingSince(b));
    a.state.way(NodeState.Way.OPEN);
    time.advance(LIFE);
    assertSharedOut(List.of(a, b));
    time.advance(15_000);
    assertEquals(before, pendingSince(a));
  }

  @Test
  void withoutTheStateGroupsRunOnAfterAPauseFromMemory() {
    constantSamples(200);
    var a = new Node("a");
    var b = new Node("b");
    time.advance(2 * LIFE + 30_000);
    a.state.way(NodeState.Way.REFUSING);
    b.state.way(NodeState.Way.REFUSING);
    time.advance(LIFE + ALONE_AFTER);
    assertSharedOut(List.of(a, b));
    time.advance(90_000);
    assertEquals(GROUPS, told.stream().map(t -> t.alert().name()).distinct().count(), "pages go out while the state is away");
    assertEquals(GROUPS, told.stream().map(t -> t.node() + t.alert().name()).distinct().count(), "each from one node");
    shared.flush();
    a.state.way(NodeState.Way.OPEN);
    b.state.way(NodeState.Way.OPEN);
    time.advance(2 * LIFE + 15_000);
    assertEquals(GROUPS, shared.scan("rules/alert/").result().size(), "what the state lost is saved anew");
    assertEquals(0, a.metric("tidemark_leases_alone") + b.metric("tidemark_leases_alone"));
    assertSharedOut(List.of(a, b));
  }

  @Test
  void aNodeWhoseClockStoodStillTellsAndSavesNothingOld() {
    constantSamples(20);
    for (int group = 0; group < GROUPS; group++) {
      for (int i = 20; i < 100; i++) {
        log.add(LabelSet.of(LabelSet.NAME, "x", "g", "" + group), World.START_MILLIS + i * 15_000L, 1);
      }
    }
    var a = new Node("a");
    var b = new Node("b");
    time.advance(285_000);
    assertFalse(a.running().isEmpty());
    a.own.suspend();
    // Meanwhile all alerts end on the other node.
    time.advance(60_000);
    Map<String, Long> saved = versions();
    a.own.resume();
    time.advance(1);
    int after = told.size();
    a.own.skewMillis = 60_000;
    time.advance(40_000);
    assertTrue(told.subList(after, told.size()).stream().allMatch(t -> t.alert().isResolvedAt(t.atMillis())), "no end is taken back");
    assertEquals(saved.keySet(), versions().keySet());
    assertSharedOut(List.of(a, b));
  }

  private Map<String, Long> versions() {
    return shared.scan("rules/alert/").result().stream().collect(Collectors.toMap(e -> e.key(), e -> e.version()));
  }

  @Test
  void anEvaluationUnderWayEndsWithTheRightToRunTheGroup() {
    constantSamples(100);
    var a = new Node("a");
    var b = new Node("b");
    time.advance(2 * LIFE);
    Promise<Void> gate = Promise.promise();
    a.answers = gate.future();
    a.asked.clear();
    time.runUntil(() -> a.asked.size() == 1);
    long slot = time.millis();
    String group = a.asked.iterator().next().replaceAll("[^0-9]*([0-9]+).*", "$1");
    a.own.stall();
    time.advance(20_000);
    assertSharedOut(List.of(b));
    a.own.resume();
    gate.complete();
    time.advance(20_000);
    assertTrue(log.samples(LabelSet.NAME, "copy" + group, "g", group).keySet().stream().noneMatch(at -> at == slot));
    var pending = log.samples(LabelSet.NAME, "ALERTS", "alertname", "Held" + group, "alertstate", "pending", "g", group);
    assertTrue(pending.keySet().stream().noneMatch(at -> at == slot) && !pending.isEmpty(), pending::toString);
  }

  @Test
  void aNodeThatStopsInOrderLeavesNoGap() {
    var a = new Node("a");
    var b = new Node("b");
    time.advance(2 * LIFE);
    assertNotEquals(List.of(), b.running());
    done(b.engine.stop());
    time.advance(2_000);
    assertSharedOut(List.of(a));
  }

  /// Whatever happens to single nodes: the lives of alerts are those of a cluster in peace, but for evaluations that were skipped.
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16})
  void troubleOfNodesStartsNoForOverAndLosesNoAlert(long seed) {
    int samples = 240;
    randomSamples(seed, samples);
    var random = new SplittableRandom(seed);
    var nodes = new ArrayList<>(List.of(new Node("n0"), new Node("n1"), new Node("n2")));
    long end = World.START_MILLIS + samples * 15_000L;
    while (time.millis() < end) {
      time.advance(20_000 + random.nextInt(60_000));
      int which = random.nextInt(3);
      Node node = nodes.get(which);
      switch (random.nextInt(5)) {
        case 0 -> {
          node.own.kill();
          time.advance(random.nextInt(20_000));
          nodes.set(which, new Node(node.name));
        }
        case 1 -> {
          node.own.stall();
          time.advance(random.nextInt(25_000));
          node.own.resume();
        }
        case 2 -> {
          node.own.suspend();
          time.advance(random.nextInt(25_000));
          node.own.resume();
          node.own.skewMillis = time.millis() - node.own.millis() + node.own.skewMillis;
        }
        case 3 -> {
          node.state.way(random.nextBoolean() ? NodeState.Way.SILENT : NodeState.Way.REFUSING);
          time.advance(random.nextInt(25_000));
          node.state.way(NodeState.Way.OPEN);
        }
        default -> {
          done(node.engine.stop());
          node.own.kill();
          nodes.set(which, new Node(node.name));
        }
      }
    }
    time.advance(3 * LIFE);
    assertSharedOut(nodes);
    for (int group = 0; group < GROUPS; group++) {
      assertLives(seed, group, samples);
    }
  }

  /// Spells are 180 s long; `for` is 90 s, an evaluation 15 s, a move 10 s and a round, and trouble may follow trouble.
  private void assertLives(long seed, int group, int samples) {
    int longest = 90_000 + 75_000;
    for (int spell = 0; spell < samples / 12 - 1; spell++) {
      boolean high = isHigh(seed, group, spell);
      boolean begins = high && (spell == 0 || !isHigh(seed, group, spell - 1));
      if (begins) {
        long from = World.START_MILLIS + spell * 12 * 15_000L;
        String name = "Held" + group;
        int index = spell;
        List<Told> firing = told.stream().filter(t -> t.alert().name().equals(name) && t.atMillis() > from
            && t.atMillis() <= from + longest && !t.alert().isResolvedAt(t.atMillis())).toList();
        assertFalse(firing.isEmpty(), () -> "seed " + seed + ": nobody told of " + name + " in spell " + index);
        assertTrue(firing.getFirst().alert().startsAtMillis() >= from + 90_000, () -> name + " fired too early");
      }
    }
  }

  private static boolean isHigh(long seed, int group, int spell) {
    return Entropy.seeded(seed * 1000 + group * 131 + spell).nextInt(2) == 1;
  }
}
