package io.tidemark.storage.head;

import io.tidemark.codec.BitWriter;
import io.tidemark.codec.ByteReader;
import io.tidemark.codec.ByteWriter;
import io.tidemark.codec.Slabs;
import io.tidemark.model.Histogram;
import org.jspecify.annotations.Nullable;

/// What a series has in a window besides values: histograms and start times, of its main and its side stream.
///
/// The loop adds, any thread reads; everything is written before the sample that it belongs to is counted.
final class SlotExtras {
  /// One stream's.
  static final class Stream {
    private final Slabs slabs;
    private volatile @Nullable HistogramChain histograms;
    private volatile @Nullable StartRuns starts;

    Stream(Slabs slabs) {
      this.slabs = slabs;
    }

    void add(BitWriter out, int ordinal, @Nullable Histogram histogram, long startMillis) {
      if (histogram != null) {
        HistogramChain chain = histograms;
        if (chain == null) {
          chain = new HistogramChain(slabs);
          histograms = chain;
        }
        chain.add(out, ordinal, histogram);
      }
      if (startMillis != 0) {
        StartRuns runs = starts;
        if (runs == null) {
          runs = new StartRuns();
          starts = runs;
        }
        runs.add(ordinal, startMillis);
      }
    }

    /// Whether the newest sample, with this ordinal, is a histogram. The loop's alone.
    boolean isHistogram(int ordinal) {
      HistogramChain chain = histograms;
      return chain != null && chain.isLast(ordinal);
    }

    /// Whether the newest sample, with this ordinal, is that histogram, or none if it is null, and began then. The loop's alone.
    boolean isLast(int ordinal, @Nullable Histogram histogram, long startMillis) {
      HistogramChain chain = histograms;
      boolean isHistogram = chain != null && chain.isLast(ordinal);
      return isHistogram == (histogram != null) && (!isHistogram || chain.last().equals(histogram)) && start(ordinal) == startMillis;
    }

    HistogramChain.@Nullable Cursor cursor() {
      HistogramChain chain = histograms;
      return chain == null ? null : chain.new Cursor();
    }

    long start(int ordinal) {
      StartRuns runs = starts;
      return runs == null ? 0 : runs.at(ordinal);
    }

    private long bytes() {
      HistogramChain chain = histograms;
      StartRuns runs = starts;
      return 32 + (chain == null ? 0 : chain.bytes()) + (runs == null ? 0 : runs.bytes());
    }

    private FrozenStream freeze() {
      HistogramChain chain = histograms;
      StartRuns runs = starts;
      return new FrozenStream(chain, chain == null ? 0 : chain.count(), runs, runs == null ? 0 : runs.count());
    }

    private void restore(ByteReader in) {
      int entries = in.readCount(0);
      if (entries > 0) {
        var chain = new HistogramChain(slabs);
        chain.restore(in.readCount(0), entries);
        histograms = chain;
      }
      StartRuns runs = StartRuns.read(in);
      starts = runs.count() > 0 ? runs : null;
    }
  }

  private record FrozenStream(@Nullable HistogramChain chain, int entries, @Nullable StartRuns starts, int runs) {
    void write(ByteWriter out, int samples) {
      out.writeVarint(entries);
      if (chain != null && entries > 0) {
        out.writeVarint(chain.firstPiece());
      }
      if (starts == null) {
        out.writeVarint(0);
      } else {
        starts.write(out, runs, samples);
      }
    }
  }

  /// As of one instant.
  record Frozen(int slot, FrozenStream main, FrozenStream side) {
    /// Writes slot, then for main and side stream: histograms, and where they begin if there are any; runs of start times.
    void write(ByteWriter out, int samples, int sideSamples) {
      out.writeVarint(slot);
      main.write(out, samples);
      side.write(out, sideSamples);
    }
  }

  final Stream main;
  final Stream side;

  SlotExtras(Slabs slabs) {
    main = new Stream(slabs);
    side = new Stream(slabs);
  }

  long bytes() {
    return 24 + main.bytes() + side.bytes();
  }

  /// The loop's alone.
  Frozen freeze(int slot) {
    return new Frozen(slot, main.freeze(), side.freeze());
  }

  /// Brings back what {@link Frozen#write} wrote after the slot.
  void restore(ByteReader in) {
    main.restore(in);
    side.restore(in);
  }
}
