package io.tidemark.storage;

import io.tidemark.disk.Disk;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.storage.block.Block;
import io.tidemark.storage.block.BlockName;
import io.tidemark.storage.block.BlockScrub;
import io.tidemark.storage.block.BlockWriter;
import io.tidemark.time.Clock;
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
  private final Quarantine quarantine;
  private volatile Shown shown = Shown.of(List.of(), List.of());

  Blocks(Disk disk, Path directory, Clock clock, ShardMetrics metrics) {
    this.disk = disk;
    this.directory = directory;
    this.metrics = metrics;
    quarantine = new Quarantine(clock);
  }

  /// Opens what is there: deletes left-over temporary files and blocks that a finished compaction superseded, puts damaged ones aside.
  void open() {
    disk.createDirectories(directory);
    for (Path path : disk.list(directory)) {
      String file = path.getFileName().toString();
      if (file.startsWith("block_") && file.endsWith(".tmp")) {
        disk.delete(path);
      }
      BlockName.parseDamaged(file).ifPresent(name -> quarantine.add(name, path, path + " was put aside as damaged before this start"));
    }
    var opened = new ArrayList<Block>();
    for (BlockName name : names(disk, directory)) {
      try {
        opened.add(Block.open(disk, directory.resolve(name.fileName()), name));
      } catch (TidemarkException e) {
        if (e.code() != ErrorCode.CORRUPT) {
          throw e;
        }
        tell(name.fileName(), e);
        moveAside(name);
        quarantine.add(name, aside(name), e.getMessage());
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

  /// The same, with those whose damaged files were put aside.
  static List<BlockName> namesWithDamaged(Disk disk, Path directory) {
    return disk.list(directory).stream().map(path -> path.getFileName().toString())
        .flatMap(file -> BlockName.parse(file).or(() -> BlockName.parseDamaged(file)).stream()).distinct().toList();
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

  // ---- damaged ones

  Quarantine quarantine() {
    return quarantine;
  }

  private Path aside(BlockName name) {
    return directory.resolve(name.damagedFileName());
  }

  private void tell(String block, TidemarkException damage) {
    metrics.damagedBlocks.increment();
    LOG.atError().addKeyValue("block", block).addKeyValue("reason", damage.getMessage())
        .log("A block is damaged and put aside; the others stay readable");
  }

  /// Takes a damaged block out of service, and tells. Any thread; false when that was done before.
  boolean quarantine(Block block, TidemarkException damage) {
    if (!quarantine.add(block, block.isCold() ? Optional.empty() : Optional.of(aside(block.name())), damage.getMessage())) {
      return false;
    }
    tell(block.name().fileName(), damage);
    return true;
  }

  /// Renames the file of a damaged block, so that nobody opens it again; nothing happens when there is none any more.
  private void moveAside(BlockName name) {
    Path path = directory.resolve(name.fileName());
    if (disk.exists(path)) {
      disk.rename(path, aside(name));
    }
    disk.syncDirectory(directory);
  }

  /// Puts the file of a damaged block aside, unless that was done or another block has its name now, and looks through it.
  Quarantine.Entry inspect(Quarantine.Entry entry) {
    Path file = entry.file().orElseThrow();
    Quarantine.Entry moved = entry;
    if (!entry.isMoved() && find(entry.name()).isEmpty()) {
      moveAside(entry.name());
      moved = entry.moved();
    }
    if (!disk.exists(file)) {
      return moved;
    }
    List<Damage> damages = BlockScrub.damages(disk, file, entry.name());
    return moved.with(damages.isEmpty() ? List.of(Damage.told(entry.reason())) : damages);
  }

  /// Whether queries see the block's samples in another block: a copy, or what it was merged into.
  boolean isCovered(Quarantine.Entry entry) {
    return shown.all.stream().anyMatch(block -> isCopy(block, entry) || block.sources().contains(entry.name()));
  }

  /// Whether a block that merges may use, or one that it was merged into, makes the damaged file useless.
  boolean isReplaced(Quarantine.Entry entry) {
    return shown.local.stream().anyMatch(block -> isCopy(block, entry))
        || shown.all.stream().anyMatch(block -> block.sources().contains(entry.name())) || entry.isCold() && isCovered(entry);
  }

  private boolean isCopy(Block block, Quarantine.Entry entry) {
    return block.name().equals(entry.name()) && !quarantine.has(block) && (entry.samples() < 0 || block.samples() == entry.samples());
  }

  /// Where the file of a damaged block was.
  Path file(BlockName name) {
    return directory.resolve(name.fileName());
  }

  /// Opens a copy that was put in the place of a damaged block, once all of it was read.
  ///
  /// @throws TidemarkException `CORRUPT` when it is damaged too or another block; the file is gone then
  Block openCopy(Quarantine.Entry entry) {
    Path path = file(entry.name());
    try {
      List<Damage> damages = BlockScrub.damages(disk, path, entry.name());
      if (!damages.isEmpty()) {
        throw new TidemarkException(ErrorCode.CORRUPT, path + ": the copy that was fetched is damaged: " + damages.getFirst());
      }
      Block copy = Block.open(disk, path, entry.name());
      if (entry.samples() >= 0 && copy.samples() != entry.samples()) {
        throw new TidemarkException(ErrorCode.CORRUPT, path + ": the copy that was fetched holds " + copy.samples() + " samples, expected "
            + entry.samples());
      }
      return copy;
    } catch (TidemarkException e) {
      if (e.code() == ErrorCode.CORRUPT) {
        disk.delete(path);
        disk.syncDirectory(directory);
      }
      throw e;
    }
  }

  /// Deletes the file of a damaged block, if it has one.
  void deleteAside(Quarantine.Entry entry) {
    entry.file().ifPresent(file -> {
      disk.delete(file);
      disk.syncDirectory(directory);
    });
  }

  /// Whether a block that was put aside is still there; an operator may take it away.
  boolean isAside(Quarantine.Entry entry) {
    return entry.file().isEmpty() || !entry.isMoved() || disk.exists(entry.file().get());
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
