package io.tidemark.state;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.state.State.Entry;
import io.tidemark.state.State.Lease;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// What every state keeps to.
public abstract class StateContract {
  /// Opens the state, again and again the same one within a test.
  protected abstract State open();

  /// Lets the state work until `future` is complete.
  protected abstract <T> void settle(Future<T> future);

  /// Lets time go on.
  protected abstract void pass(long millis);

  /// A life that ends soon, yet is longer than a few calls take.
  protected abstract long shortLifeMillis();

  /// Another node's door to the same state; the same one where only one process has it.
  protected State openAnother(State first) {
    return first;
  }

  protected final <T> T await(Future<T> future) {
    settle(future);
    if (future.failed()) {
      if (future.cause() instanceof TidemarkException e) {
        throw e;
      }
      throw new AssertionError(future.cause());
    }
    return future.result();
  }

  protected final ErrorCode failure(Future<?> future) {
    return assertThrows(TidemarkException.class, () -> await(future)).code();
  }

  protected static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  protected final Optional<String> value(State state, String key) {
    return await(state.get(key)).map(entry -> new String(entry.value(), StandardCharsets.UTF_8));
  }

  @Test
  void readsWhatWasWritten() {
    State state = open();
    long first = await(state.put("a", bytes("1")));
    long second = await(state.put("a", bytes("2")));
    assertTrue(first >= 1 && second > first);
    assertEquals(Optional.of("2"), value(state, "a"));
    assertEquals(second, await(state.get("a")).orElseThrow().version());
    assertEquals(Optional.empty(), value(state, "b"));
    assertTrue(await(state.put("b", bytes(""))) > second, "versions grow over all keys");
    assertEquals(Optional.of(""), value(state, "b"));
  }

  @Test
  void survivesReopening() {
    State state = open();
    long version = await(state.put("a", bytes("1")));
    await(state.put("gone", bytes("x")));
    await(state.remove("gone"));
    long last = await(state.put("ü", bytes("2")));
    await(state.close());
    state = open();
    assertEquals(version, await(state.get("a")).orElseThrow().version());
    assertEquals(Optional.empty(), value(state, "gone"));
    assertEquals(Optional.of("2"), value(state, "ü"));
    assertTrue(await(state.put("a", bytes("3"))) > last);
  }

  @Test
  void versionsAscendAcrossRemovalAndReopening() {
    State state = open();
    long before = await(state.put("a", bytes("1")));
    await(state.remove("a"));
    await(state.close());
    assertTrue(await(open().put("a", bytes("2"))) > before);
  }

  @Test
  void scansAPrefixInOrder() {
    State state = open();
    for (String key : List.of("b/2", "a", "b/1", "b", "b/10", "c")) {
      await(state.put(key, bytes(key)));
    }
    assertEquals(List.of("b/1", "b/10", "b/2"), await(state.scan("b/")).stream().map(Entry::key).toList());
    assertEquals(6, await(state.scan("")).size());
    assertEquals(List.of(), await(state.scan("x")));
  }

  @Test
  void comparesBeforeItPuts() {
    State state = open();
    assertEquals(ErrorCode.CONFLICT, failure(state.compareAndPut("a", bytes("1"), 7)));
    long version = await(state.compareAndPut("a", bytes("1"), 0));
    assertEquals(ErrorCode.CONFLICT, failure(state.compareAndPut("a", bytes("2"), 0)));
    assertEquals(ErrorCode.CONFLICT, failure(state.compareAndPut("a", bytes("2"), version + 1)));
    await(state.compareAndPut("a", bytes("2"), version));
    assertEquals(Optional.of("2"), value(state, "a"));
    await(state.remove("a"));
    assertEquals(ErrorCode.CONFLICT, failure(state.compareAndPut("a", bytes("3"), version)));
    await(state.compareAndPut("a", bytes("3"), 0));
  }

  @Test
  void oneOfManyThatCompareAtOnceWins() {
    State state = open();
    List<Future<Long>> all = List.of(1, 2, 3, 4).stream().map(i -> state.compareAndPut("lease", bytes("" + i), 0)).toList();
    all.forEach(this::settle);
    assertEquals(1, all.stream().filter(Future::succeeded).count());
  }

  @Test
  void keepsItsOwnCopyOfBytes() {
    State state = open();
    byte[] value = bytes("abc");
    await(state.put("a", value));
    value[0] = 'x';
    await(state.get("a")).orElseThrow().value()[1] = 'x';
    assertArrayEquals(bytes("abc"), await(state.get("a")).orElseThrow().value());
  }

  @Test
  void removingWhatIsNotThereSucceeds() {
    await(open().remove("nothing"));
  }

  @Test
  void refusesLargeKeysAndValues() {
    State state = open();
    assertEquals(ErrorCode.TOO_LARGE, failure(state.put("k".repeat(State.KEY_BYTES_MAX + 1), bytes(""))));
    assertEquals(ErrorCode.TOO_LARGE, failure(state.put("k", new byte[State.VALUE_BYTES_MAX + 1])));
    await(state.put("k".repeat(State.KEY_BYTES_MAX), new byte[State.VALUE_BYTES_MAX]));
  }

  @Test
  void refusesWritesAfterClose() {
    State state = open();
    Future<Long> pending = state.put("a", bytes("1"));
    await(state.close());
    assertTrue(pending.succeeded());
    assertEquals(ErrorCode.UNAVAILABLE, failure(state.put("a", bytes("2"))));
    assertEquals(Optional.of("1"), value(open(), "a"));
  }

  @Test
  void givesALeaseToOneHolder() {
    State state = open();
    Lease lease = await(state.lease("group/a", "node-1", 60_000)).orElseThrow();
    assertEquals(Optional.empty(), await(state.lease("group/a", "node-2", 60_000)));
    assertEquals(lease, await(state.lease("group/a", "node-1", 60_000)).orElseThrow(), "a renewal keeps the token");
    assertTrue(await(state.lease("group/b", "node-2", 60_000)).isPresent());
    await(state.release(lease));
    Lease next = await(state.lease("group/a", "node-2", 60_000)).orElseThrow();
    assertTrue(next.token() > lease.token());
    await(state.release(lease));
    assertEquals(next, await(state.lease("group/a", "node-2", 60_000)).orElseThrow(), "who lost a lease cannot give it back");
  }

  @Test
  void oneOfManyThatAskForALeaseAtOnceGetsIt() {
    State state = open();
    List<Future<Optional<Lease>>> all = List.of(1, 2, 3, 4).stream().map(i -> state.lease("one", "node-" + i, 60_000)).toList();
    assertEquals(1, all.stream().map(this::await).filter(Optional::isPresent).count());
  }

  @Test
  void aLeaseThatIsNotRenewedEnds() {
    State state = open();
    Lease lease = await(state.lease("a", "node-1", shortLifeMillis())).orElseThrow();
    await(state.putUnder(lease, "k", bytes("1")));
    pass(2 * shortLifeMillis());
    assertEquals(ErrorCode.CONFLICT, failure(state.putUnder(lease, "k", bytes("2"))));
    assertEquals(ErrorCode.CONFLICT, failure(state.removeUnder(lease, "k")));
    assertEquals(Optional.of("1"), value(state, "k"));
    Lease next = await(state.lease("a", "node-2", 60_000)).orElseThrow();
    assertTrue(next.token() > lease.token());
    assertEquals(ErrorCode.CONFLICT, failure(state.putUnder(lease, "k", bytes("2"))));
    await(state.putUnder(next, "k", bytes("3")));
    assertEquals(Optional.of("3"), value(state, "k"));
    await(state.removeUnder(next, "k"));
    assertEquals(Optional.empty(), value(state, "k"));
  }

  @Test
  void tokensGrowOverReopening() {
    State state = open();
    Lease lease = await(state.lease("a", "node-1", shortLifeMillis())).orElseThrow();
    await(state.close());
    pass(2 * shortLifeMillis());
    assertTrue(await(open().lease("a", "node-1", 60_000)).orElseThrow().token() > lease.token());
  }

  @Test
  void aPassingKeyGoesByItself() {
    State state = open();
    await(state.putFor("seen", bytes("1"), shortLifeMillis()));
    await(state.putFor("kept", bytes("1"), 60_000));
    assertEquals(Optional.of("1"), value(state, "seen"));
    assertEquals(2, await(state.scan("")).size());
    pass(2 * shortLifeMillis());
    assertEquals(Optional.empty(), value(state, "seen"));
    assertEquals(List.of("kept"), await(state.scan("")).stream().map(Entry::key).toList());
    await(state.put("kept", bytes("2")));
    await(state.compareAndPut("seen", bytes("2"), 0));
    assertEquals(Optional.of("2"), value(state, "kept"));
  }

  @Test
  void aPassingKeyTakesTheValueBeforeItAlong() {
    State state = open();
    await(state.put("a", bytes("kept")));
    await(state.putFor("a", bytes("passing"), shortLifeMillis()));
    assertEquals(Optional.of("passing"), value(state, "a"));
    pass(2 * shortLifeMillis());
    await(state.compareAndPut("a", bytes("new"), 0));
    await(state.putFor("a", bytes("passing"), shortLifeMillis()));
    pass(2 * shortLifeMillis());
    assertEquals(Optional.empty(), value(state, "a"));
    await(state.close());
    assertEquals(Optional.empty(), value(open(), "a"));
  }

  @Test
  void aPassingKeyThatIsWrittenAgainStays() {
    State state = open();
    await(state.putFor("a", bytes("1"), shortLifeMillis()));
    await(state.put("a", bytes("2")));
    pass(2 * shortLifeMillis());
    assertEquals(Optional.of("2"), value(state, "a"));
    assertEquals(1, await(state.scan("a")).size());
  }

  @Test
  void keepsAnyBytesUnderAnyKey() {
    State state = open();
    byte[] all = new byte[256];
    for (int i = 0; i < all.length; i++) {
      all[i] = (byte) i;
    }
    List<String> keys = List.of("", " ", "*", "[a-z]?", "a\nb\r\n", "\uD83D\uDE00", "\uFFFD", "ü");
    for (String key : keys) {
      await(state.put("any/" + key, all));
    }
    List<Entry> found = await(state.scan("any/"));
    assertEquals(keys.stream().map(key -> "any/" + key).sorted().toList(), found.stream().map(Entry::key).toList());
    found.forEach(entry -> assertArrayEquals(all, entry.value()));
    assertEquals(List.of("any/*"), await(state.scan("any/*")).stream().map(Entry::key).toList());
  }

  @Test
  void scansManyKeysCompletely() {
    State state = open();
    List<Future<Long>> writes = new ArrayList<>();
    for (int i = 0; i < 1_700; i++) {
      writes.add(state.put(String.format("many/%05d", i), bytes("" + i)));
      if (writes.size() % 100 == 0) {
        writes.forEach(this::await);
      }
    }
    await(state.put("many0", bytes("beyond")));
    List<Entry> found = await(state.scan("many/"));
    assertEquals(1_700, found.size());
    for (int i = 0; i < found.size(); i++) {
      assertEquals(String.format("many/%05d", i), found.get(i).key());
      assertEquals("" + i, new String(found.get(i).value(), StandardCharsets.UTF_8));
      assertEquals(writes.get(i).result(), found.get(i).version());
    }
  }

  @Test
  void writesOfOneCallerTakeEffectInItsOrder() {
    State state = open();
    List<Future<?>> all = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      all.add(state.put("a", bytes("" + i)));
      all.add(state.put("b", bytes("" + i)));
      all.add(state.remove("b"));
    }
    all.forEach(this::await);
    assertEquals(Optional.of("199"), value(state, "a"));
    assertEquals(Optional.empty(), value(state, "b"));
    assertEquals(List.of(), await(state.scan("b")));
  }

  @Test
  void leasesAreNoKeys() {
    State state = open();
    Lease lease = await(state.lease("a", "node-1", 60_000)).orElseThrow();
    assertEquals(List.of(), await(state.scan("")));
    await(state.put("a", bytes("1")));
    await(state.putUnder(lease, "lease/a", bytes("2")));
    await(state.remove("a"));
    await(state.putUnder(lease, "a", bytes("3")));
    assertEquals(List.of("a", "lease/a"), await(state.scan("")).stream().map(Entry::key).toList());
  }

  @Test
  void anotherNodeSeesWhatOneWrote() {
    State one = open();
    State other = openAnother(one);
    long version = await(one.put("a", bytes("1")));
    assertEquals(version, await(other.get("a")).orElseThrow().version());
    assertTrue(await(other.put("a", bytes("2"))) > version);
    assertEquals(ErrorCode.CONFLICT, failure(one.compareAndPut("a", bytes("3"), version)));
    assertEquals(Optional.of("2"), value(one, "a"));
    await(one.remove("a"));
    assertEquals(Optional.empty(), value(other, "a"));
  }

  @Test
  void aLeaseHoldsForAllNodes() {
    State one = open();
    State other = openAnother(one);
    Lease lease = await(one.lease("group", "node-1", 60_000)).orElseThrow();
    assertEquals(Optional.empty(), await(other.lease("group", "node-2", 60_000)));
    var forged = new Lease(lease.name(), "node-2", lease.token());
    assertEquals(ErrorCode.CONFLICT, failure(other.putUnder(forged, "k", bytes("x"))));
    await(other.release(forged));
    await(one.putUnder(lease, "k", bytes("1")));
    await(one.release(lease));
    assertTrue(await(other.lease("group", "node-2", 60_000)).orElseThrow().token() > lease.token());
  }

  @Test
  void whoLostALeaseToAnotherNodeWritesNothing() {
    State one = open();
    State other = openAnother(one);
    Lease lost = await(one.lease("group", "node-1", shortLifeMillis())).orElseThrow();
    pass(2 * shortLifeMillis());
    Lease taken = await(other.lease("group", "node-2", 60_000)).orElseThrow();
    assertTrue(taken.token() > lost.token());
    await(other.putUnder(taken, "k", bytes("new")));
    assertEquals(ErrorCode.CONFLICT, failure(one.putUnder(lost, "k", bytes("old"))));
    assertEquals(ErrorCode.CONFLICT, failure(one.removeUnder(lost, "k")));
    await(one.release(lost));
    await(other.putUnder(taken, "k2", bytes("new")));
    assertEquals(Optional.of("new"), value(one, "k"));
  }

  @Test
  void refusesLeasesAfterClose() {
    State state = open();
    await(state.lease("a", "node-1", 60_000));
    await(state.close());
    assertEquals(ErrorCode.UNAVAILABLE, failure(state.lease("a", "node-1", 60_000)));
  }
}
