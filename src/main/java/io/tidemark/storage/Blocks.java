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
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The blocks of one shard: their files, and the list that queries take.
///
/// Methods that touch files block and run on a worker, one at a time; the list is swapped by the loop and read by any thread.
final class Blocks {
  private static final Logger LOG = LoggerFactory.getLogger(Blocks.class);
  private static final Comparator<Block> OLDER_FIRST = Comparator.comparing(Block::name);

  private final Disk disk;
  private final Path directory;
  private final ShardMetrics metrics;
  /// The older first.
  private volatile List<Block> list = List.of();

  Blocks(Disk disk, Path directory, ShardMetrics metrics) {
    this.disk = disk;
    this.directory = directory;
    this.metrics = metrics;
  }

  /// Opens what is there: deletes left-over temporary files and blocks that a finished compaction superseded, puts damaged ones aside.
  void open() {
    disk.createDirectories(directory);
    var names = new ArrayList<BlockName>();
    for (Path path : disk.list(directory)) {
      String file = path.getFileName().toString();
      BlockName.parse(file).ifPresent(names::add);
      if (file.startsWith("block_") && file.endsWith(".tmp")) {
        disk.delete(path);
      }
    }
    var opened = new ArrayList<Block>();
    for (BlockName name : names) {
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
    opened.sort(OLDER_FIRST);
    list = List.copyOf(opened);
  }

  /// Any thread.
  List<Block> list() {
    return list;
  }

  /// Writes a block and opens it.
  Block write(BlockName name, List<BlockName> sources, Selection content) {
    Path path = BlockWriter.write(disk, directory, name, sources, content);
    return Block.open(disk, path, name);
  }

  /// Shows a block to queries in place of others. On the loop.
  void replace(Collection<Block> gone, Block added) {
    var next = new ArrayList<>(list);
    next.removeAll(gone);
    next.removeIf(block -> block.name().equals(added.name()));
    next.add(added);
    next.sort(OLDER_FIRST);
    list = List.copyOf(next);
  }

  /// Hides blocks from queries. On the loop.
  void remove(Collection<Block> gone) {
    var next = new ArrayList<>(list);
    next.removeAll(gone);
    list = List.copyOf(next);
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

  Optional<Block> find(BlockName name) {
    return list.stream().filter(block -> block.name().equals(name)).findFirst();
  }

  long bytes() {
    return list.stream().mapToLong(Block::bytes).sum();
  }

  long samples() {
    return list.stream().mapToLong(Block::samples).sum();
  }
}
