package io.tidemark.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.state.MemoryState;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.VirtualTime;
import io.vertx.core.Future;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RegistryTest {
  private static final long LIFE = 10_000;
  private final VirtualTime time = new VirtualTime(1);
  private final MemoryState state = new MemoryState(time);

  private Registry open() {
    var registry = new Registry(state, time.loop("registry"), time, new Metrics(), LIFE);
    await(registry.open());
    return registry;
  }

  private <T> Future<T> await(Future<T> future) {
    time.runUntil(future::isComplete, 60_000);
    return future;
  }

  private static NodeInfo node(String id, String home, long startedAt, Map<Integer, Long> shards) {
    return new NodeInfo(id, home, "127.0.0.1:1", Set.of("storage"), 1, startedAt, "1", 0, shards);
  }

  private static List<String> ids(Registry registry) {
    return registry.topology().nodes().stream().map(NodeInfo::id).toList();
  }

  @Test
  void nodesHearOfEachOther() {
    Registry a = open();
    Registry b = open();
    NodeInfo first = node("a", "h1", 5, Map.of(3, 70L, 4, 1L));
    assertTrue(await(a.announce(() -> first)).succeeded());
    assertTrue(await(b.announce(() -> node("b", "h2", 6, Map.of(3, 90L)))).succeeded());
    time.advance(LIFE);
    assertEquals(List.of("a", "b"), ids(a));
    assertEquals(List.of(first, node("b", "h2", 6, Map.of(3, 90L))), b.topology().nodes());
    assertEquals(List.of("b", "a"), a.topology().owners(3).stream().map(NodeInfo::id).toList(), "the one that is furthest first");
    assertEquals(List.of(), a.topology().owners(9));
  }

  @Test
  void aWordThatMattersIsHeardBeforeItCounts() {
    Registry a = open();
    Registry b = open();
    var shards = new HashMap<>(Map.of(1, 1L));
    await(a.announce(() -> node("a", "h1", 5, shards)));
    shards.put(1, 2L);
    Future<Void> heard = a.tell();
    time.runUntil(heard::isComplete, LIFE);
    assertEquals(Map.of(1, 2L), b.topology().nodes().getFirst().shards());
    state.away(true);
    assertTrue(await(a.tell()).succeeded(), "whoever waits must go on");
  }

  @Test
  void aNodeThatFallsSilentGoesWithItsWord() {
    Registry a = open();
    Registry b = open();
    await(b.announce(() -> node("b", "h2", 6, Map.of())));
    time.advance(LIFE);
    assertEquals(List.of("b"), ids(a));
    await(b.close());
    time.advance(LIFE / 2);
    assertEquals(List.of(), ids(a));
  }

  @Test
  void remembersWhoIsGoneForAWhile() {
    Registry a = open();
    Registry b = open();
    await(b.announce(() -> node("b", "h2", 6, Map.of())));
    time.advance(LIFE);
    await(b.close());
    time.advance(LIFE);
    assertEquals(List.of("b"), a.gone().stream().map(gone -> gone.node().id()).toList());
    await(open().announce(() -> node("b", "h2", 9, Map.of())));
    time.advance(LIFE);
    assertEquals(List.of(), a.gone(), "it is back");
    assertEquals(List.of("b"), ids(a));
  }

  @Test
  void forgetsWhoIsGoneForLong() {
    Registry a = open();
    Registry b = open();
    await(b.announce(() -> node("b", "h2", 6, Map.of())));
    time.advance(LIFE);
    await(b.close());
    time.advance(20 * 60_000);
    assertEquals(List.of(), a.gone());
  }

  @Test
  void keepsWhatItKnowsWhileTheStateIsAway() {
    Registry a = open();
    var known = node("b", "h2", 6, Map.of());
    await(open().announce(() -> known));
    time.advance(LIFE);
    state.away(true);
    time.advance(10 * LIFE);
    assertEquals(List.of("b"), ids(a));
    state.away(false);
    time.advance(LIFE);
    assertEquals(List.of("b"), ids(a));
  }

  @Test
  void refusesASecondNodeOfTheSameIdButNotARestart() {
    await(open().announce(() -> node("a", "h1", 5, Map.of())));
    Future<Void> second = await(open().announce(() -> node("a", "h2", 9, Map.of())));
    assertEquals(ErrorCode.CONFLICT, ((TidemarkException) second.cause()).code());
    assertTrue(await(open().announce(() -> node("a", "h1", 9, Map.of()))).succeeded());
  }

  @Test
  void takesTheIdOfANodeThatIsGone() {
    Registry gone = open();
    await(gone.announce(() -> node("a", "h1", 5, Map.of())));
    gone.close();
    assertTrue(await(open().announce(() -> node("a", "h2", 9, Map.of()))).succeeded());
  }
}
