package io.tidemark.storage;

import io.tidemark.disk.Disk;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.storage.block.Block;
import io.tidemark.storage.block.BlockName;
import io.tidemark.storage.block.BlockWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The blocks of one shard: their files, and the lists that queries take.
///
/// Local blocks are files here; cold ones lie elsewhere and are only listed. Methods that touch files block and run on a worker, one at
/// a time; the lists are swapped by the loop and read by any thread.
final class Blocks {
  private static final Logger LOG = LoggerFactory.getLogger(Blocks.class);
  private static final Comparator<Block> OLDER_FIRST = Comparator.comparing(Block::name);

  /// What queries see; each list with the older first. A cold block whose samples lie here is left out, be it as a copy, in a block that
  /// it was merged into, or in all those that were merged into it on another node.
  private record Shown(List<Block> all, List<Block> local, List<Block> cold) {
    static Shown of(Collection<Block> local, Collection<Block> cold) {
      List<Block> here = local.stream().sorted(OLDER_FIRST).toList();
      Set<BlockName> names = here.stream().map(Block::name).collect(Collectors.toSet());
      Set<BlockName> merged = here.stream().flatMap(block -> block.sources().stream()).collect(Collectors.toSet());
      List<Block> there = cold.stream().filter(block -> here.stream().noneMatch(other -> isCopy(block, other)))
          .filter(block -> !merged.contains(block.name()))
          .filter(block -> !areHere(block.sources(), name -> names.contains(name) || merged.contains(name))).sorted(OLDER_FIRST).toList();
      return new Shown(Stream.concat(here.stream(), there.stream()).sorted(OLDER_FIRST).toList(), here, there);
    }

    /// Whether a merged block holds nothing but what lies here in other blocks. A source that was a merge itself counts as here with
    /// its own sources, which are named beside it.
    private static boolean areHere(List<BlockName> sources, Predicate<BlockName> isHere) {
      return !sources.isEmpty() && sources.stream().allMatch(source -> isHere.test(source) || source.level() > 0
          && sources.stream().anyMatch(other -> other.level() == 0 && other.startMillis() >= source.startMillis()
              && other.endMillis() <= source.endMillis()));
    }

    /// Blocks of one name hold the same unless somebody cut windows by hand; then their sizes tell, and both are shown.
    private static boolean isCopy(Block a, Block b) {
      return a.name().equals(b.name()) && a.bytes() == b.bytes() && a.samples() == b.samples();
    }
  }

  private final Disk disk;
  private final Path directory;
  private final ShardMetrics metrics;
  private volatile Shown shown = Shown.of(List.of(), List.of());

  Blocks(Disk disk, Path directory, ShardMetrics metrics) {
    this.disk = disk;
    this.directory = directory;
    this.metrics = metrics;
  }

  /// Opens what is there: deletes left-over temporary files and blocks that a finished compaction superseded, puts damaged ones aside.
  void open() {
    disk.createDirectories(directory);
    for (Path path : disk.list(directory)) {
      String file = path.getFileName().toString();
      if (file.startsWith("block_") && file.endsWith(".tmp")) {
        disk.delete(path);
      }
    }
    var opened = new ArrayList<Block>();
    for (BlockName name : names(disk, directory)) {
      try {
        opened.add(Block.open(disk, directory.resolve(name.fileName()), name));
      } catch (TidemarkException e) {
        if (e.code() != ErrorCode.CORRUPT) {
          throw e;
        }
        quarantine(name, e);
      }
    }
    var superseded = new HashSet<BlockName>();
    opened.forEach(block -> superseded.addAll(block.sources()));
    for (Block block : List.copyOf(opened)) {
      if (superseded.contains(block.name())) {
        opened.remove(block);
        disk.delete(block.path());
      }
    }
    shown = Shown.of(opened, List.of());
  }

  /// The blocks whose files lie in a directory, opened or not.
  static List<BlockName> names(Disk disk, Path directory) {
    return disk.list(directory).stream().flatMap(path -> BlockName.parse(path.getFileName().toString()).stream()).toList();
  }

  /// What queries take, the older first. Any thread.
  List<Block> list() {
    return shown.all;
  }

  /// Any thread.
  List<Block> local() {
    return shown.local;
  }

  /// Any thread.
  List<Block> cold() {
    return shown.cold;
  }

  /// Writes a block and opens it. It names the blocks that it is made of, and what was merged into those: a merge that came and went
  /// quickly leaves its own inputs in the object store, and only the last block can tell that they are needed no more.
  ///
  /// @param from the blocks that the content was read from, none for that of a head
  Block write(BlockName name, List<Block> from, Selection content) {
    List<BlockName> sources = from.stream().flatMap(block -> Stream.concat(Stream.of(block.name()), block.sources().stream())).distinct()
        .sorted().toList();
    Path path = BlockWriter.write(disk, directory, name, sources, content);
    return Block.open(disk, path, name);
  }

  /// Shows a local block to queries in place of others. On the loop.
  void replace(Collection<Block> gone, Block added) {
    var local = new ArrayList<>(shown.local);
    local.removeAll(gone);
    local.removeIf(block -> block.name().equals(added.name()));
    local.add(added);
    shown = Shown.of(local, shown.cold);
  }

  /// Shows cold blocks, unless they are local too. On the loop.
  void show(Collection<Block> cold) {
    var all = new LinkedHashSet<>(shown.cold);
    all.addAll(cold);
    shown = Shown.of(shown.local, all);
  }

  /// Shows a cold block in place of a local one. On the loop.
  void replace(Block local, Block cold) {
    var stays = new ArrayList<>(shown.local);
    stays.remove(local);
    var all = new LinkedHashSet<>(shown.cold);
    all.add(cold);
    shown = Shown.of(stays, all);
  }

  /// Hides blocks from queries, local or cold. On the loop.
  void remove(Collection<Block> gone) {
    shown = Shown.of(shown.local.stream().filter(block -> !gone.contains(block)).toList(),
        shown.cold.stream().filter(block -> !gone.contains(block)).toList());
  }

  /// Deletes files of blocks that no list shows any more.
  void delete(Collection<Block> gone) {
    gone.forEach(block -> disk.delete(block.path()));
  }

  /// Renames a damaged block, so that nobody opens it again, and tells.
  void quarantine(BlockName name, TidemarkException damage) {
    metrics.damagedBlocks.increment();
    LOG.atError().addKeyValue("block", name.fileName()).addKeyValue("reason", damage.getMessage())
        .log("A block is damaged and put aside; the others stay readable");
    Path path = directory.resolve(name.fileName());
    disk.rename(path, directory.resolve(name.fileName() + ".damaged"));
    disk.syncDirectory(directory);
  }

  /// A local block.
  Optional<Block> find(BlockName name) {
    return shown.local.stream().filter(block -> block.name().equals(name)).findFirst();
  }

  long bytes() {
    return shown.local.stream().mapToLong(Block::bytes).sum();
  }

  long samples() {
    return shown.local.stream().mapToLong(Block::samples).sum();
  }
}
