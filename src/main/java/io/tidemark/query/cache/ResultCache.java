package io.tidemark.query.cache;

import io.tidemark.storage.Revisions;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Metrics;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// Extents by query, those used last first; the others go when bytes run out. Safe on any thread.
public final class ResultCache {
  /// Share of all bytes that one query may have.
  private static final int ENTRY_SHARE = 4;
  private static final long ENTRY_BYTES = 300;

  /// A query whose steps fall on the same times.
  ///
  /// @param text        the tree as it prints, so that spaces and comments do not matter
  /// @param stepMillis  distance of steps
  /// @param phaseMillis of the steps, modulo their distance
  public record Key(String text, long stepMillis, long phaseMillis, long lookbackMillis) {}

  /// @param revision   changes since then may have touched the extent
  /// @param madeMillis when its newest step was evaluated
  public record Entry(Extent extent, Revisions.Revision revision, long madeMillis) {}

  private final long bytesMax;
  private final Counter evictions;
  /// In the order of use. Guarded by this.
  private final Map<Key, Entry> entries = new LinkedHashMap<>(64, 0.75f, true);
  private long bytes;

  public ResultCache(long bytesMax, Metrics metrics) {
    this.bytesMax = bytesMax;
    evictions = metrics.counter("tidemark_query_cache_evictions_total", "Queries whose steps were let go for want of memory.");
    metrics.gauge("tidemark_query_cache_bytes", "Memory of kept steps of range queries.", this::bytes);
    metrics.gauge("tidemark_query_cache_max_bytes", "query.cache.memory_max.", () -> bytesMax);
    metrics.gauge("tidemark_query_cache_entries", "Range queries of which steps are kept.", this::count);
  }

  private synchronized double bytes() {
    return bytes;
  }

  private synchronized double count() {
    return entries.size();
  }

  public synchronized Optional<Entry> find(Key key) {
    return Optional.ofNullable(entries.get(key));
  }

  /// Keeps an entry in place of the one before, unless it is too large.
  public void put(Key key, Entry entry) {
    Extent extent = entry.extent.compact();
    long more = bytes(key, extent);
    synchronized (this) {
      Entry before = entries.remove(key);
      bytes -= before == null ? 0 : bytes(key, before.extent);
      if (more > bytesMax / ENTRY_SHARE) {
        return;
      }
      entries.put(key, new Entry(extent, entry.revision, entry.madeMillis));
      bytes += more;
      for (Iterator<Map.Entry<Key, Entry>> oldest = entries.entrySet().iterator(); bytes > bytesMax;) {
        Map.Entry<Key, Entry> gone = oldest.next();
        bytes -= bytes(gone.getKey(), gone.getValue().extent);
        oldest.remove();
        evictions.increment();
      }
    }
  }

  private static long bytes(Key key, Extent extent) {
    return ENTRY_BYTES + 2L * key.text.length() + extent.bytes();
  }
}
