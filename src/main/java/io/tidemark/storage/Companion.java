package io.tidemark.storage;

import io.tidemark.disk.Disk;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TimeRange;
import io.tidemark.storage.block.Block;
import io.tidemark.storage.block.BlockName;
import io.tidemark.storage.block.BlockWriter;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

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
  /// Those that have a band; the ends lie among the edges.
  private static final List<Aspect> ASPECTS = List.of(Aspect.EDGES, Aspect.COUNT, Aspect.SUM, Aspect.MIN, Aspect.MAX);
  private static final List<Resolution> LOWER = List.of(Resolution.FIVE_MINUTES, Resolution.HOUR);
  private static final int RESOLUTIONS = LOWER.size();
  /// The first bands are for the marks of what is left out, and of what has no edges but the ends: they are looked for at each read.
  private static final int MARKS = 2 * RESOLUTIONS;
  private static final int BANDS = MARKS + RESOLUTIONS * ASPECTS.size();
  /// Only the ends are kept when the edges are more than one in so many of the samples, and the series stays out when the ends are.
  private static final int EDGES_SHARE = 3;

  /// What the companion of a block is called inside.
  public static BlockName axis(BlockName of) {
    return new BlockName(of.startMillis(), of.endMillis() + (BANDS - 1) * BAND_MILLIS, of.position(), of.level());
  }

  private static long shift(Resolution resolution, Aspect aspect) {
    int band = ASPECTS.indexOf(aspect == Aspect.ENDS ? Aspect.EDGES : aspect);
    return (MARKS + (resolution.ordinal() - 1) * ASPECTS.size() + band) * BAND_MILLIS;
  }

  private static long leftOutShift(Resolution resolution) {
    return (resolution.ordinal() - 1) * BAND_MILLIS;
  }

  private static long endsOnlyShift(Resolution resolution) {
    return (RESOLUTIONS + resolution.ordinal() - 1) * BAND_MILLIS;
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
      Map<Resolution, Aspect> told = new EnumMap<>(Resolution.class);
      for (Resolution resolution : LOWER) {
        whatIsTold(resolution).ifPresent(aspect -> told.put(resolution, aspect));
      }
      for (Resolution resolution : LOWER) {
        mark(!told.containsKey(resolution), leftOutShift(resolution), into);
      }
      for (Resolution resolution : LOWER) {
        mark(told.get(resolution) == Aspect.ENDS, endsOnlyShift(resolution), into);
      }
      told.forEach((resolution, edges) -> {
        downsampler.take(samples, resolution, edges);
        for (Aspect aspect : ASPECTS) {
          add(downsampler.of(aspect), shift(resolution, aspect), into);
        }
      });
    }

    private void mark(boolean isSet, long shift, SampleBuffer into) {
      if (isSet) {
        into.add(of.name().startMillis() + shift, 0);
      }
    }

    /// The edges or the ends, whichever makes the series much smaller.
    private Optional<Aspect> whatIsTold(Resolution resolution) {
      if (!resolutions.contains(resolution) || samples.hasHistograms() || samples.hasStarts()) {
        return Optional.empty();
      }
      return Stream.of(Aspect.EDGES, Aspect.ENDS).filter(edges -> {
        downsampler.take(samples, resolution, edges);
        return downsampler.edges.count * EDGES_SHARE <= samples.count;
      }).findFirst();
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

  /// Whether it tells this aspect of series `ref` of its block.
  boolean tells(int ref, Resolution resolution, Aspect aspect) {
    return !hasMark(ref, leftOutShift(resolution)) && (aspect != Aspect.EDGES || !hasMark(ref, endsOnlyShift(resolution)));
  }

  private boolean hasMark(int ref, long shift) {
    long mark = startMillis() + shift;
    return block.has(ref, mark, mark + 1);
  }

  /// About how many samples {@link #read} adds.
  long samples(int ref, Resolution resolution, Aspect aspect, long fromMillis, long toMillis) {
    long shift = shift(resolution, aspect);
    return block.samples(ref, from(fromMillis) + shift, to(toMillis) + shift);
  }

  /// Adds the aspect's samples of series `ref` within `[fromMillis, toMillis)` to `into`, ascending.
  ///
  /// @return false when it does not tell this aspect of the series; nothing is added then
  boolean read(int ref, Resolution resolution, Aspect aspect, long fromMillis, long toMillis, SampleBuffer into) {
    return new Walk(ref).read(resolution, aspect, from(fromMillis), to(toMillis), into);
  }

  /// Adds the edges, or the ends, of series `ref` within `[fromMillis, toMillis)` to `into`, and to `counts`, at the same times, how many
  /// samples each of them stands for.
  ///
  /// @return false when it does not tell them; nothing is added then
  boolean readCounted(int ref, Resolution resolution, Aspect edges, long fromMillis, long toMillis, SampleBuffer into,
      SampleBuffer counts) {
    int begin = into.count;
    var walk = new Walk(ref);
    if (!walk.read(resolution, edges, from(fromMillis), to(toMillis), into)) {
      return false;
    }
    if (into.count > begin) {
      walk.readCounts(shift(resolution, Aspect.COUNT) - shift(resolution, edges), into, begin, counts);
    }
    return true;
  }

  /// One way through the runs of a series: past the marks to the band of an aspect, and on to that of the counts. One thread.
  private final class Walk {
    private final Block.Run run;
    private boolean isThere;
    /// When the first run begins that was read from, and how many of its samples are before the wanted ones.
    private long firstMillis;
    private int skipped;

    Walk(int ref) {
      run = block.runs(ref);
      isThere = run.next();
    }

    /// @return false at a mark that says that the aspect is not told
    boolean read(Resolution resolution, Aspect aspect, long fromMillis, long toMillis, SampleBuffer into) {
      long shift = shift(resolution, aspect);
      for (; isThere && run.lastMillis() < fromMillis + shift; isThere = run.next()) {
        long band = run.firstMillis() - startMillis();
        if (band == leftOutShift(resolution) || aspect == Aspect.EDGES && band == endsOnlyShift(resolution)) {
          return false;
        }
      }
      int begin = into.count;
      firstMillis = isThere ? run.firstMillis() : 0;
      for (; isThere && run.firstMillis() < toMillis + shift; isThere = run.next()) {
        int before = run.read(fromMillis + shift, toMillis + shift, into);
        skipped = run.firstMillis() == firstMillis ? before : skipped;
      }
      for (int i = begin; i < into.count; i++) {
        into.timestampsMillis[i] -= shift;
      }
      return true;
    }

    /// Adds the counts of the edges that were read. Their times are those of the edges, a band later, and so cut into the same runs: only
    /// the values are read.
    ///
    /// @param edges from index `begin` on
    void readCounts(long bandsMillis, SampleBuffer edges, int begin, SampleBuffer into) {
      while (isThere && run.firstMillis() < firstMillis + bandsMillis) {
        isThere = run.next();
      }
      if (!isThere || run.firstMillis() != firstMillis + bandsMillis) {
        throw run.corrupt("edges at " + firstMillis + " without counts");
      }
      int left = edges.count - begin;
      into.reserve(left);
      System.arraycopy(edges.timestampsMillis, begin, into.timestampsMillis, into.count, left);
      for (int from = skipped; left > 0; from = 0, isThere = run.next()) {
        int count = Math.min(left, run.samples() - from);
        if (!isThere || count <= 0) {
          throw run.corrupt(left + " edges without counts");
        }
        run.readValues(from, from + count, into);
        left -= count;
      }
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
