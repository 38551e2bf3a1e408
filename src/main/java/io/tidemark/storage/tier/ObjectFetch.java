package io.tidemark.storage.tier;

import io.tidemark.disk.Disk;
import io.tidemark.disk.DiskFile;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.objects.ObjectStore;
import io.vertx.core.Future;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/// Copies one object from the store to a file that is whole, or not there. Used once.
final class ObjectFetch {
  private final ObjectStore store;
  private final Disk disk;
  private final Indexes.Workers workers;
  private final String key;
  private final long bytes;
  private final int checksum;
  private final Path file;
  private final Path temporary;
  private final CRC32C crc = new CRC32C();

  /// @param bytes    that the object has
  /// @param checksum its crc32c
  ObjectFetch(ObjectStore store, Disk disk, Indexes.Workers workers, String key, long bytes, int checksum, Path file) {
    this.store = store;
    this.disk = disk;
    this.workers = workers;
    this.key = key;
    this.bytes = bytes;
    this.checksum = checksum;
    this.file = file;
    temporary = file.resolveSibling(file.getFileName() + ".tmp");
  }

  Future<Void> run() {
    return workers.run(() -> {
      disk.createDirectories(file.getParent());
      disk.delete(temporary);
      disk.create(temporary).close();
      return 0L;
    }).compose(this::copyFrom).compose(_ -> workers.run(this::publish)).recover(failure -> workers.run(() -> {
      disk.delete(temporary);
      return null;
    }).transform(_ -> Future.failedFuture(failure)));
  }

  private Future<Long> copyFrom(long offset) {
    if (offset >= bytes) {
      return Future.succeededFuture(offset);
    }
    int piece = (int) Math.min(ObjectStore.PIECE_BYTES, bytes - offset);
    return store.read(key, offset, piece).compose(content -> workers.run(() -> {
      crc.update(content);
      try (DiskFile open = disk.open(temporary)) {
        open.write(ByteBuffer.wrap(content), offset);
      }
      return offset + piece;
    })).compose(this::copyFrom);
  }

  private Void publish() {
    if ((int) crc.getValue() != checksum) {
      throw new TidemarkException(ErrorCode.CORRUPT, store.name() + ", object " + key + ": checksum "
          + Integer.toHexString((int) crc.getValue()) + ", expected " + Integer.toHexString(checksum) + "; damaged");
    }
    try (DiskFile open = disk.open(temporary)) {
      open.sync();
    }
    disk.rename(temporary, file);
    disk.syncDirectory(file.getParent());
    return null;
  }
}
