package io.tidemark.storage.head;

import io.tidemark.codec.ChunkDecoder;
import io.tidemark.codec.Slabs;
import io.tidemark.model.Histogram;
import io.tidemark.storage.SampleBuffer;
import io.tidemark.storage.Samples;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Which slots of a window have more than values, and how those are read: the streams that {@link Window} describes, together with the
/// histograms and start times of their samples.
///
/// The loop makes, any thread reads; what a slot has is published before the sample that it belongs to is counted.
final class WindowExtras {
  private final Slabs slabs;
  /// By slot, null for most; shorter than the slots.
  private volatile @Nullable SlotExtras[] bySlot = new SlotExtras[0];

  WindowExtras(Slabs slabs) {
    this.slabs = slabs;
  }

  @Nullable SlotExtras of(int slot) {
    @Nullable SlotExtras[] all = bySlot;
    return slot < all.length ? all[slot] : null;
  }

  /// Those of a slot, made if there are none. The loop's alone.
  SlotExtras make(int slot) {
    @Nullable SlotExtras[] all = bySlot;
    if (slot >= all.length) {
      all = Arrays.copyOf(all, Math.max(slot + 1, all.length * 2));
    }
    SlotExtras some = all[slot];
    if (some == null) {
      some = new SlotExtras(slabs);
      all[slot] = some;
      bySlot = all;
    }
    return some;
  }

  long bytes() {
    long bytes = 0;
    for (SlotExtras some : bySlot) {
      bytes += 8 + (some == null ? 0 : some.bytes());
    }
    return bytes;
  }

  /// Of all slots that have some, as of this instant. The loop's alone.
  List<SlotExtras.Frozen> freeze() {
    var frozen = new ArrayList<SlotExtras.Frozen>();
    @Nullable SlotExtras[] all = bySlot;
    for (int slot = 0; slot < all.length; slot++) {
      SlotExtras some = all[slot];
      if (some != null) {
        frozen.add(some.freeze(slot));
      }
    }
    return frozen;
  }

  /// Adds the samples of a main stream within `[fromMillis, toMillis)`.
  ///
  /// @param decoder    has the slot's tail
  /// @param firstPiece means something when `count` is above 0
  void readMain(SlotExtras.Stream stream, ChunkDecoder decoder, int firstPiece, int count, long fromMillis, long toMillis,
      SampleBuffer into) {
    var timestamps = new long[Window.CHUNK_SAMPLES];
    var values = new double[Window.CHUNK_SAMPLES];
    HistogramChain.Cursor cursor = stream.cursor();
    int piece = firstPiece;
    for (int first = 0; first < count && decoder.firstTimestamp(piece) < toMillis; first += Window.CHUNK_SAMPLES) {
      int next = count - first > Window.CHUNK_SAMPLES ? decoder.nextChunk(piece) : -1;
      if (next < 0 || decoder.firstTimestamp(next) > fromMillis) {
        int n = Math.min(count - first, Window.CHUNK_SAMPLES);
        decoder.decode(piece, n, timestamps, values, 0);
        for (int i = 0; i < n; i++) {
          if (timestamps[i] >= fromMillis && timestamps[i] < toMillis) {
            add(into, timestamps[i], values[i], stream, cursor, first + i);
          }
        }
      }
      piece = next;
    }
  }

  private static void add(SampleBuffer into, long timestamp, double value, SlotExtras.Stream stream,
      HistogramChain.@Nullable Cursor cursor, int ordinal) {
    Histogram histogram = cursor == null ? null : cursor.at(ordinal);
    if (histogram == null) {
      into.add(timestamp, value);
    } else {
      into.add(timestamp, histogram);
    }
    long start = stream.start(ordinal);
    if (start != 0) {
      into.startLast(start);
    }
  }

  /// Merges the samples of a side stream into those of `into` from `begin` on.
  ///
  /// @param firstPiece means something when `count` is above 0
  void mergeSide(SlotExtras.Stream stream, int firstPiece, int count, long fromMillis, long toMillis, SampleBuffer into, int begin) {
    if (count == 0) {
      return;
    }
    var side = new SampleBuffer();
    HistogramChain.Cursor cursor = stream.cursor();
    int piece = firstPiece;
    boolean followsOn = false;
    for (int i = 0; i < count; i++) {
      int within = i % Window.SIDE_PAIRS;
      if (i > 0 && within == 0) {
        piece = (int) slabs.word(piece, 0);
      }
      long timestamp = slabs.word(piece, 1 + within * 2);
      boolean isWithin = timestamp >= fromMillis && timestamp < toMillis;
      if (isWithin) {
        add(side, timestamp, Double.longBitsToDouble(slabs.word(piece, 2 + within * 2)), stream, cursor, i);
        if (!followsOn) {
          side.forgetReset(side.count - 1);
        }
      }
      followsOn = isWithin;
    }
    Samples.sortLastWins(side);
    Samples.mergeNewer(into, begin, side);
  }
}
