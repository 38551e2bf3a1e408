package io.tidemark.state.redis;

import io.tidemark.guard.Guards;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.state.RedisStateConfig;
import io.tidemark.state.State;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Histogram;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Entropy;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// State in a Redis, shared by all nodes that use the same prefix.
///
/// An entry is a hash of its own, so that Redis ends its life; a sorted set of all keys makes a scan cost what it finds, however much
/// else the server holds. Keys that went by themselves leave the index at the next scan, or while others like them are written.
///
/// Versions and tokens are microseconds of Redis' clock, pushed up to be larger than the last one given and than any that this process
/// has seen. So they ascend on a server that was emptied, restored or replaced by its replica, as long as its clock is not set back by
/// more than it was away; one that is set back while the data stays does no harm.
public final class RedisState implements State {
  private static final Logger LOGGER = LoggerFactory.getLogger(RedisState.class);
  private static final int PAGE_ENTRIES = 500;
  private static final long PAGE_BYTES = 4L << 20;
  /// Bytes of all entries that one scan gives.
  private static final long SCAN_BYTES_MAX = 512L << 20;
  /// Calls and bytes of writes under way; past it calls fail.
  private static final int CALLS_MAX = 4096;
  private static final long CALL_BYTES_MAX = 128L << 20;
  private static final int VERSION_MIN = 602;

  private final String prefix;
  private final RedisLink link;
  private final Clock clock;
  private final Histogram readSeconds;
  private final Histogram writeSeconds;
  private final Counter failures;
  /// Who writes, for Redis to know a write that comes late or twice; see {@link Script#PUT}.
  private final String writer;
  private final AtomicLong turns = new AtomicLong();
  private final AtomicLong versionSeen = new AtomicLong();

  // Guarded by this.
  private int calls;
  private long callBytes;
  private boolean closing;
  private final Promise<Void> idle = Promise.promise();

  private RedisState(RedisStateConfig config, Vertx vertx, Entropy entropy, Clock clock, Metrics metrics) {
    prefix = config.prefix();
    link = new RedisLink(config, vertx, clock, metrics);
    this.clock = clock;
    writer = Long.toUnsignedString(entropy.nextLong(), 36);
    String system = config.guard().system();
    readSeconds = metrics.histogram("tidemark_state_redis_read_seconds", "Reads of state in Redis, retries included.", Histogram.SECONDS,
        "system", system);
    writeSeconds = metrics.histogram("tidemark_state_redis_write_seconds", "Writes and leases in Redis, retries included.",
        Histogram.SECONDS, "system", system);
    failures = metrics.counter("tidemark_state_redis_failures_total", "State calls that Redis or a bound refused.", "system", system);
    metrics.gauge("tidemark_state_redis_calls", "State calls to Redis under way.", this::calls, "system", system);
    metrics.gauge("tidemark_state_redis_connections_max", "Most connections to Redis at once.", config::connections, "system", system);
  }

  /// Connects, and checks that the server is one that state can be kept in.
  public static Future<RedisState> open(RedisStateConfig config, Vertx vertx, Entropy entropy, Clock clock, Metrics metrics) {
    var state = new RedisState(config, vertx, entropy, clock, metrics);
    return state.link.call(Command.INFO).map(answer -> {
      check(config, answer.toString());
      return state;
    }).recover(e -> state.link.close().transform(_ -> Future.failedFuture(e)));
  }

  private static void check(RedisStateConfig config, String info) {
    Map<String, String> facts = info.lines().filter(line -> line.contains(":"))
        .collect(Collectors.toMap(line -> line.substring(0, line.indexOf(':')), line -> line.substring(line.indexOf(':') + 1).strip(),
            (first, _) -> first));
    String version = facts.getOrDefault("redis_version", "0.0");
    String[] numbers = version.split("\\.");
    if (Integer.parseInt(numbers[0]) * 100 + Integer.parseInt(numbers[1]) < VERSION_MIN) {
      throw new TidemarkException(ErrorCode.NOT_SUPPORTED, "redis at " + config.address() + " has version " + version
          + ", expected 6.2 or later; upgrade it");
    }
    if (facts.getOrDefault("redis_mode", "").equals("cluster")) {
      throw new TidemarkException(ErrorCode.NOT_SUPPORTED, "redis at " + config.address()
          + " is part of a Redis Cluster, expected one server, or one with replicas");
    }
    String policy = facts.getOrDefault("maxmemory_policy", "noeviction");
    if (policy.startsWith("allkeys")) {
      LOGGER.atWarn().addKeyValue("redis", config.address()).addKeyValue("maxmemory_policy", policy)
          .log("Redis may throw away alert states and leases when its memory is used up; set its maxmemory-policy to noeviction.");
    }
  }

  // ---- calls

  /// Counts a call in and out, bounds them, and answers on the caller's own context if it has one.
  private <T> Future<T> call(int bytes, Histogram seconds, Supplier<Future<T>> call) {
    synchronized (this) {
      if (closing) {
        return refused(ErrorCode.UNAVAILABLE, "the state is closed");
      }
      if (calls >= CALLS_MAX || calls > 0 && callBytes + bytes > CALL_BYTES_MAX) {
        return refused(ErrorCode.UNAVAILABLE, "more than " + CALLS_MAX + " state calls, or " + CALL_BYTES_MAX
            + " bytes of them, wait for Redis; later again");
      }
      calls++;
      callBytes += bytes;
    }
    Context context = Vertx.currentContext();
    Promise<T> promise = context instanceof ContextInternal internal ? internal.promise() : Promise.promise();
    long start = clock.nanos();
    call.get().onComplete(answer -> {
      seconds.observeNanos(start, clock.nanos());
      if (answer.succeeded()) {
        promise.complete(answer.result());
      } else {
        failures.increment();
        promise.fail(answer.cause());
      }
      ended(bytes);
    });
    return promise.future();
  }

  private <T> Future<T> refused(ErrorCode code, String reason) {
    failures.increment();
    return Future.failedFuture(new TidemarkException(code, reason));
  }

  private void ended(int bytes) {
    boolean last;
    synchronized (this) {
      calls--;
      callBytes -= bytes;
      last = closing && calls == 0;
    }
    if (last) {
      idle.tryComplete();
    }
  }

  private synchronized int calls() {
    return calls;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] bytes(long number) {
    return bytes(Long.toString(number));
  }

  private String entries() {
    return prefix + "entry:";
  }

  private String entry(String key) {
    return entries() + key;
  }

  private String leaseKey(String name) {
    return prefix + "lease:" + name;
  }

  private String counter() {
    return prefix + "version";
  }

  private String index() {
    return prefix + "keys";
  }

  private String passing() {
    return prefix + "passing";
  }

  private long seen(String version) {
    long number = Long.parseLong(version);
    versionSeen.accumulateAndGet(number, Math::max);
    return number;
  }

  // ---- reads

  @Override
  public Future<Optional<Entry>> get(String key) {
    return call(0, readSeconds, () -> link.call(Command.HMGET, entry(key), "value", "version")
        .map(found -> found.get(0) == null ? Optional.empty()
            : Optional.of(new Entry(key, found.get(0).toBytes(), seen(found.get(1).toString())))));
  }

  @Override
  public Future<List<Entry>> scan(String keyPrefix) {
    return call(0, readSeconds, () -> page(keyPrefix, "[" + keyPrefix, new ArrayList<>(), 0));
  }

  /// Reads on after `from` until all is there. The pages come in the order of UTF-8 bytes; Java sorts a few characters differently.
  private Future<List<Entry>> page(String keyPrefix, String from, List<Entry> all, long bytesBefore) {
    // No UTF-8 text holds the byte 0xff, so it ends the range of a prefix.
    byte[] start = bytes(keyPrefix);
    byte[] end = new byte[start.length + 2];
    end[0] = '(';
    System.arraycopy(start, 0, end, 1, start.length);
    end[end.length - 1] = (byte) 0xff;
    var arguments = List.of(bytes(from), end, bytes(PAGE_ENTRIES), bytes(PAGE_BYTES), bytes(entries()));
    return link.run(Script.SCAN, List.of(index(), passing()), arguments).compose(page -> {
      long bytes = bytesBefore + add(page.get(2), all);
      if (bytes > SCAN_BYTES_MAX) {
        return Future.failedFuture(new TidemarkException(ErrorCode.TOO_LARGE, "state below \"" + keyPrefix + "\": more than "
            + SCAN_BYTES_MAX + " bytes; ask for less at once"));
      }
      if (page.get(1).toInteger() == 1) {
        return page(keyPrefix, "(" + page.get(0), all, bytes);
      }
      all.sort(Comparator.comparing(Entry::key));
      return Future.succeededFuture(List.copyOf(all));
    });
  }

  private long add(Response found, List<Entry> all) {
    long bytes = 0;
    for (int i = 0; i < found.size(); i += 3) {
      byte[] value = found.get(i + 1).toBytes();
      all.add(new Entry(found.get(i).toString(), value, seen(found.get(i + 2).toString())));
      bytes += value.length;
    }
    return bytes;
  }

  // ---- writes

  /// A write, as {@link Script#PUT} and {@link Script#REMOVE} want it.
  private record Write(Script script, String key, byte[] value, String expected, long lifeMillis, Optional<Lease> under) {
    static Write put(String key, byte[] value) {
      return new Write(Script.PUT, key, value.clone(), "", 0, Optional.empty());
    }

    static Write remove(String key) {
      return new Write(Script.REMOVE, key, new byte[0], "", 0, Optional.empty());
    }

    Write under(Lease lease) {
      return new Write(script, key, value, expected, lifeMillis, Optional.of(lease));
    }
  }

  @Override
  public Future<Long> put(String key, byte[] value) {
    return write(Write.put(key, value));
  }

  @Override
  public Future<Long> putFor(String key, byte[] value, long lifeMillis) {
    return write(new Write(Script.PUT, key, value.clone(), "", Math.max(1, lifeMillis), Optional.empty()));
  }

  @Override
  public Future<Long> compareAndPut(String key, byte[] value, long expectedVersion) {
    return write(new Write(Script.PUT, key, value.clone(), Long.toString(expectedVersion), 0, Optional.empty()));
  }

  @Override
  public Future<Long> putUnder(Lease lease, String key, byte[] value) {
    return write(Write.put(key, value).under(lease));
  }

  @Override
  public Future<Void> remove(String key) {
    return write(Write.remove(key)).mapEmpty();
  }

  @Override
  public Future<Void> removeUnder(Lease lease, String key) {
    return write(Write.remove(key).under(lease)).mapEmpty();
  }

  private Future<Long> write(Write write) {
    int keyBytes = bytes(write.key).length;
    if (keyBytes > KEY_BYTES_MAX || write.value.length > VALUE_BYTES_MAX) {
      return refused(ErrorCode.TOO_LARGE, "state key of " + keyBytes + " bytes with a value of " + write.value.length + ", at most "
          + KEY_BYTES_MAX + " and " + VALUE_BYTES_MAX);
    }
    String leaseName = write.under.map(Lease::name).orElse("");
    var keys = List.of(entry(write.key), counter(), index(), passing(), leaseKey(leaseName));
    // One turn for all attempts: that is how Redis knows a second one.
    var arguments = List.of(bytes(write.key), write.value, bytes(write.expected), bytes(write.lifeMillis), bytes(versionSeen.get()),
        bytes(writer), bytes(turns.incrementAndGet()), bytes(write.under.map(Lease::holder).orElse("")),
        bytes(write.under.map(lease -> Long.toString(lease.token())).orElse("")), bytes(entries()));
    return call(keyBytes + write.value.length, writeSeconds, () -> link.run(write.script, keys, arguments).map(answer -> {
      String version = answer.get(1).toString();
      return switch (answer.get(0).toInteger()) {
        case 1 -> seen(version);
        case 0 -> throw new TidemarkException(ErrorCode.CONFLICT, "state key \"" + write.key + "\": expected version " + write.expected
            + ", found " + version + "; read it again");
        default -> throw new TidemarkException(ErrorCode.CONFLICT, "state key \"" + write.key + "\": the lease \"" + leaseName
            + "\" of " + write.under.map(Lease::holder).orElse("") + " is over");
      };
    }));
  }

  // ---- leases

  @Override
  public Future<Optional<Lease>> lease(String name, String holder, long lifeMillis) {
    if (bytes(name).length > KEY_BYTES_MAX || bytes(holder).length > KEY_BYTES_MAX) {
      return refused(ErrorCode.TOO_LARGE, "lease name or holder longer than " + KEY_BYTES_MAX + " bytes");
    }
    var arguments = List.of(bytes(holder), bytes(Math.max(1, lifeMillis)), bytes(versionSeen.get()));
    return call(0, writeSeconds, () -> link.run(Script.LEASE, List.of(leaseKey(name), counter()), arguments)
        .map(token -> token == null ? Optional.empty() : Optional.of(new Lease(name, holder, seen(token.toString())))));
  }

  @Override
  public Future<Void> release(Lease lease) {
    var arguments = List.of(bytes(lease.holder()), bytes(lease.token()));
    return call(0, writeSeconds, () -> link.run(Script.RELEASE, List.of(leaseKey(lease.name())), arguments)).mapEmpty();
  }

  /// Waits for the calls under way.
  @Override
  public void enter(Guards guards) {
    link.enter(guards);
  }

  @Override
  public Future<Void> close() {
    boolean none;
    synchronized (this) {
      closing = true;
      none = calls == 0;
    }
    if (none) {
      idle.tryComplete();
    }
    return idle.future().compose(_ -> link.close());
  }
}
