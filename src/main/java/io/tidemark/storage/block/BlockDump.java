package io.tidemark.storage.block;

import io.tidemark.codec.ColumnDecoder;
import io.tidemark.disk.Disk;
import io.tidemark.disk.DiskFile;
import io.tidemark.model.TidemarkException;
import io.tidemark.storage.Damage;
import io.tidemark.storage.SampleBuffer;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Consumer;

/// A block's file as text, a line a fact: the footer, every part with its place and whether it is whole, every series with its runs and how
/// their columns are coded. Blocks; one thread.
public final class BlockDump {
  private final Disk disk;
  private final Path path;
  private final Consumer<String> out;

  public BlockDump(Disk disk, Path path, Consumer<String> out) {
    this.disk = disk;
    this.path = path;
    this.out = out;
  }

  /// Writes the lines and tells what is damaged. The series of a damaged block are left out unless `goesOn`; then those come that can be
  /// read, which are none when a section is damaged.
  public List<Damage> run(boolean goesOn, boolean samples) {
    BlockFooter footer = footer();
    out.accept("block " + footer.name());
    out.accept("  from " + Instant.ofEpochMilli(footer.minMillis()) + " to " + Instant.ofEpochMilli(footer.maxMillis()) + ", "
        + footer.seriesCount() + " series, " + footer.samples() + " samples");
    footer.sources().forEach(source -> out.accept("  made of " + source));
    var scrub = new BlockScrub(disk, path, footer.name());
    scrub.step(Long.MAX_VALUE);
    List<Damage> damages = scrub.damages();
    for (BlockPart part : scrub.parts()) {
      String state = damages.stream().filter(damage -> damage.part().equals(part.name())).map(damage -> "DAMAGED, " + damage.found())
          .findFirst().orElse("whole");
      out.accept("  " + part.name() + ": byte " + part.offset() + ", " + part.bytes() + " bytes, crc32c "
          + Integer.toHexString(part.checksum()) + ", " + state);
    }
    if (damages.isEmpty() || goesOn) {
      series(footer.name(), samples);
    }
    return damages;
  }

  private BlockFooter footer() {
    try (DiskFile file = disk.openForRead(path)) {
      int bytes = (int) Math.min(file.bytes(), IndexHeader.END_BYTES);
      var end = new byte[bytes];
      file.read(ByteBuffer.wrap(end), file.bytes() - bytes);
      return BlockFooter.read(path.toString(), MemorySegment.ofArray(end), file.bytes() - bytes);
    }
  }

  private void series(BlockName name, boolean samples) {
    Block block;
    try {
      block = Block.open(disk, path, name);
    } catch (TidemarkException e) {
      out.accept("  series cannot be read: " + e.getMessage());
      return;
    }
    out.accept("  symbols: " + block.symbolCount() + ", label pairs: " + block.pairCount());
    var columns = new Columns(block);
    for (int ref = 0; ref < block.refsEnd(); ref++) {
      out.accept("series " + ref + " " + block.labels(ref));
      int number = ref;
      block.forEachRun(ref, run -> out.accept("  run " + Instant.ofEpochMilli(run.first()) + " to " + Instant.ofEpochMilli(run.last())
          + ", " + run.samples() + " samples; times " + columns.text(run.timesPage(), run.timesAt())
          + (run.areMultiples() ? " multiples" : " differences") + "; values " + columns.text(run.valuesPage(), run.valuesAt()) + " "
          + columns.kind(run.valuesPage(), run.valuesAt())));
      if (samples) {
        samples(block, number);
      }
    }
  }

  private void samples(Block block, int ref) {
    var buffer = new SampleBuffer();
    try {
      block.read(ref, Long.MIN_VALUE, Long.MAX_VALUE, buffer);
    } catch (TidemarkException e) {
      out.accept("  samples cannot be read: " + e.getMessage());
      return;
    }
    for (int i = 0; i < buffer.count; i++) {
      boolean isHistogram = buffer.hasHistograms() && buffer.histograms[i] != null;
      out.accept("  " + buffer.timestampsMillis[i] + " " + (isHistogram ? buffer.histograms[i] : String.valueOf(buffer.values[i]))
          + (buffer.hasStarts() && buffer.startsMillis[i] != 0 ? " from " + buffer.startsMillis[i] : ""));
    }
  }

  /// Where columns begin, to tell how long each is: it ends where the next one in its page begins.
  private static final class Columns {
    private final Block block;
    private final Map<Integer, TreeSet<Integer>> begins = new HashMap<>();

    Columns(Block block) {
      this.block = block;
      for (int ref = 0; ref < block.refsEnd(); ref++) {
        block.forEachRun(ref, run -> {
          begins.computeIfAbsent(run.timesPage(), _ -> new TreeSet<>()).add(run.timesAt());
          begins.computeIfAbsent(run.valuesPage(), _ -> new TreeSet<>()).add(run.valuesAt());
        });
      }
    }

    String text(int page, int at) {
      Integer next = begins.get(page).higher(at);
      int end = next == null ? block.pageBytes(page) - ColumnDecoder.PADDING : next;
      return "page " + page + " at " + at + ", " + (end - at) + " bytes,";
    }

    String kind(int page, int at) {
      try {
        int kind = block.columnKind(page, at);
        return switch (kind) {
          case 0 -> "constant";
          case 4 -> "differences";
          case 5 -> "differences of differences";
          case BlockFormat.PACKED -> "packed";
          default -> kind >= 16 && kind < 20 ? "histograms or start times" : "kind " + kind;
        };
      } catch (TidemarkException e) {
        return "cannot be read: " + e.getMessage();
      }
    }
  }
}
