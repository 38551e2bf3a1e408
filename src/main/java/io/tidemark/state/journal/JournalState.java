package io.tidemark.state.journal;

import io.tidemark.disk.Disk;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.state.JournalStateConfig;
import io.tidemark.state.State;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Histogram;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// State in one journal file on this machine.
///
/// Writes queue; one commit at a time decides those that wait (in order, each seeing the ones before it), writes the changes, syncs,
/// and only then lets memory show them and completes the futures. After a failed write or sync the file is given up and the next
/// commit begins a new generation: everything that is durable, written anew. The same happens at each start and when too much of the
/// file is outdated. A refused write may come back only if the process dies before the next generation is in force.
public final class JournalState implements State {
  private static final Logger LOGGER = LoggerFactory.getLogger(JournalState.class);
  private static final int GROUP_BYTES_MAX = 4 * 1024 * 1024;
  /// What an entry costs besides key and value.
  private static final int ENTRY_BYTES = 64;
  private static final byte[] NOTHING = new byte[0];
  /// Under this prefix, which no scan shows, the last holder of each lease is kept.
  private static final String LEASES = "\0lease/";

  private final JournalStateConfig config;
  private final Path folder;
  private final Disk disk;
  private final Executor io;
  private final Clock clock;
  private final Histogram writeSeconds;
  private final Histogram syncSeconds;
  private final Counter rewrites;
  private final Counter failures;
  private final Counter quarantinedBytes;

  // Guarded by this.
  private final TreeMap<String, Entry> entries = new TreeMap<>();
  /// Keys that go by themselves: in memory only, a crash ends their life early.
  private final TreeMap<String, Passing> passing = new TreeMap<>();
  private final Map<String, Held> leases = new HashMap<>();
  private final ArrayDeque<Write> queue = new ArrayDeque<>();
  private final Promise<Void> closed = Promise.promise();
  private long queuedBytes;
  private long liveBytes;
  /// Not before then does a passing key go; only of use while there are any.
  private long nextPassingNanos;
  private boolean committing;
  private boolean closing;

  // Used by the running commit only.
  private JournalWriter writer;
  private long generation;
  private long stateVersion;

  /// A write that waits. It removes when `kind` says so; `expected` is a version, or `ANY`; `lifeMillis` is 0 for one that stays.
  private record Write(byte kind, String key, byte[] value, long expected, long lifeMillis, Optional<Lease> under, long startNanos,
      Promise<Long> promise) {
    static final long ANY = -1;

    int bytes() {
      return key.length() * 3 + value.length + ENTRY_BYTES;
    }
  }

  /// An entry and when it goes.
  private record Passing(Entry entry, long untilNanos) {}

  /// Who has a lease, and until when.
  private record Held(Lease lease, long untilNanos) {}

  /// A write that was decided: the entry to show, or a failure.
  private record Decided(Write write, long version, Optional<TidemarkException> refusal) {}

  private JournalState(JournalStateConfig config, Path folder, Disk disk, Executor io, Clock clock, Metrics metrics) {
    this.config = config;
    this.folder = folder;
    this.disk = disk;
    this.io = io;
    this.clock = clock;
    writeSeconds = metrics.histogram("tidemark_state_write_seconds", "From a state write to durable.", Histogram.SECONDS);
    syncSeconds = metrics.histogram("tidemark_state_sync_seconds", "One write and sync of a group of state writes.", Histogram.SECONDS);
    rewrites = metrics.counter("tidemark_state_rewrites_total", "Generations of the state journal begun.");
    failures = metrics.counter("tidemark_state_write_failures_total", "State writes that the disk or a bound refused.");
    quarantinedBytes = metrics.counter("tidemark_state_quarantined_bytes_total", "Journal bytes skipped because they are damaged.");
    metrics.gauge("tidemark_state_queue_bytes", "Bytes of state writes that wait for the disk.", this::queuedBytes);
    metrics.gauge("tidemark_state_keys", "Keys of the state.", this::keys);
    metrics.gauge("tidemark_state_live_bytes", "Bytes of all keys and values.", this::liveBytes);
  }

  /// Opens or makes the state in `folder`. Blocks; reads the journal and writes it anew.
  public static JournalState open(JournalStateConfig config, Path folder, Disk disk, Executor io, Clock clock, Metrics metrics) {
    var state = new JournalState(config, folder, disk, io, clock, metrics);
    state.load();
    return state;
  }

  private synchronized void load() {
    disk.createDirectories(folder);
    if (folder.getParent() != null) {
      disk.syncDirectory(folder.getParent());
    }
    var generations = new TreeMap<Long, Path>();
    for (Path path : disk.list(folder)) {
      if (JournalFormat.isUnfinished(path)) {
        disk.delete(path);
      }
      JournalFormat.generation(path).ifPresent(number -> generations.put(number, path));
    }
    boolean damaged = false;
    if (!generations.isEmpty()) {
      generation = generations.lastKey();
      damaged = take(generations.lastEntry().getValue());
    }
    begin();
    if (damaged) {
      Path path = generations.pollLastEntry().getValue();
      disk.rename(path, JournalFormat.damagedPath(path));
    }
    generations.values().forEach(this::discard);
  }

  /// Takes over what one file holds; says whether some of it was damaged.
  private boolean take(Path path) {
    var reader = new JournalReader(disk, path);
    reader.read();
    reader.entries().values().forEach(this::show);
    stateVersion = reader.stateVersion();
    if (reader.cutBytes() > 0) {
      LOGGER.warn("state: the last {} bytes of {} are an unfinished write and are left out", reader.cutBytes(), path);
    }
    for (JournalReader.Damage damage : reader.damages()) {
      quarantinedBytes.add(damage.bytes());
      LOGGER.atError().addKeyValue("file", path).addKeyValue("offset", damage.offset()).addKeyValue("bytes", damage.bytes())
          .log("state: {} is damaged at byte {}, {} bytes; the writes in there are lost, the file is kept as {}", path, damage.offset(),
              damage.bytes(), JournalFormat.damagedPath(path).getFileName());
    }
    return !reader.damages().isEmpty();
  }

  private void discard(Path path) {
    try {
      disk.delete(path);
    } catch (TidemarkException e) {
      LOGGER.warn("state: an outdated journal could not be deleted, the next start tries again: {}", e.getMessage());
    }
  }

  // ---- reads

  @Override
  public synchronized Future<Optional<Entry>> get(String key) {
    dropPassed();
    Passing soonGone = passing.get(key);
    Entry entry = soonGone == null ? entries.get(key) : soonGone.entry;
    return Future.succeededFuture(entry == null ? Optional.empty() : Optional.of(copy(entry)));
  }

  @Override
  public synchronized Future<List<Entry>> scan(String prefix) {
    dropPassed();
    var found = new TreeMap<String, Entry>();
    for (Entry entry : entries.tailMap(prefix).values()) {
      if (!entry.key().startsWith(prefix)) {
        break;
      }
      if (!entry.key().startsWith(LEASES)) {
        found.put(entry.key(), copy(entry));
      }
    }
    for (Passing soonGone : passing.tailMap(prefix).values()) {
      if (!soonGone.entry.key().startsWith(prefix)) {
        break;
      }
      found.put(soonGone.entry.key(), copy(soonGone.entry));
    }
    return Future.succeededFuture(List.copyOf(found.values()));
  }

  private void dropPassed() {
    long now = clock.nanos();
    if (passing.isEmpty() || nextPassingNanos - now > 0) {
      return;
    }
    nextPassingNanos = now + Long.MAX_VALUE / 2;
    passing.values().removeIf(soonGone -> {
      boolean gone = soonGone.untilNanos - now <= 0;
      liveBytes -= gone ? bytes(soonGone.entry) : 0;
      nextPassingNanos = !gone && soonGone.untilNanos - nextPassingNanos < 0 ? soonGone.untilNanos : nextPassingNanos;
      return gone;
    });
  }

  private static Entry copy(Entry entry) {
    return new Entry(entry.key(), entry.value().clone(), entry.version());
  }

  // ---- writes

  @Override
  public Future<Long> put(String key, byte[] value) {
    return enqueue(JournalFormat.PUT, key, value.clone(), Write.ANY, 0, Optional.empty());
  }

  @Override
  public Future<Long> putFor(String key, byte[] value, long lifeMillis) {
    return enqueue(JournalFormat.PUT, key, value.clone(), Write.ANY, Math.max(1, lifeMillis), Optional.empty());
  }

  @Override
  public Future<Long> putUnder(Lease lease, String key, byte[] value) {
    return enqueue(JournalFormat.PUT, key, value.clone(), Write.ANY, 0, Optional.of(lease));
  }

  @Override
  public Future<Void> removeUnder(Lease lease, String key) {
    return enqueue(JournalFormat.REMOVE, key, NOTHING, Write.ANY, 0, Optional.of(lease)).mapEmpty();
  }

  @Override
  public Future<Long> compareAndPut(String key, byte[] value, long expectedVersion) {
    return enqueue(JournalFormat.PUT, key, value.clone(), expectedVersion, 0, Optional.empty());
  }

  @Override
  public Future<Void> remove(String key) {
    return enqueue(JournalFormat.REMOVE, key, NOTHING, Write.ANY, 0, Optional.empty()).mapEmpty();
  }

  private Future<Long> enqueue(byte kind, String key, byte[] value, long expected, long lifeMillis, Optional<Lease> under) {
    int keyBytes = key.getBytes(StandardCharsets.UTF_8).length;
    if (keyBytes > KEY_BYTES_MAX || value.length > VALUE_BYTES_MAX) {
      return refused(ErrorCode.TOO_LARGE, "state key of " + keyBytes + " bytes with a value of " + value.length + ", at most "
          + KEY_BYTES_MAX + " and " + VALUE_BYTES_MAX);
    }
    Promise<Long> promise = promise();
    var write = new Write(kind, key, value, expected, lifeMillis, under, clock.nanos(), promise);
    boolean start;
    synchronized (this) {
      if (closing) {
        return refused(ErrorCode.UNAVAILABLE, "the state is closing");
      }
      if (queuedBytes > 0 && queuedBytes + write.bytes() > config.queueBytes()) {
        return refused(ErrorCode.UNAVAILABLE, "more than " + config.queueBytes() + " bytes of state wait for the disk; write again later");
      }
      queue.add(write);
      queuedBytes += write.bytes();
      start = !committing;
      committing = true;
    }
    if (start) {
      startCommit();
    }
    return promise.future();
  }

  private <T> Future<T> refused(ErrorCode code, String reason) {
    failures.increment();
    return Future.failedFuture(new TidemarkException(code, reason));
  }

  /// A promise whose listeners run on the caller's own context if it has one.
  private static <T> Promise<T> promise() {
    Context context = Vertx.currentContext();
    return context instanceof ContextInternal internal ? internal.promise() : Promise.promise();
  }

  private void startCommit() {
    try {
      io.execute(this::commit);
    } catch (RejectedExecutionException e) {
      List<Write> all;
      synchronized (this) {
        all = List.copyOf(queue);
        queue.clear();
        queuedBytes = 0;
        committing = false;
      }
      var stopped = new TidemarkException(ErrorCode.UNAVAILABLE, "state: its worker threads are stopped", e);
      all.forEach(write -> answer(write, 0, Optional.of(stopped)));
    }
  }

  private void commit() {
    List<Write> group = takeGroup();
    if (group.isEmpty()) {
      finish();
      return;
    }
    List<Decided> decided;
    try {
      decided = decideAndWrite(group);
    } catch (RuntimeException | OutOfMemoryError e) {
      TidemarkException failure = e instanceof TidemarkException known ? known
          : new TidemarkException(ErrorCode.INTERNAL, "state: write failed: " + e, e);
      giveUp(failure);
      proceed();
      group.forEach(write -> answer(write, 0, Optional.of(failure)));
      return;
    }
    synchronized (this) {
      decided.stream().filter(d -> d.refusal.isEmpty()).forEach(this::show);
    }
    proceed();
    decided.forEach(d -> answer(d.write, d.version, d.refusal));
  }

  private synchronized List<Write> takeGroup() {
    var group = new ArrayList<Write>();
    long bytes = 0;
    while (!queue.isEmpty() && (group.isEmpty() || bytes + queue.peek().bytes() <= GROUP_BYTES_MAX)) {
      Write write = queue.poll();
      bytes += write.bytes();
      queuedBytes -= write.bytes();
      group.add(write);
    }
    return group;
  }

  private List<Decided> decideAndWrite(List<Write> group) {
    if (writer == null || isMostlyOutdated()) {
      rewrite();
    }
    var decided = new ArrayList<Decided>(group.size());
    var changed = new HashMap<String, Long>();
    var written = new HashSet<String>();
    for (Write write : group) {
      long found = versionOf(write.key, changed);
      Optional<TidemarkException> refusal = refusal(write, found);
      boolean needed = refusal.isEmpty() && (write.kind == JournalFormat.PUT || found != 0);
      if (needed) {
        stateVersion++;
        changed.put(write.key, write.kind == JournalFormat.PUT ? stateVersion : 0);
        if (write.lifeMillis == 0) {
          writer.add(write.kind, stateVersion, write.key, write.value);
          written.add(write.key);
        } else if (isKept(write.key, written)) {
          // Otherwise the value that was there before would come back when this one passes, or after a crash.
          writer.add(JournalFormat.REMOVE, stateVersion, write.key, NOTHING);
          written.add(write.key);
        }
      }
      decided.add(new Decided(write, stateVersion, refusal));
    }
    if (!written.isEmpty()) {
      long start = clock.nanos();
      writer.commit();
      syncSeconds.observeNanos(start, clock.nanos());
    }
    return decided;
  }

  private boolean isMostlyOutdated() {
    long outdated = writer.bytes() - liveBytes();
    return outdated > config.rewriteBytes() && outdated > liveBytes();
  }

  private synchronized boolean isKept(String key, Set<String> written) {
    return entries.containsKey(key) || written.contains(key);
  }

  private synchronized long versionOf(String key, Map<String, Long> changed) {
    dropPassed();
    Passing soonGone = passing.get(key);
    Entry entry = soonGone == null ? entries.get(key) : soonGone.entry;
    return changed.getOrDefault(key, entry == null ? 0 : entry.version());
  }

  private Optional<TidemarkException> refusal(Write write, long found) {
    if (write.under.isPresent() && !isHeld(write.under.get())) {
      return Optional.of(new TidemarkException(ErrorCode.CONFLICT, "state key \"" + write.key + "\": the lease \""
          + write.under.get().name() + "\" of " + write.under.get().holder() + " is over"));
    }
    if (write.expected != Write.ANY && write.expected != found) {
      return Optional.of(new TidemarkException(ErrorCode.CONFLICT, "state key \"" + write.key + "\": expected version " + write.expected
          + ", found " + found + "; read it again"));
    }
    if (write.kind == JournalFormat.PUT && liveBytes() + write.bytes() > config.bytesMax()) {
      return Optional.of(new TidemarkException(ErrorCode.TOO_LARGE, "state of " + liveBytes() + " bytes: at most " + config.bytesMax()
          + " fit; raise state.size"));
    }
    return Optional.empty();
  }

  private void rewrite() {
    Path outdated = JournalFormat.path(folder, generation);
    begin();
    discard(outdated);
  }

  /// Begins the next generation with all that is durable. The one before stays in force until then.
  private void begin() {
    List<Entry> all;
    synchronized (this) {
      all = List.copyOf(entries.values());
    }
    var next = new JournalWriter(disk, folder, generation + 1, stateVersion);
    next.install(all);
    rewrites.increment();
    generation++;
    JournalWriter before = writer;
    writer = next;
    if (before != null) {
      before.abandon();
    }
  }

  private void giveUp(TidemarkException failure) {
    LOGGER.error("state: write failed, the next one begins a new journal file: {}", failure.getMessage());
    JournalWriter failed = writer;
    writer = null;
    if (failed != null) {
      try {
        failed.abandon();
      } catch (TidemarkException e) {
        LOGGER.warn("state: a failed journal could not be closed: {}", e.getMessage());
      }
    }
  }

  private void show(Decided decided) {
    Write write = decided.write;
    dropPassed();
    Passing passed = passing.remove(write.key);
    liveBytes -= passed == null ? 0 : bytes(passed.entry);
    Entry before = entries.remove(write.key);
    liveBytes -= before == null ? 0 : bytes(before);
    if (write.lifeMillis > 0) {
      var entry = new Entry(write.key, write.value, decided.version);
      long untilNanos = clock.nanos() + write.lifeMillis * 1_000_000;
      nextPassingNanos = passing.isEmpty() || untilNanos - nextPassingNanos < 0 ? untilNanos : nextPassingNanos;
      passing.put(write.key, new Passing(entry, untilNanos));
      liveBytes += bytes(entry);
      return;
    }
    if (write.kind == JournalFormat.PUT) {
      show(new Entry(write.key, write.value, decided.version));
    }
  }

  private void show(Entry entry) {
    entries.put(entry.key(), entry);
    liveBytes += bytes(entry);
  }

  private static long bytes(Entry entry) {
    return entry.key().length() + entry.value().length + ENTRY_BYTES;
  }

  private void proceed() {
    synchronized (this) {
      committing = closing || !queue.isEmpty();
      if (!committing) {
        return;
      }
    }
    startCommit();
  }

  private void answer(Write write, long version, Optional<TidemarkException> refusal) {
    writeSeconds.observeNanos(write.startNanos, clock.nanos());
    try {
      if (refusal.isPresent()) {
        failures.increment();
        write.promise.fail(refusal.get());
      } else {
        write.promise.complete(version);
      }
    } catch (RuntimeException e) {
      LOGGER.error("state: a listener of a write failed", e);
    }
  }

  // ---- leases

  @Override
  public Future<Optional<Lease>> lease(String name, String holder, long lifeMillis) {
    long untilNanos = clock.nanos() + lifeMillis * 1_000_000;
    synchronized (this) {
      if (closing) {
        return refused(ErrorCode.UNAVAILABLE, "the state is closing");
      }
      Held held = leases.get(name);
      if (held != null && held.untilNanos - clock.nanos() > 0) {
        if (!held.lease.holder().equals(holder)) {
          return Future.succeededFuture(Optional.empty());
        }
        leases.put(name, new Held(held.lease, untilNanos));
        return Future.succeededFuture(Optional.of(held.lease));
      }
    }
    // The version of this write is the token: it grows over restarts, and of several that ask at once one wins.
    String key = LEASES + name;
    return get(key).compose(before -> compareAndPut(key, holder.getBytes(StandardCharsets.UTF_8), before.map(Entry::version).orElse(0L)))
        .map(token -> {
          var lease = new Lease(name, holder, token);
          synchronized (this) {
            leases.put(name, new Held(lease, untilNanos));
          }
          return Optional.of(lease);
        }).recover(e -> e instanceof TidemarkException known && known.code() == ErrorCode.CONFLICT
            ? Future.succeededFuture(Optional.empty()) : Future.failedFuture(e));
  }

  private synchronized boolean isHeld(Lease lease) {
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

  // ---- close, numbers

  @Override
  public Future<Void> close() {
    boolean start;
    synchronized (this) {
      if (closing) {
        return closed.future();
      }
      closing = true;
      start = !committing;
      committing = true;
    }
    if (start) {
      startCommit();
    }
    return closed.future();
  }

  private void finish() {
    JournalWriter last = writer;
    writer = null;
    try {
      if (last != null) {
        last.end();
      }
    } catch (TidemarkException e) {
      LOGGER.warn("state: the end mark could not be written: {}", e.getMessage());
    }
    closed.tryComplete();
  }

  private synchronized long queuedBytes() {
    return queuedBytes;
  }

  private synchronized long keys() {
    return entries.size();
  }

  private synchronized long liveBytes() {
    return liveBytes;
  }
}
