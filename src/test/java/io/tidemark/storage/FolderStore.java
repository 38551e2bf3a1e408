package io.tidemark.storage;

import io.tidemark.disk.CrashingDisk;
import io.tidemark.disk.Disk;
import io.tidemark.disk.DiskFile;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.storage.block.Block;
import io.tidemark.storage.block.BlockName;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Executor;

/// An object store for tests: folders of a disk of its own, filled at once by a shard's events. Several storages may share one.
final class FolderStore implements ShardSource {
  final CrashingDisk disk;
  /// The disk that checkpoints are fetched to.
  Disk target;
  /// Where its answers come from.
  Executor threads = Runnable::run;
  /// The next calls fail, as they do when the store is away.
  boolean isAway;

  FolderStore() {
    disk = new CrashingDisk(1);
    target = disk;
  }

  /// The same store as another node sees it, as of now.
  FolderStore(FolderStore other, Disk target) {
    this();
    other.disk.files(Path.of("/store/0")).forEach(path -> disk.put(path, other.disk.content(path)));
    this.target = target;
  }

  /// Copies the files of a storage that works on `from`.
  ShardEvents follow(CrashingDisk from) {
    return new ShardEvents() {
      @Override
      public void sealed(ShardBlocks shard, Block block, List<BlockName> superseded) {
        put(shard.shard(), block.path(), from);
      }

      @Override
      public void checkpointed(int shard, long position, Path file) {
        put(shard, file, from);
      }
    };
  }

  private static Path folder(int shard) {
    return Path.of("/store/" + shard);
  }

  private void put(int shard, Path file, CrashingDisk from) {
    disk.put(folder(shard).resolve(file.getFileName()), from.content(file));
  }

  private <T> Future<T> answer(T value) {
    Promise<T> promise = Promise.promise();
    boolean fails = isAway;
    threads.execute(() -> {
      if (fails) {
        promise.fail(new TidemarkException(ErrorCode.UNAVAILABLE, "the store is away"));
      } else {
        promise.complete(value);
      }
    });
    return promise.future();
  }

  List<Long> checkpoints(int shard) {
    return disk.list(folder(shard)).stream().map(path -> CheckpointFormat.position(path.getFileName().toString()))
        .filter(position -> position >= 0).toList();
  }

  @Override
  public Future<OptionalLong> newestCheckpoint(int shard) {
    return answer(checkpoints(shard).stream().mapToLong(Long::longValue).max());
  }

  @Override
  public Future<Void> fetchCheckpoint(int shard, long position, Path file) {
    if (!isAway) {
      byte[] content = disk.content(folder(shard).resolve(file.getFileName()));
      try (DiskFile copy = target.create(file)) {
        copy.write(ByteBuffer.wrap(content), 0);
        copy.sync();
      }
      target.syncDirectory(file.getParent());
    }
    return answer(null);
  }

  @Override
  public Future<List<Block>> blocks(int shard) {
    var blocks = new ArrayList<Block>();
    var superseded = new HashSet<BlockName>();
    for (BlockName name : Blocks.names(disk, folder(shard))) {
      Block block = Block.open(disk, folder(shard).resolve(name.fileName()), name);
      blocks.add(block);
      superseded.addAll(block.sources());
    }
    blocks.removeIf(block -> superseded.contains(block.name()));
    return answer(blocks);
  }

  @Override
  public Future<Boolean> holds(int shard, Collection<BlockName> blocks) {
    return answer(Blocks.names(disk, folder(shard)).containsAll(blocks));
  }
}
