package io.tidemark.storage.head;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/// Which series each log writer means by its refs: one dictionary a writer, for its newest epoch. The loop's alone.
///
/// What is remembered is a function of the log: time goes on here by {@link #tick}, which the head calls as the times in the log go on.
final class Writers {
  /// Writers remembered; the one that was silent longest goes first. A process start makes one writer a collecting loop.
  static final int WRITERS_MAX = 1024;

  /// One writer's dictionary: head ref + 1 by writer ref.
  final class Dictionary {
    final int writer;
    final int epoch;
    /// When the epoch began, by the writer's clock.
    final long startMillis;
    /// The tick in which it was used last.
    private long usedTick;
    private boolean isRemembered;
    int[] refs = new int[64];
    int end;

    Dictionary(int writer, int epoch, long startMillis) {
      this.writer = writer;
      this.epoch = epoch;
      this.startMillis = startMillis;
      usedTick = tick;
    }

    void define(int writerRef, int ref) {
      if (writerRef >= refs.length) {
        refs = Arrays.copyOf(refs, Math.max(writerRef + 1, refs.length + (refs.length >> 2)));
      }
      refs[writerRef] = ref + 1;
      end = Math.max(end, writerRef + 1);
      if (isRemembered) {
        count(ref, 1);
      }
    }

    /// The head's ref, or -1.
    int ref(int writerRef) {
      return writerRef < refs.length ? refs[writerRef] - 1 : -1;
    }

    /// Ticks since it was used last.
    long silentTicks() {
      return tick - usedTick;
    }

    private void remember() {
      isRemembered = true;
      byWriter.put(writer, this);
    }

    private void forget() {
      for (int i = 0; i < end; i++) {
        if (refs[i] > 0) {
          count(refs[i] - 1, -1);
        }
      }
    }
  }

  private long tick;
  /// How many dictionaries name a series, by ref; no more than {@link #WRITERS_MAX} and the one that comes before one goes.
  private short[] named = new short[64];
  private final Map<Integer, Dictionary> byWriter = new LinkedHashMap<>(16, 0.75f, true) {
    @Override
    protected boolean removeEldestEntry(Map.Entry<Integer, Dictionary> eldest) {
      if (size() <= WRITERS_MAX) {
        return false;
      }
      eldest.getValue().forget();
      return true;
    }
  };

  private void count(int ref, int change) {
    if (ref >= named.length) {
      named = Arrays.copyOf(named, Math.max(ref + 1, named.length + (named.length >> 2)));
    }
    named[ref] += (short) change;
  }

  /// Whether a writer may still name the series without its labels.
  boolean isNamed(int ref) {
    return ref < named.length && named[ref] > 0;
  }

  /// The dictionary of a writer's epoch. A later epoch ends the earlier; a record of an ended epoch gets an empty one of its own. Two
  /// writers that drew the same number are told apart by when their epochs began: the later record counts.
  Dictionary of(int writer, int epoch, long startMillis) {
    Dictionary known = byWriter.get(writer);
    if (known == null || known.epoch < epoch || known.epoch == epoch && known.startMillis != startMillis) {
      if (known != null) {
        known.forget();
      }
      known = new Dictionary(writer, epoch, startMillis);
      known.remember();
    }
    known.usedTick = tick;
    return known.epoch == epoch ? known : new Dictionary(writer, epoch, startMillis);
  }

  /// The dictionary of a writer that was silent for some ticks, as a checkpoint tells.
  Dictionary restore(int writer, int epoch, long startMillis, long silentTicks) {
    Dictionary dictionary = of(writer, epoch, startMillis);
    dictionary.usedTick = tick - silentTicks;
    return dictionary;
  }

  /// Begins a new tick and forgets dictionaries that began before `startedBeforeMillis` and were not used for `ticksMax` ticks. Both,
  /// so that neither a jump of a clock nor a quiet writer alone makes samples lose their series.
  void tick(long startedBeforeMillis, long ticksMax) {
    tick++;
    byWriter.values().removeIf(known -> {
      boolean isGone = known.startMillis < startedBeforeMillis && known.silentTicks() > ticksMax;
      if (isGone) {
        known.forget();
      }
      return isGone;
    });
  }

  Iterable<Dictionary> all() {
    return byWriter.values();
  }
}
