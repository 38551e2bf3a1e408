package io.tidemark.storage;

import io.tidemark.storage.block.Block;
import io.tidemark.storage.block.BlockName;
import io.tidemark.time.Clock;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentSkipListMap;

/// The damaged blocks of one shard that are out of service. Any thread.
///
/// What is on the disk of it are files whose names end in `.damaged`; a restart finds them. A block is out of service from the call that
/// tells of its damage on, before its file has the other name.
final class Quarantine {
  /// No query takes longer; one that began before a block was repaired may have missed its samples.
  private static final long QUERY_NANOS_MAX = 3_600_000_000_000L;
  private static final int SETTLED_MAX = 1_000;

  /// One block.
  ///
  /// @param place   the file's or object's name
  /// @param file    where the file is once it was put aside; nothing for an object
  /// @param isMoved whether it has that name already
  /// @param samples in the block, -1 when unknown
  record Entry(BlockName name, String place, Optional<Path> file, boolean isMoved, long samples, long sinceMillis, long sinceNanos,
      String reason, List<Damage> damages) {
    boolean isCold() {
      return file.isEmpty();
    }

    Entry moved() {
      return new Entry(name, place, file, true, samples, sinceMillis, sinceNanos, reason, damages);
    }

    Entry with(List<Damage> found) {
      return new Entry(name, place, file, isMoved, samples, sinceMillis, sinceNanos, reason, found);
    }

    boolean overlaps(long fromMillis, long toMillis) {
      return name.startMillis() < toMillis && fromMillis < name.endMillis();
    }

    String missing(int shard) {
      return "shard " + shard + ": samples from " + Instant.ofEpochMilli(name.startMillis()) + " to "
          + Instant.ofEpochMilli(name.endMillis()) + " are missing: " + reason;
    }
  }

  private record Settled(Entry entry, long nanos) {}

  private final Clock clock;
  private final Map<String, Entry> entries = new ConcurrentSkipListMap<>();
  /// Those that were taken out of service, as long as somebody still has them.
  private final Set<Block> blocks = Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));
  /// Whether there was ever one: what each query asks for each block costs nothing before.
  private volatile boolean isUsed;
  private final ArrayDeque<Settled> settled = new ArrayDeque<>();

  Quarantine(Clock clock) {
    this.clock = clock;
  }

  /// Takes a block out of service. Tells whether this is the first to do so.
  boolean add(Block block, Optional<Path> file, String reason) {
    isUsed = true;
    if (!blocks.add(block)) {
      return false;
    }
    put(new Entry(block.name(), block.place(), file, false, block.samples(), clock.millis(), clock.nanos(), reason, List.of()));
    return true;
  }

  /// Takes up a file that was put aside already.
  void add(BlockName name, Path file, String reason) {
    put(new Entry(name, file.resolveSibling(name.fileName()).toString(), Optional.of(file), true, -1, clock.millis(), clock.nanos(),
        reason, List.of()));
  }

  private void put(Entry entry) {
    isUsed = true;
    entries.put(entry.place, entry);
  }

  /// Whether a block is, or was, out of service.
  boolean isUsed() {
    return isUsed;
  }

  /// Whether nobody is to read it.
  boolean has(Block block) {
    return isUsed && blocks.contains(block);
  }

  /// Puts what is known further in the place of what was known, unless that is no more.
  void update(Entry before, Entry after) {
    entries.replace(before.place, before, after);
  }

  Collection<Entry> entries() {
    return entries.values();
  }

  Optional<Entry> find(String place) {
    return Optional.ofNullable(entries.get(place));
  }

  /// The block's samples are read from elsewhere for good, or nobody wants them any more.
  void settle(Entry entry) {
    entries.remove(entry.place, entry);
    synchronized (settled) {
      long now = clock.nanos();
      settled.add(new Settled(entry, now));
      while (settled.size() > SETTLED_MAX || now - settled.peek().nanos > QUERY_NANOS_MAX) {
        settled.poll();
      }
    }
  }

  /// Those that may have been missing in a read that began at a time.
  List<Entry> since(long nanos) {
    var found = new ArrayList<Entry>();
    synchronized (settled) {
      settled.stream().map(Settled::entry).filter(entry -> entry.sinceNanos >= nanos).forEach(found::add);
    }
    return found;
  }
}
