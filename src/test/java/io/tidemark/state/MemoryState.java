package io.tidemark.state;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.time.Clock;
import io.vertx.core.Future;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// A state in memory, for tests of its users; what one user wrote the next one finds, as after a restart. Can be made to fail.
public final class MemoryState implements State {
  private final TreeMap<String, Entry> entries = new TreeMap<>();
  private final Map<String, Long> goesAtNanos = new HashMap<>();
  private final Map<String, Held> leases = new HashMap<>();
  private final Clock clock;
  private long version;
  private long token;
  private boolean failing;
  private boolean away;

  private record Held(Lease lease, long untilNanos) {}

  /// One whose leases and passing keys live by the machine's clock.
  public MemoryState() {
    this(Clock.system());
  }

  public MemoryState(Clock clock) {
    this.clock = clock;
  }

  /// From now on nothing works, not even reads, or everything again.
  public synchronized void away(boolean gone) {
    away = gone;
    failing = gone;
  }

  private void dropPassed() {
    goesAtNanos.entrySet().removeIf(entry -> entry.getValue() - clock.nanos() <= 0 && entries.remove(entry.getKey()) != null);
  }

  private Future<Long> broken() {
    return Future.failedFuture(new TidemarkException(ErrorCode.DISK_FAILED, "the disk is made to fail"));
  }

  @Override
  public synchronized Future<Long> putFor(String key, byte[] value, long lifeMillis) {
    return put(key, value).onSuccess(_ -> goesAtNanos.put(key, clock.nanos() + lifeMillis * 1_000_000));
  }

  @Override
  public synchronized Future<Optional<Lease>> lease(String name, String holder, long lifeMillis) {
    if (failing) {
      return broken().mapEmpty();
    }
    Held held = leases.get(name);
    boolean free = held == null || held.untilNanos - clock.nanos() <= 0;
    if (!free && !held.lease.holder().equals(holder)) {
      return Future.succeededFuture(Optional.empty());
    }
    Lease lease = free ? new Lease(name, holder, ++token) : held.lease;
    leases.put(name, new Held(lease, clock.nanos() + lifeMillis * 1_000_000));
    return Future.succeededFuture(Optional.of(lease));
  }

  private boolean isHeld(Lease lease) {
    Held held = leases.get(lease.name());
    return held != null && held.lease.equals(lease) && held.untilNanos - clock.nanos() > 0;
  }

  @Override
  public synchronized Future<Void> release(Lease lease) {
    if (isHeld(lease)) {
      leases.remove(lease.name());
    }
    return Future.succeededFuture();
  }

  @Override
  public synchronized Future<Long> putUnder(Lease lease, String key, byte[] value) {
    return failing || isHeld(lease) ? put(key, value) : over(lease);
  }

  @Override
  public synchronized Future<Void> removeUnder(Lease lease, String key) {
    return failing ? broken().mapEmpty() : isHeld(lease) ? remove(key) : MemoryState.<Void>over(lease);
  }

  private static <T> Future<T> over(Lease lease) {
    return Future.failedFuture(new TidemarkException(ErrorCode.CONFLICT, "the lease " + lease + " is over"));
  }

  /// From now on writes fail, or work again.
  public synchronized void fail(boolean fail) {
    failing = fail;
  }

  /// Loses everything, leases included; tokens and versions go on.
  public synchronized void flush() {
    entries.clear();
    goesAtNanos.clear();
    leases.clear();
  }

  @Override
  public synchronized Future<Optional<Entry>> get(String key) {
    if (away) {
      return broken().mapEmpty();
    }
    dropPassed();
    return Future.succeededFuture(Optional.ofNullable(entries.get(key)));
  }

  @Override
  public synchronized Future<List<Entry>> scan(String prefix) {
    if (away) {
      return broken().mapEmpty();
    }
    dropPassed();
    return Future.succeededFuture(List.copyOf(entries.subMap(prefix, prefix + Character.MAX_VALUE).values()));
  }

  @Override
  public synchronized Future<Long> put(String key, byte[] value) {
    if (failing) {
      return broken();
    }
    goesAtNanos.remove(key);
    entries.put(key, new Entry(key, value.clone(), ++version));
    return Future.succeededFuture(version);
  }

  @Override
  public synchronized Future<Long> compareAndPut(String key, byte[] value, long expectedVersion) {
    long found = Optional.ofNullable(entries.get(key)).map(Entry::version).orElse(0L);
    return found == expectedVersion ? put(key, value)
        : Future.failedFuture(new TidemarkException(ErrorCode.CONFLICT, key + " has version " + found + ", not " + expectedVersion));
  }

  @Override
  public synchronized Future<Void> remove(String key) {
    entries.remove(key);
    return Future.succeededFuture();
  }

  @Override
  public Future<Void> close() {
    return Future.succeededFuture();
  }
}
