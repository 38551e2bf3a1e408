package io.tidemark.collector.budget;

import io.tidemark.log.SeriesHash;
import io.tidemark.time.Entropy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What was lately found under some bytes: a slot for each hash, which the last one has. One thread.
///
/// @param <T> what is found
public final class Recent<T> {
  private static final SeriesHash HASH = new SeriesHash(Entropy.system());

  private record Entry<T>(byte[] key, T value) {}

  private final List<@Nullable Entry<T>> entries;
  private int count;

  /// @param slots a power of two
  public Recent(int slots) {
    entries = new ArrayList<>(Collections.nCopies(slots, null));
  }

  /// What was put under the bytes `from` to `to`, if nothing has taken its place since.
  public @Nullable T find(byte[] bytes, int from, int to) {
    Entry<T> entry = entries.get(slot(bytes, from, to));
    return entry != null && Arrays.equals(entry.key, 0, entry.key.length, bytes, from, to) ? entry.value : null;
  }

  public void put(byte[] bytes, int from, int to, T value) {
    Entry<T> before = entries.set(slot(bytes, from, to), new Entry<>(Arrays.copyOfRange(bytes, from, to), value));
    count += before == null ? 1 : 0;
  }

  public int count() {
    return count;
  }

  public void clear() {
    Collections.fill(entries, null);
    count = 0;
  }

  private int slot(byte[] bytes, int from, int to) {
    return (int) HASH.low(bytes, from, to) & entries.size() - 1;
  }
}
