package io.tidemark.storage.tier;

import io.tidemark.disk.Disk;
import io.tidemark.disk.DiskFile;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.objects.ObjectStore;
import io.tidemark.storage.block.Block;
import io.tidemark.storage.block.IndexHeader;
import io.vertx.core.Future;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The index headers on the local disk: opens them, and fetches those that are missing or damaged.
///
/// Methods named with a verb alone block and run on a worker; those that give a future run anywhere.
final class Indexes {
  private static final Logger LOG = LoggerFactory.getLogger(Indexes.class);
  private static final int PIECE_BYTES = ObjectStore.PIECE_BYTES;

  /// Runs blocking work on a worker.
  interface Workers {
    <T> Future<T> run(Callable<T> work);
  }

  /// A cold block, ready to be read.
  ///
  /// @param isReadBack see {@link IndexHeader#isReadBack}
  record Opened(BlockObject object, Block block, boolean isReadBack) {}

  private final ObjectStore store;
  private final Path directory;
  private final Disk disk;
  private final Workers workers;
  private final PageCache cache;
  private final ColdMetrics metrics;
  private final Consumer<BlockObject> whenMissing;

  /// @param directory   where the shards' folders of index headers are
  /// @param whenMissing told of an object that a reader found gone; on the reader's thread
  Indexes(ObjectStore store, Path directory, Disk disk, Workers workers, PageCache cache, ColdMetrics metrics,
      Consumer<BlockObject> whenMissing) {
    this.store = store;
    this.directory = directory;
    this.disk = disk;
    this.workers = workers;
    this.cache = cache;
    this.metrics = metrics;
    this.whenMissing = whenMissing;
  }

  Path folder(int shard) {
    return directory.resolve(BlockObject.folder(shard).replace("/", ""));
  }

  private Path path(BlockObject object) {
    return folder(object.shard()).resolve(object.indexFileName());
  }

  /// The objects whose index headers lie here; left-over temporary files are deleted.
  List<BlockObject> list(int shard) {
    var found = new ArrayList<BlockObject>();
    for (Path path : disk.list(folder(shard))) {
      String file = path.getFileName().toString();
      if (file.endsWith(".tmp")) {
        disk.delete(path);
      }
      BlockObject.parseIndex(shard, file).ifPresent(found::add);
    }
    return found;
  }

  /// Opens a block by its index header here.
  ///
  /// @throws TidemarkException `NOT_FOUND`, `CORRUPT` or `NOT_SUPPORTED` when it has to be fetched
  Opened open(BlockObject object) {
    IndexHeader header = IndexHeader.open(disk, path(object));
    if (header.checksum() != object.checksum()) {
      throw new TidemarkException(ErrorCode.CORRUPT, header.path() + ": the index of a block with checksum "
          + Integer.toHexString(header.checksum()) + ", its name says another");
    }
    var whole = new BlockObject(object.shard(), object.name(), object.of(), object.checksum(), header.blockBytes());
    String source = store.name() + ", object " + object.key();
    return new Opened(whole, Block.openCold(header, source, object.innerName(),
        pages -> new ColdPages(whole, store, cache, pages, () -> whenMissing.accept(whole))), header.isReadBack());
  }

  /// Opens a block by its index header, which is fetched if need be. `CORRUPT` is the object's damage.
  Future<Opened> openOrFetch(BlockObject object) {
    return workers.run(() -> open(object)).recover(failure -> {
      ErrorCode code = failure instanceof TidemarkException known ? known.code() : ErrorCode.INTERNAL;
      if (code != ErrorCode.NOT_FOUND && code != ErrorCode.CORRUPT && code != ErrorCode.NOT_SUPPORTED) {
        return Future.failedFuture(failure);
      }
      if (code != ErrorCode.NOT_FOUND) {
        LOG.atWarn().addKeyValue("object", object.key()).addKeyValue("reason", failure.getMessage())
            .log("An index header is of no use and fetched again");
      }
      return fetch(object);
    });
  }

  private Future<Opened> fetch(BlockObject object) {
    metrics.indexFetches.increment();
    String source = store.name() + ", object " + object.key();
    int end = (int) Math.min(IndexHeader.END_BYTES, object.bytes());
    if (end < IndexHeader.BEGIN_BYTES) {
      return Future.failedFuture(new TidemarkException(ErrorCode.CORRUPT, source + ": a block of " + end + " bytes; it was cut"));
    }
    return store.read(object.key(), 0, IndexHeader.BEGIN_BYTES).compose(begin -> {
      IndexHeader.checkBegin(source, begin);
      return store.read(object.key(), object.bytes() - end, end);
    }).compose(tail -> {
      long offset = IndexHeader.indexOffset(source, tail, object.bytes());
      var index = new byte[(int) (object.bytes() - offset)];
      int known = Math.min(tail.length, index.length);
      System.arraycopy(tail, tail.length - known, index, index.length - known, known);
      return fill(object, offset, index, 0, index.length - known);
    }).compose(index -> workers.run(() -> {
      write(object, false, index);
      try {
        return open(object);
      } catch (TidemarkException e) {
        // What is whole here does not fit itself: the object is damaged, and its index must not be found again.
        disk.delete(path(object));
        throw e;
      }
    }));
  }

  /// Reads the part of the index that the first read did not reach.
  private Future<byte[]> fill(BlockObject object, long offset, byte[] index, int at, int end) {
    if (at == end) {
      return Future.succeededFuture(index);
    }
    int piece = Math.min(PIECE_BYTES, end - at);
    return store.read(object.key(), offset + at, piece).compose(content -> {
      System.arraycopy(content, 0, index, at, piece);
      return fill(object, offset, index, at + piece, end);
    });
  }

  private void write(BlockObject object, boolean isReadBack, byte[] index) {
    disk.createDirectories(folder(object.shard()));
    IndexHeader.write(disk, path(object), object.bytes(), object.checksum(), isReadBack, index);
  }

  /// Writes the index header of an object that was read back, from the equal block here.
  Opened writeReadBack(BlockObject object, Block local) {
    try (DiskFile file = disk.openForRead(local.path())) {
      byte[] end = read(file, local, object.bytes() - Math.min(IndexHeader.END_BYTES, object.bytes()));
      byte[] index = read(file, local, IndexHeader.indexOffset(local.path().toString(), end, object.bytes()));
      write(object, true, index);
    }
    return open(object);
  }

  private static byte[] read(DiskFile file, Block local, long offset) {
    var bytes = new byte[(int) (local.bytes() - offset)];
    int n = file.read(ByteBuffer.wrap(bytes), offset);
    if (n < bytes.length) {
      throw new TidemarkException(ErrorCode.CORRUPT, local.path() + ": expected " + bytes.length + " bytes from byte " + offset
          + " on, found " + n);
    }
    return bytes;
  }

  void delete(BlockObject object) {
    disk.delete(path(object));
  }

  /// Deletes all index headers of a shard.
  void deleteAll(int shard) {
    disk.list(folder(shard)).forEach(disk::delete);
    disk.delete(folder(shard));
  }
}
