package io.tidemark.state;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.state.State.Entry;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// What every state keeps to.
public abstract class StateContract {
  /// Opens the state, again and again the same one within a test.
  protected abstract State open();

  /// Lets the state work until `future` is complete.
  protected abstract <T> void settle(Future<T> future);

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
}
