package io.tidemark.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.state.MemoryState;
import io.tidemark.state.NodeState;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.NodeTime;
import io.tidemark.time.VirtualTime;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class LeaseKeeperTest {
  private static final int SLOTS = 16;
  private static final long LIFE = 10_000;
  private static final long ALONE_AFTER = 30_000;

  private final VirtualTime time = new VirtualTime(5);
  private final MemoryState shared = new MemoryState(time);

  /// One node with the role, which notes what it has.
  private final class Node implements LeaseKeeper.Tenant {
    final NodeTime own = new NodeTime(time);
    final NodeState state = new NodeState(shared);
    final Metrics metrics = new Metrics();
    final Map<Integer, LeaseTenure> has = new TreeMap<>();
    final List<Boolean> continued = new ArrayList<>();
    final LeaseKeeper keeper;
    Future<Void> ends = Future.succeededFuture();
    Future<Void> begins = Future.succeededFuture();

    Node(String name, long aloneAfterMillis) {
      keeper = new LeaseKeeper("test", SLOTS, new LeaseConfig(name, LIFE, aloneAfterMillis), state, this, own.loop(name), own, metrics);
      keeper.start();
      time.run();
    }

    Node(String name) {
      this(name, ALONE_AFTER);
    }

    @Override
    public Future<Void> gained(LeaseTenure tenure, boolean continues) {
      has.put(tenure.slot(), tenure);
      continued.add(continues);
      return begins;
    }

    @Override
    public Future<Void> lost(LeaseTenure tenure) {
      has.remove(tenure.slot(), tenure);
      return ends;
    }

    long holding() {
      return has.values().stream().filter(LeaseTenure::holds).count();
    }

    List<Integer> slots() {
      return List.copyOf(has.keySet());
    }

    double metric(String name) {
      return metrics.print().lines().filter(l -> l.startsWith(name + "{")).mapToDouble(l -> Double.parseDouble(l.split(" ")[1])).sum();
    }
  }

  /// Those who go on alone know that they may not be alone.
  private static void assertNoSlotTwice(List<Node> nodes) {
    for (int slot = 0; slot < SLOTS; slot++) {
      int holders = 0;
      for (Node node : nodes) {
        LeaseTenure tenure = node.has.get(slot);
        holders += tenure != null && tenure.holds() && !tenure.isAlone() ? 1 : 0;
      }
      assertTrue(holders <= 1, "slot " + slot + " is held by " + holders);
    }
  }

  @Test
  void oneNodeHasEverythingAtOnceAndKeepsIt() {
    var node = new Node("a");
    assertEquals(SLOTS, node.holding());
    List<LeaseTenure> first = List.copyOf(node.has.values());
    time.advance(3_600_000);
    assertEquals(first, List.copyOf(node.has.values()));
    assertEquals(SLOTS, node.metric("tidemark_leases_held"));
    assertEquals(0, node.metric("tidemark_lease_losses_total"));
  }

  @Test
  void aNodeThatComesGetsItsShareAndNothingIsHeldTwiceMeanwhile() {
    var a = new Node("a");
    var b = new Node("b");
    for (int i = 0; i < 100; i++) {
      assertNoSlotTwice(List.of(a, b));
      time.advance(100);
    }
    assertEquals(SLOTS, a.holding() + b.holding());
    assertTrue(a.holding() >= 3 && b.holding() >= 3, a.holding() + " and " + b.holding());
    var c = new Node("c");
    List<Integer> before = a.slots();
    time.advance(LIFE);
    assertEquals(SLOTS, a.holding() + b.holding() + c.holding());
    assertTrue(before.containsAll(a.slots()), "who stays gets nothing new when another comes");
  }

  @Test
  void whatADeadNodeHeldMovesWithinOneLife() {
    var a = new Node("a");
    var b = new Node("b");
    var c = new Node("c");
    time.advance(2 * LIFE + 777);
    assertNotEquals(0, b.holding());
    b.own.kill();
    time.advance(LIFE);
    assertEquals(SLOTS, a.holding() + c.holding());
  }

  @Test
  void handsOverOnlyAfterTheWorkHasEnded() {
    var a = new Node("a");
    Promise<Void> working = Promise.promise();
    a.ends = working.future();
    var b = new Node("b");
    time.advance(LIFE - 2_000);
    assertEquals(0, b.holding(), "the work still goes on");
    working.complete();
    time.advance(2_000);
    assertNotEquals(0, b.holding());
    assertEquals(SLOTS, a.holding() + b.holding());
  }

  @Test
  void workThatIsSlowToBeginCostsNoLease() {
    var a = new Node("a");
    a.begins = Promise.<Void>promise().future();
    time.advance(2 * LIFE);
    a.state.way(NodeState.Way.SILENT);
    time.advance(LIFE);
    a.state.way(NodeState.Way.OPEN);
    time.advance(LIFE);
    List<LeaseTenure> tenures = List.copyOf(a.has.values());
    time.advance(6 * LIFE);
    assertEquals(SLOTS, a.holding());
    assertEquals(tenures, List.copyOf(a.has.values()));
  }

  @Test
  void closingGivesEverythingBack() {
    var a = new Node("a");
    var b = new Node("b");
    time.advance(2 * LIFE);
    Future<Void> closed = b.keeper.close();
    time.run();
    assertTrue(closed.succeeded());
    assertEquals(0, b.holding());
    time.advance(2_000);
    assertEquals(SLOTS, a.holding());
    time.advance(LIFE);
    assertEquals(0, b.holding(), "who has closed takes nothing on");
  }

  @ParameterizedTest
  @EnumSource(value = NodeState.Way.class, names = {"REFUSING", "SILENT"})
  void aNodeThatIsCutOffStopsBeforeAnotherHasItsSlots(NodeState.Way way) {
    var a = new Node("a");
    var b = new Node("b");
    time.advance(2 * LIFE + 300);
    a.state.way(way);
    for (int i = 0; i < ALONE_AFTER / 100; i++) {
      assertNoSlotTwice(List.of(a, b));
      time.advance(100);
    }
    assertEquals(SLOTS, b.holding());
    time.advance(LIFE);
    assertTrue(a.has.values().stream().allMatch(LeaseTenure::isAlone) && a.holding() > 0, "after the pause it goes on alone");
    assertEquals(a.holding(), a.metric("tidemark_leases_alone"));
    a.state.way(NodeState.Way.OPEN);
    time.advance(LIFE);
    assertNoSlotTwice(List.of(a, b));
    assertEquals(SLOTS, a.holding() + b.holding());
    assertEquals(0, a.metric("tidemark_leases_alone"));
  }

  @Test
  void withoutTheStateAllStopAndThenGoOnWithWhatTheyHad() {
    var a = new Node("a");
    var b = new Node("b");
    time.advance(2 * LIFE);
    var before = List.of(a.slots(), b.slots());
    a.state.way(NodeState.Way.REFUSING);
    b.state.way(NodeState.Way.REFUSING);
    time.advance(LIFE);
    assertEquals(0, a.holding() + b.holding());
    time.advance(ALONE_AFTER);
    assertNoSlotTwice(List.of(a, b));
    assertEquals(before, List.of(a.slots(), b.slots()));
    a.continued.clear();
    a.state.way(NodeState.Way.OPEN);
    b.state.way(NodeState.Way.OPEN);
    time.advance(LIFE);
    assertEquals(before, List.of(a.slots(), b.slots()));
    assertTrue(a.has.values().stream().noneMatch(LeaseTenure::isAlone));
    assertFalse(a.continued.isEmpty() || a.continued.contains(false), "nobody else had them: " + a.continued);
  }

  @Test
  void theOnlyNodeGoesOnWithoutABreakWhenTheStateIsAway() {
    var a = new Node("a");
    time.advance(2 * LIFE);
    a.state.way(NodeState.Way.SILENT);
    for (int i = 0; i < 600; i++) {
      time.advance(100);
      assertEquals(SLOTS, a.holding());
    }
    assertEquals(SLOTS, a.metric("tidemark_leases_alone"));
    a.state.way(NodeState.Way.OPEN);
    time.advance(LIFE);
    assertEquals(SLOTS, a.holding());
    assertTrue(a.has.values().stream().noneMatch(LeaseTenure::isAlone));
    assertEquals(SLOTS, a.continued.stream().filter(c -> c).count());
  }

  @Test
  void aNodeThatStartsWithoutTheStateGoesOnAloneAfterAWhile() {
    var state = new NodeState(shared);
    state.way(NodeState.Way.REFUSING);
    var had = new ArrayList<Integer>();
    var keeper = new LeaseKeeper("test", SLOTS, new LeaseConfig("a", LIFE, ALONE_AFTER), state, new LeaseKeeper.Tenant() {
      @Override
      public Future<Void> gained(LeaseTenure tenure, boolean continues) {
        assertTrue(tenure.isAlone() && tenure.holds() && !continues);
        had.add(tenure.slot());
        return Future.succeededFuture();
      }

      @Override
      public Future<Void> lost(LeaseTenure tenure) {
        return Future.succeededFuture();
      }
    }, time.loop("a"), time, new Metrics());
    Future<Void> started = keeper.start();
    time.run();
    assertTrue(started.succeeded(), "a start does not wait for the state");
    time.advance(ALONE_AFTER - 1);
    assertEquals(List.of(), had);
    time.advance(LIFE);
    assertEquals(SLOTS, had.size());
  }

  @Test
  void aProcessThatStoodStillHoldsNothingWhenItGoesOn() {
    var a = new Node("a");
    var b = new Node("b");
    time.advance(2 * LIFE);
    List<LeaseTenure> stale = List.copyOf(a.has.values());
    a.own.stall();
    time.advance(30_000);
    assertEquals(SLOTS, b.holding());
    a.own.resume();
    assertEquals(0, a.holding());
    assertTrue(stale.stream().noneMatch(LeaseTenure::holds));
    a.continued.clear();
    time.advance(LIFE);
    assertEquals(SLOTS, a.holding() + b.holding());
    assertNoSlotTwice(List.of(a, b));
    assertFalse(a.continued.isEmpty() || a.continued.contains(true), "another had them meanwhile: " + a.continued);
  }

  @Test
  void aNodeWhoseClockStoodStillCannotWrite() {
    var a = new Node("a");
    var b = new Node("b");
    time.advance(2 * LIFE);
    LeaseTenure stale = a.has.values().iterator().next();
    a.own.suspend();
    time.advance(30_000);
    a.own.resume();
    assertTrue(stale.holds(), "by its own clock no time has passed");
    Future<Void> written = stale.put("k", new byte[1]);
    assertEquals(ErrorCode.CONFLICT, ((TidemarkException) written.cause()).code());
    assertFalse(stale.holds(), "the refusal ends it");
    assertTrue(shared.get("k").result().isEmpty());
    time.advance(LIFE);
    assertEquals(SLOTS, a.holding() + b.holding());
    assertNoSlotTwice(List.of(a, b));
  }

  @Test
  void aFlushedStateChangesNoHolder() {
    var a = new Node("a");
    var b = new Node("b");
    time.advance(2 * LIFE + 123);
    var before = List.of(a.slots(), b.slots());
    a.continued.clear();
    b.continued.clear();
    shared.flush();
    time.advance(LIFE);
    assertEquals(before, List.of(a.slots(), b.slots()));
    assertEquals(SLOTS, a.continued.stream().filter(c -> c).count() + b.continued.stream().filter(c -> c).count());
  }

  /// Nodes that die, stand still, lose the state and come back, in any order.
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void noSlotIsEverHeldTwiceAndAllAreHeldInTheEnd(long seed) {
    long never = 1_000_000_000;
    var random = new SplittableRandom(seed);
    var nodes = new ArrayList<>(List.of(new Node("n0", never), new Node("n1", never), new Node("n2", never)));
    int[] troubleUntil = new int[3];
    for (int step = 0; step < 3_000; step++) {
      int which = random.nextInt(3);
      if (step > troubleUntil[which] && random.nextInt(60) == 0) {
        Node node = nodes.get(which);
        troubleUntil[which] = step + 1 + random.nextInt(200);
        switch (random.nextInt(3)) {
          case 0 -> node.own.kill();
          case 1 -> node.own.stall();
          default -> node.state.way(NodeState.Way.SILENT);
        }
      }
      for (int i = 0; i < 3; i++) {
        if (troubleUntil[i] == step && step > 0) {
          nodes.get(i).own.resume();
          nodes.get(i).state.way(NodeState.Way.OPEN);
          if (random.nextBoolean()) {
            nodes.get(i).own.kill();
            nodes.set(i, new Node("n" + i, never));
          }
        }
      }
      time.advance(random.nextInt(300));
      assertNoSlotTwice(nodes.stream().filter(node -> !node.own.isDead()).toList());
    }
    for (int i = 0; i < 3; i++) {
      nodes.get(i).own.kill();
      nodes.set(i, new Node("n" + i, never));
    }
    time.advance(3 * LIFE);
    assertEquals(SLOTS, nodes.stream().mapToLong(Node::holding).sum(), "seed " + seed);
    assertNoSlotTwice(nodes);
  }
}
