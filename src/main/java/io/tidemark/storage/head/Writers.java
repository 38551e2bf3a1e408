package io.tidemark.storage.head;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/// Which series each log writer means by its refs: one dictionary a writer, for its newest epoch. The loop's alone.
final class Writers {
  /// Writers remembered; the one that was silent longest goes first. A process start makes one writer a collecting loop.
  static final int WRITERS_MAX = 1024;

  /// One writer's dictionary: head ref + 1 by writer ref.
  static final class Dictionary {
    final int writer;
    final int epoch;
    /// When the epoch began, by the writer's clock.
    final long startMillis;
    /// The tick in which it was used last.
    long tick;
    int[] refs = new int[64];
    int end;

    Dictionary(int writer, int epoch, long startMillis, long tick) {
      this.writer = writer;
      this.epoch = epoch;
      this.startMillis = startMillis;
      this.tick = tick;
    }

    void define(int writerRef, int ref) {
      if (writerRef >= refs.length) {
        refs = Arrays.copyOf(refs, Math.max(writerRef + 1, refs.length * 2));
      }
      refs[writerRef] = ref + 1;
      end = Math.max(end, writerRef + 1);
    }

    /// The head's ref, or -1.
    int ref(int writerRef) {
      return writerRef < refs.length ? refs[writerRef] - 1 : -1;
    }
  }

  private long tick;
  private final Map<Integer, Dictionary> byWriter = new LinkedHashMap<>(16, 0.75f, true) {
    @Override
    protected boolean removeEldestEntry(Map.Entry<Integer, Dictionary> eldest) {
      return size() > WRITERS_MAX;
    }
  };

  /// The dictionary of a writer's epoch. A later epoch ends the earlier; a record of an ended epoch gets an empty one of its own.
  Dictionary of(int writer, int epoch, long startMillis) {
    Dictionary known = byWriter.get(writer);
    if (known == null || known.epoch < epoch) {
      known = new Dictionary(writer, epoch, startMillis, tick);
      byWriter.put(writer, known);
    }
    known.tick = tick;
    return known.epoch == epoch ? known : new Dictionary(writer, epoch, startMillis, tick);
  }

  /// Begins a new tick and forgets dictionaries that began before `startedBeforeMillis` and were not used for `ticksMax` ticks. Both,
  /// so that neither a jump of a clock nor a quiet writer alone makes samples lose their series.
  void tick(long startedBeforeMillis, long ticksMax) {
    tick++;
    byWriter.values().removeIf(known -> known.startMillis < startedBeforeMillis && tick - known.tick > ticksMax);
  }

  Iterable<Dictionary> all() {
    return byWriter.values();
  }

  int count() {
    return byWriter.size();
  }
}
