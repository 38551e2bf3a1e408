package io.tidemark.state.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.disk.CrashingDisk;
import io.tidemark.model.ErrorCode;
import io.tidemark.state.JournalStateConfig;
import io.tidemark.state.State;
import io.tidemark.state.State.Entry;
import io.tidemark.state.StateContract;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.VirtualTime;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class JournalStateTest extends StateContract {
  private static final Path FOLDER = Path.of("data", "state");
  private static final JournalStateConfig SMALL = new JournalStateConfig(10_000_000, 2_000, 10_000_000);
  private static final int SEEDS = Integer.getInteger("simulation.seeds", 300);

  private VirtualTime time = new VirtualTime(1);
  private CrashingDisk disk = new CrashingDisk(1);
  private Metrics metrics = new Metrics();

  @Override
  protected State open() {
    return open(SMALL);
  }

  private State open(JournalStateConfig config) {
    metrics = new Metrics();
    return await(State.open(config, FOLDER, disk, time.executor(2), time, metrics));
  }

  @Override
  protected <T> void settle(Future<T> future) {
    time.runUntil(future::isComplete);
  }

  @Override
  protected void pass(long millis) {
    time.advance(millis);
  }

  @Override
  protected long shortLifeMillis() {
    return 50;
  }

  private List<Path> journals() {
    return disk.files(FOLDER).stream().filter(path -> JournalFormat.generation(path).isPresent()).toList();
  }

  private boolean counted(String line) {
    return metrics.print().lines().anyMatch(line::equals);
  }

  @Test
  void rewritesTheJournalWhenMostOfItIsOutdated() {
    State state = open();
    for (int i = 0; i < 500; i++) {
      await(state.put("key" + i % 3, bytes("value " + i)));
    }
    assertEquals(1, journals().size());
    assertTrue(disk.content(journals().getFirst()).length < 5_000, "bytes " + disk.content(journals().getFirst()).length);
    assertEquals(Optional.of("value 499"), value(state, "key1"));
    await(state.close());
    assertEquals(Optional.of("value 498"), value(open(), "key0"));
  }

  @Test
  void fullDiskRefusesAndRecoversByItself() {
    State state = open();
    await(state.put("a", bytes("1")));
    disk.fail(CrashingDisk.Kind.WRITE, _ -> true, ErrorCode.DISK_FULL);
    assertEquals(ErrorCode.DISK_FULL, failure(state.put("a", bytes("2"))));
    assertEquals(ErrorCode.DISK_FULL, failure(state.put("b", bytes("2"))));
    assertEquals(Optional.of("1"), value(state, "a"));
    disk.heal();
    await(state.put("b", bytes("3")));
    await(state.close());
    state = open();
    assertEquals(Optional.of("1"), value(state, "a"));
    assertEquals(Optional.of("3"), value(state, "b"));
    await(state.close());
    assertEquals(0, disk.openFiles());
    assertEquals(1, disk.files(FOLDER).size());
  }

  @Test
  void refusesWhenTheQueueIsFull() {
    State state = open(new JournalStateConfig(300, 2_000, 10_000));
    Future<Long> first = state.put("a", new byte[200]);
    assertEquals(ErrorCode.UNAVAILABLE, failure(state.put("b", new byte[200])));
    await(first);
    await(state.put("b", new byte[200]));
  }

  @Test
  void refusesMoreThanItsBound() {
    State state = open(new JournalStateConfig(100_000, 2_000, 1_000));
    await(state.put("a", new byte[800]));
    assertEquals(ErrorCode.TOO_LARGE, failure(state.put("b", new byte[800])));
    await(state.remove("a"));
    await(state.put("b", new byte[800]));
  }

  @Test
  void noSingleBitFlipGoesUnnoticedOrCostsMoreThanOneWrite() {
    State state = open();
    for (int i = 0; i < 5; i++) {
      await(state.put("key" + i, bytes("value " + i)));
    }
    await(state.close());
    Path file = journals().getFirst();
    byte[] content = disk.content(file);
    for (int bit = 0; bit < content.length * 8; bit++) {
      disk = new CrashingDisk(1);
      byte[] damaged = content.clone();
      damaged[bit / 8] ^= (byte) (1 << bit % 8);
      disk.put(file, damaged);
      state = open();
      List<Entry> found = await(state.scan(""));
      for (Entry entry : found) {
        assertEquals("value " + entry.key().charAt(3), new String(entry.value(), StandardCharsets.UTF_8));
      }
      assertTrue(found.size() >= 4, "bit " + bit + " left " + found.size());
      boolean inEndMark = bit / 8 >= content.length - JournalFormat.KEY_AT;
      assertTrue(inEndMark || !counted("tidemark_state_quarantined_bytes_total 0"), "bit " + bit + " went unnoticed");
      assertEquals(inEndMark ? 1 : 2, disk.files(FOLDER).size(), "the damaged file is kept");
      await(state.close());
    }
  }

  @Test
  void decayInsideARewrittenJournalCostsOneKey() {
    State state = open();
    for (int i = 0; i < 50; i++) {
      await(state.put("key" + i, bytes("value " + i)));
    }
    disk.kill();
    open();
    disk.kill();
    disk.flip(journals().getFirst(), 100, 1);
    assertEquals(49, await(open().scan("")).size());
  }

  /// Many lives, each ended by a crash: completed writes are there with their versions, and nothing that nobody wrote.
  @Test
  void keepsEveryCompletedWriteThroughCrashes() {
    for (long seed = 0; seed < SEEDS; seed++) {
      try {
        live(seed);
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
  }

  /// What one key may hold: the value last told to be durable, or any written since.
  private static final class Possible {
    long version;
    Optional<String> durable = Optional.empty();
    final List<Optional<String>> since = new ArrayList<>();
  }

  private void live(long seed) {
    var random = new Random(seed * 0x9e3779b97f4a7c15L);
    disk = new CrashingDisk(seed);
    Map<String, Possible> model = new HashMap<>();
    for (int life = 0; life < 5; life++) {
      time = new VirtualTime(seed * 31 + life);
      disk.dieAt(1 + random.nextInt(50));
      try {
        oneLife(random, model);
      } catch (CrashingDisk.Died died) {
        assertTrue(disk.calls() > 0, died.getMessage());
      }
      if (random.nextInt(4) == 0) {
        disk.kill();
      } else {
        disk.crash(random.nextLong());
      }
    }
    time = new VirtualTime(seed);
    check(open(), model);
  }

  private void oneLife(Random random, Map<String, Possible> model) {
    State state = open();
    check(state, model);
    for (int step = 0; step < 80; step++) {
      String key = "k" + random.nextInt(6);
      Possible possible = model.computeIfAbsent(key, _ -> new Possible());
      Optional<String> next = random.nextInt(5) == 0 ? Optional.empty() : Optional.of(seedless(random));
      switch (random.nextInt(10)) {
        case 0 -> time.advance(3);
        case 1 -> disk.failNth(CrashingDisk.Kind.values()[random.nextInt(CrashingDisk.Kind.values().length)], 1, ErrorCode.DISK_FAILED);
        default -> write(state, key, possible, next);
      }
    }
    time.advance(100);
  }

  private static String seedless(Random random) {
    return Integer.toHexString(random.nextInt()) + "x".repeat(random.nextInt(60));
  }

  private static void write(State state, String key, Possible possible, Optional<String> next) {
    possible.since.add(next);
    Future<Long> written = next.isPresent() ? state.put(key, bytes(next.get())) : state.remove(key).map(0L);
    written.onSuccess(version -> {
      // Everything written before this one is overwritten.
      possible.durable = next;
      possible.version = version;
      possible.since.subList(0, possible.since.indexOf(next) + 1).clear();
    });
  }

  private void check(State state, Map<String, Possible> model) {
    model.forEach((key, possible) -> {
      Optional<Entry> found = await(state.get(key));
      Optional<String> value = found.map(entry -> new String(entry.value(), StandardCharsets.UTF_8));
      assertTrue(value.equals(possible.durable) || possible.since.contains(value),
          key + ": found " + value + ", durable " + possible.durable + ", since " + possible.since);
      if (found.isPresent() && value.equals(possible.durable) && possible.version > 0) {
        assertTrue(found.get().version() >= possible.version);
      }
      possible.durable = value;
      possible.version = found.map(Entry::version).orElse(0L);
      possible.since.clear();
    });
  }
}
