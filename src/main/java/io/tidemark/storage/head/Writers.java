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
    int[] refs = new int[64];
    int end;

    Dictionary(int writer, int epoch) {
      this.writer = writer;
      this.epoch = epoch;
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

  private final Map<Integer, Dictionary> byWriter = new LinkedHashMap<>(16, 0.75f, true) {
    @Override
    protected boolean removeEldestEntry(Map.Entry<Integer, Dictionary> eldest) {
      return size() > WRITERS_MAX;
    }
  };

  /// The dictionary of a writer's epoch. A later epoch ends the earlier; a record of an ended epoch gets an empty one of its own.
  Dictionary of(int writer, int epoch) {
    Dictionary known = byWriter.get(writer);
    if (known == null || known.epoch < epoch) {
      known = new Dictionary(writer, epoch);
      byWriter.put(writer, known);
    }
    return known.epoch == epoch ? known : new Dictionary(writer, epoch);
  }

  Iterable<Dictionary> all() {
    return byWriter.values();
  }

  int count() {
    return byWriter.size();
  }
}
