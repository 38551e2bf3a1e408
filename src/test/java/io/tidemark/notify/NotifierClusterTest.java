package io.tidemark.notify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.catalog.MemoryCatalog;
import io.tidemark.cluster.LeaseConfig;
import io.tidemark.model.Alert;
import io.tidemark.model.LabelSet;
import io.tidemark.notify.receiver.IntegrationConfig;
import io.tidemark.state.MemoryState;
import io.tidemark.state.NodeState;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Loop;
import io.tidemark.time.NodeTime;
import io.tidemark.time.VirtualTime;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Several notifiers on one state, fed with the same alerts. Whatever happens to single ones, nobody misses a page, and each is sent once,
/// but for those on their way when their sender died: these come again under the same key and are counted.
class NotifierClusterTest {
  private static final long LIFE = 10_000;
  private static final long NEVER = 1_000_000_000;
  private static final long HOUR_MILLIS = 3_600_000;
  private static final String CONFIG = """
      route:
        receiver: team
        group_by: [alertname]
        group_wait: 10s
        group_interval: 1m
        repeat_interval: %s
      receivers:
        - name: team
          webhook_configs: [{url: "http://hook.test/"}]
      """;

  /// What the receiver took, and from whom.
  private record Taken(long atMillis, String node, Notification notification) {}

  private final VirtualTime time = new VirtualTime(3);
  private final MemoryState shared = new MemoryState(time);
  private final MemoryCatalog catalog = new MemoryCatalog();
  /// The receiver's own place: it lives on when a sender dies.
  private final Loop receiver = time.loop("receiver");
  private final List<Taken> taken = new ArrayList<>();
  private final Map<LabelSet, Alert> firing = new LinkedHashMap<>();
  private final Map<LabelSet, Alert> over = new LinkedHashMap<>();
  private final List<Metrics> allMetrics = new ArrayList<>();
  private String repeat = "1000h";
  private long aloneAfterMillis = NEVER;
  private long transitMillis = 20;
  private SplittableRandom random = new SplittableRandom(1);

  private final class Node {
    final String name;
    final NodeTime own = new NodeTime(time);
    final NodeState state = new NodeState(shared);
    final Metrics metrics = new Metrics();
    final Loop loop = own.loop("notifier");
    final Silences silences;
    final Notifier notifier;

    Node(String name) {
      this.name = name;
      allMetrics.add(metrics);
      silences = Silences.open(catalog, own, time.entropy(), metrics).result();
      silences.follow(loop, 5_000);
      Integrations integrations = (IntegrationConfig _, Texts _) -> new Integration() {
        @Override
        public Future<Outcome> send(Notification notification) {
          Promise<Outcome> answer = Promise.promise();
          receiver.after(random.nextLong(transitMillis + 1), () -> {
            taken.add(new Taken(time.millis(), name, notification));
            receiver.after(random.nextLong(transitMillis + 1), () -> answer.complete(new Outcome.Delivered("ok")));
          });
          return answer.future();
        }

        @Override
        public Future<Void> close() {
          return Future.succeededFuture();
        }
      };
      notifier = new Notifier(NotifyConfig.parse(CONFIG.formatted(repeat), "test.yml", Path.of(".")),
          new NotifyPorts(integrations, state, new LeaseConfig(name, LIFE, aloneAfterMillis), silences, loop, own, time.entropy(), metrics,
              "http://tidemark.test", NotifyLimits.DEFAULT));
      hear();
      notifier.start(Future::succeededFuture);
      time.run();
    }

    void hear() {
      var all = new ArrayList<>(firing.values());
      all.addAll(over.values());
      loop.execute(() -> notifier.receive(all));
      time.run();
    }
  }

  private void fire(LabelSet labels) {
    over.remove(labels);
    firing.computeIfAbsent(labels, l -> new Alert(l, LabelSet.EMPTY, time.millis(), time.millis() + HOUR_MILLIS, ""));
  }

  private void resolve(LabelSet labels) {
    Alert alert = firing.remove(labels);
    if (alert != null) {
      over.put(labels, new Alert(labels, LabelSet.EMPTY, alert.startsAtMillis(), time.millis(), ""));
    }
  }

  /// The rules repeat what fires, and for a quarter of an hour what is over.
  private void repeatAll(List<Node> nodes) {
    firing.replaceAll((labels, alert) -> new Alert(labels, alert.annotations(), alert.startsAtMillis(), time.millis() + HOUR_MILLIS, ""));
    over.values().removeIf(alert -> alert.endsAtMillis() < time.millis() - 15 * 60_000);
    nodes.forEach(Node::hear);
  }

  private double metric(String name) {
    return allMetrics.stream().flatMap(m -> m.print().lines()).filter(l -> l.startsWith(name + " ") || l.startsWith(name + "{"))
        .mapToDouble(l -> Double.parseDouble(l.substring(l.lastIndexOf(' ') + 1))).sum();
  }

  private static LabelSet alert(int number) {
    return LabelSet.of("alertname", "A" + number);
  }

  private static void fireMany(NotifierClusterTest test) {
    for (int i = 0; i < 30; i++) {
      test.fire(alert(i));
    }
  }

  @Test
  void eachGroupIsToldByOneNode() {
    var a = new Node("a");
    var b = new Node("b");
    time.advance(2 * LIFE);
    fireMany(this);
    repeatAll(List.of(a, b));
    time.advance(60_000);
    assertEquals(30, taken.size());
    assertEquals(Set.of("a", "b"), new TreeSet<>(taken.stream().map(Taken::node).toList()));
    firing.keySet().stream().toList().forEach(this::resolve);
    repeatAll(List.of(a, b));
    time.advance(120_000);
    assertEquals(60, taken.size());
  }

  @Test
  void whatADeadNodeHadToTellIsToldByAnotherWithinOneLifeAndNothingTwice() {
    var a = new Node("a");
    var b = new Node("b");
    time.advance(2 * LIFE);
    fireMany(this);
    repeatAll(List.of(a, b));
    time.advance(9_000);
    b.own.kill();
    time.advance(LIFE + 1_000);
    assertEquals(30, taken.size());
    time.advance(HOUR_MILLIS / 2);
    assertEquals(30, taken.size());
    assertEquals(0, metric("tidemark_notifications_ambiguous_total"));
  }

  @Test
  void aPageOnItsWayWhenItsSenderDiesComesAgainUnderTheSameKey() {
    transitMillis = 1_000;
    var a = new Node("a");
    var b = new Node("b");
    time.advance(2 * LIFE);
    fireMany(this);
    repeatAll(List.of(a, b));
    time.runUntil(() -> taken.stream().anyMatch(t -> t.node().equals("b")));
    b.own.kill();
    time.advance(3 * LIFE);
    double ambiguous = metric("tidemark_notifications_ambiguous_total");
    assertTrue(ambiguous > 0);
    assertEquals(30, taken.stream().map(t -> t.notification().idempotencyKey()).distinct().count());
    assertEquals(30 + ambiguous, taken.size(), ambiguous);
    assertTrue(taken.size() > 30, "at least one had arrived");
  }

  @Test
  void aNodeThatIsCutOffLeavesThePageToAnother() {
    var a = new Node("a");
    var b = new Node("b");
    time.advance(2 * LIFE);
    fireMany(this);
    repeatAll(List.of(a, b));
    time.advance(9_500);
    b.state.way(NodeState.Way.SILENT);
    time.advance(3 * LIFE);
    assertEquals(30, taken.size());
    assertEquals(Set.of("a"), new TreeSet<>(taken.stream().map(Taken::node).toList()));
  }

  @Test
  void withoutTheStatePagesGoOutAfterAPauseAndAreKnownAfterwards() {
    aloneAfterMillis = 30_000;
    var a = new Node("a");
    var b = new Node("b");
    time.advance(2 * LIFE);
    a.state.way(NodeState.Way.REFUSING);
    b.state.way(NodeState.Way.REFUSING);
    fireMany(this);
    repeatAll(List.of(a, b));
    time.advance(aloneAfterMillis + LIFE + 10_000);
    assertEquals(30, taken.size());
    assertEquals(30, metric("tidemark_notifications_alone_total"));
    a.state.way(NodeState.Way.OPEN);
    b.state.way(NodeState.Way.OPEN);
    time.advance(3 * LIFE);
    repeatAll(List.of(a, b));
    time.advance(60_000);
    b.own.kill();
    time.advance(3 * LIFE + 120_000);
    assertEquals(30, taken.size(), "what was told alone is in the log that others read");
  }

  @Test
  void aNodeWhoseClockStoodStillTellsNothing() {
    var a = new Node("a");
    var b = new Node("b");
    time.advance(2 * LIFE);
    fireMany(this);
    repeatAll(List.of(a, b));
    time.advance(9_999);
    b.own.suspend();
    time.advance(30_000);
    assertEquals(30, taken.size());
    b.own.resume();
    time.advance(60_000);
    assertEquals(30, taken.size());
    assertTrue(taken.stream().allMatch(t -> t.node().equals("a")) || metric("tidemark_notifications_ambiguous_total") == 0);
  }

  @Test
  void aSilenceMadeOnOneNodeHoldsOnTheOther() {
    var a = new Node("a");
    var b = new Node("b");
    time.advance(2 * LIFE);
    a.silences.create(new Silence("", Matchers.parse("alertname=~\"A.*\""), time.millis(), time.millis() + HOUR_MILLIS, "ann", "test", 0),
        "ann").result();
    fireMany(this);
    repeatAll(List.of(a, b));
    time.advance(120_000);
    assertEquals(List.of(), taken);
  }

  @Test
  void standbysForgetWhatIsLongOver() {
    var a = new Node("a");
    var b = new Node("b");
    time.advance(2 * LIFE);
    fireMany(this);
    repeatAll(List.of(a, b));
    time.advance(60_000);
    firing.keySet().stream().toList().forEach(this::resolve);
    repeatAll(List.of(a, b));
    time.advance(20 * 60_000);
    repeatAll(List.of(a, b));
    assertEquals(0, metric("tidemark_notify_groups"));
  }

  static LongStream seeds() {
    return LongStream.rangeClosed(1, 40);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void troubleOfNodesLosesNoPageAndDoublesNone(long seed) {
    random = new SplittableRandom(seed);
    transitMillis = seed % 2 == 0 ? 20 : 2_000;
    var nodes = new ArrayList<>(List.of(new Node("n0"), new Node("n1"), new Node("n2")));
    for (int step = 0; step < 150; step++) {
      LabelSet labels = LabelSet.of("alertname", "A" + random.nextInt(6), "instance", "i" + random.nextInt(3));
      if (random.nextInt(3) == 0) {
        resolve(labels);
      } else if (random.nextInt(2) == 0) {
        fire(labels);
      }
      repeatAll(nodes);
      if (random.nextInt(4) == 0) {
        trouble(nodes, random.nextInt(3));
      }
      time.advance(random.nextInt(40_000));
    }
    for (int i = 0; i < 20; i++) {
      repeatAll(nodes);
      time.advance(60_000);
    }
    assertEverybodyKnows(seed);
    assertNothingTwice(seed);
  }

  private void trouble(List<Node> nodes, int which) {
    Node node = nodes.get(which);
    switch (random.nextInt(5)) {
      case 0 -> {
        node.own.kill();
        time.advance(random.nextInt(25_000));
        nodes.set(which, new Node(node.name));
      }
      case 1 -> {
        node.own.stall();
        time.advance(random.nextInt(30_000));
        node.own.resume();
      }
      case 2 -> {
        node.own.suspend();
        time.advance(random.nextInt(30_000));
        node.own.resume();
        node.own.skewMillis += time.millis() - node.own.millis();
      }
      case 3 -> {
        node.state.way(random.nextBoolean() ? NodeState.Way.SILENT : NodeState.Way.REFUSING);
        time.advance(random.nextInt(30_000));
        node.state.way(NodeState.Way.OPEN);
      }
      default -> {
        Future<Void> stopped = node.notifier.stop();
        time.runUntil(stopped::isComplete);
        node.own.kill();
        nodes.set(which, new Node(node.name));
      }
    }
  }

  private Map<LabelSet, List<Notification>> byGroup() {
    var groups = new HashMap<LabelSet, List<Notification>>();
    var keys = new HashSet<String>();
    taken.stream().filter(t -> keys.add(t.notification().idempotencyKey())).forEach(t ->
        groups.computeIfAbsent(t.notification().groupLabels(), _ -> new ArrayList<>()).add(t.notification()));
    return groups;
  }

  private void assertEverybodyKnows(long seed) {
    Map<LabelSet, List<Notification>> groups = byGroup();
    groups.forEach((group, notifications) -> {
      var expected = new HashSet<LabelSet>();
      firing.keySet().stream().filter(labels -> labels.only(List.of("alertname")).equals(group)).forEach(expected::add);
      assertEquals(expected, labels(notifications.getLast().firing()), () -> "seed " + seed + ": what fires of " + group);
    });
    assertFalse(groups.isEmpty());
    firing.keySet().forEach(labels ->
        assertTrue(groups.containsKey(labels.only(List.of("alertname"))), () -> "seed " + seed + ": nobody knows of " + labels));
  }

  /// Told twice is the same key twice, or the same again under another one.
  private void assertNothingTwice(long seed) {
    Map<LabelSet, List<Notification>> groups = byGroup();
    long sameKey = taken.size() - groups.values().stream().mapToLong(List::size).sum();
    var again = new ArrayList<String>();
    groups.forEach((group, notifications) -> {
      for (int i = 1; i < notifications.size(); i++) {
        Set<LabelSet> firingBefore = labels(notifications.get(i - 1).firing());
        Set<LabelSet> firingAfter = labels(notifications.get(i).firing());
        boolean same = firingBefore.containsAll(firingAfter) && !firingAfter.isEmpty()
            && labels(notifications.get(i - 1).resolved()).containsAll(labels(notifications.get(i).resolved()))
            || firingBefore.isEmpty() && firingAfter.isEmpty();
        if (same) {
          again.add(group + ": " + notifications.get(i - 1) + " and " + notifications.get(i));
        }
      }
    });
    double ambiguous = metric("tidemark_notifications_ambiguous_total");
    assertTrue(sameKey + again.size() <= ambiguous, () -> "seed " + seed + ": " + sameKey + " came twice under one key, " + ambiguous
        + " were counted as ambiguous, and again came\n" + String.join("\n", again));
  }

  private static Set<LabelSet> labels(List<NotifiedAlert> alerts) {
    var labels = new HashSet<LabelSet>();
    alerts.forEach(alert -> labels.add(alert.labels()));
    return labels;
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void anUnchangedGroupIsToldOncePerRepeatInterval(long seed) {
    random = new SplittableRandom(seed);
    repeat = "20m";
    var nodes = new ArrayList<>(List.of(new Node("n0"), new Node("n1")));
    time.advance(2 * LIFE);
    for (int i = 0; i < 8; i++) {
      fire(alert(i));
    }
    long end = time.millis() + 70 * 60_000;
    while (time.millis() < end) {
      repeatAll(nodes);
      time.advance(30_000);
      if (random.nextInt(12) == 0) {
        int which = random.nextInt(2);
        nodes.get(which).own.kill();
        time.advance(random.nextInt(15_000));
        nodes.set(which, new Node(nodes.get(which).name));
      }
    }
    Map<LabelSet, List<Notification>> groups = byGroup();
    assertEquals(8, groups.size());
    groups.forEach((group, notifications) -> {
      assertTrue(notifications.size() == 4 || notifications.size() == 3, () -> "seed " + seed + ": " + group + " " + notifications.size());
      for (int i = 1; i < notifications.size(); i++) {
        long pause = notifications.get(i).atMillis() - notifications.get(i - 1).atMillis();
        assertTrue(pause > 20 * 60_000 - 1_000 && pause < 22 * 60_000, () -> "seed " + seed + ": " + group + " after " + pause);
      }
    });
    assertTrue(taken.size() - groups.values().stream().mapToInt(List::size).sum() <= metric("tidemark_notifications_ambiguous_total"));
  }
}
