package io.tidemark.storage;

import io.tidemark.disk.Disk;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TimeRange;
import io.tidemark.storage.block.Block;
import io.tidemark.storage.block.BlockName;
import io.tidemark.storage.block.BlockWriter;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/// The downsampled side of one block: what each {@link Resolution} keeps of its series. Safe on any thread; reads may block on the store.
///
/// It is a block like any other, on a time axis with room for several copies of the block's time: each aspect of each resolution lies in a
/// *band* of its own, {@link #BAND_MILLIS} behind the one before. So it has a block's checksums, pages and index, and a reader of one
/// aspect finds its pages together. Its series are those of the block, in the same order. One that a resolution would not make much
/// smaller, or that has histograms or start times, is *left out*: a single mark in a band says so, and readers take the block itself.
///
/// The bytes follow from those of the block and the resolutions alone.
///
/// @param block the companion's own
public record Companion(Block block) {
  /// 273 years, a whole number of days: no block is as long.
  private static final long BAND_MILLIS = 100_000 * 86_400_000L;
  private static final Aspect[] ASPECTS = Aspect.values();
  private static final int RESOLUTIONS = Resolution.values().length - 1;
  /// The first bands are for the marks of what is left out, which are looked for at each read.
  private static final int BANDS = RESOLUTIONS * (1 + ASPECTS.length);
  /// A series stays out when its edges are more than one in so many of its samples.
  private static final int EDGES_SHARE = 3;

  /// What the companion of a block is called inside.
  public static BlockName axis(BlockName of) {
    return new BlockName(of.startMillis(), of.endMillis() + (BANDS - 1) * BAND_MILLIS, of.position(), of.level());
  }

  private static long shift(Resolution resolution, Aspect aspect) {
    return (RESOLUTIONS + (resolution.ordinal() - 1) * ASPECTS.length + aspect.ordinal()) * BAND_MILLIS;
  }

  private static long markShift(Resolution resolution) {
    return (resolution.ordinal() - 1) * BAND_MILLIS;
  }

  /// Writes a block's companion as a file of its own. Reads the whole block; blocks.
  ///
  /// @param resolutions those that are written; of the others everything is left out
  /// @return the file's path
  public static Path write(Disk disk, Path directory, Block of, Set<Resolution> resolutions) {
    return BlockWriter.write(disk, directory, axis(of.name()), List.of(), new Content(of, SeriesMerge.all(List.of(of), TimeRange.ALL),
        resolutions, new Downsampler(), new SampleBuffer()));
  }

  /// The series of a companion that is made now. One thread.
  private record Content(Block of, Selection whole, Set<Resolution> resolutions, Downsampler downsampler, SampleBuffer samples)
      implements Selection {
    @Override
    public int count() {
      return whole.count();
    }

    @Override
    public LabelSet labels(int index) {
      return whole.labels(index);
    }

    @Override
    public void read(int index, SampleBuffer into) {
      into.clear();
      whole.read(index, samples);
      var told = EnumSet.noneOf(Resolution.class);
      for (Resolution resolution : Resolution.values()) {
        if (resolution != Resolution.RAW && isWorthTelling(resolution)) {
          told.add(resolution);
        } else if (resolution != Resolution.RAW) {
          into.add(of.name().startMillis() + markShift(resolution), 0);
        }
      }
      for (Resolution resolution : told) {
        downsampler.take(samples, resolution);
        for (Aspect aspect : ASPECTS) {
          add(downsampler.of(aspect), shift(resolution, aspect), into);
        }
      }
    }

    private boolean isWorthTelling(Resolution resolution) {
      if (!resolutions.contains(resolution) || samples.hasHistograms() || samples.hasStarts()) {
        return false;
      }
      downsampler.take(samples, resolution);
      return downsampler.edges.count * EDGES_SHARE <= samples.count;
    }

    private static void add(SampleBuffer from, long shift, SampleBuffer into) {
      into.reserve(from.count);
      for (int i = 0; i < from.count; i++) {
        into.add(from.timestampsMillis[i] + shift, from.values[i]);
      }
    }

    @Override
    public void close() {
      whole.close();
    }
  }

  /// Whether it can be that of a block, whose series must be its own.
  public boolean fits(Block of) {
    return block.name().equals(axis(of.name())) && block.refsEnd() == of.refsEnd();
  }

  /// Whether it tells of series `ref` of its block.
  boolean tells(int ref, Resolution resolution) {
    long mark = startMillis() + markShift(resolution);
    return !block.has(ref, mark, mark + 1);
  }

  /// About how many samples {@link #read} adds.
  long samples(int ref, Resolution resolution, Aspect aspect, long fromMillis, long toMillis) {
    long shift = shift(resolution, aspect);
    return block.samples(ref, from(fromMillis) + shift, to(toMillis) + shift);
  }

  /// Adds the aspect's samples of series `ref` within `[fromMillis, toMillis)` to `into`, ascending.
  void read(int ref, Resolution resolution, Aspect aspect, long fromMillis, long toMillis, SampleBuffer into) {
    long shift = shift(resolution, aspect);
    int begin = into.count;
    block.read(ref, from(fromMillis) + shift, to(toMillis) + shift, into);
    for (int i = begin; i < into.count; i++) {
      into.timestampsMillis[i] -= shift;
    }
  }

  private long startMillis() {
    return block.name().startMillis();
  }

  private long from(long millis) {
    return Math.max(millis, startMillis());
  }

  private long to(long millis) {
    return Math.min(millis, block.name().endMillis() - (BANDS - 1) * BAND_MILLIS);
  }
}
