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

/// Copies one checkpoint from the store to a file that is whole, or not there. Used once.
final class CheckpointFetch {
  private final ObjectStore store;
  private final Disk disk;
  private final Indexes.Workers workers;
  private final CheckpointObject object;
  private final Path file;
  private final Path temporary;
  private final CRC32C crc = new CRC32C();

  CheckpointFetch(ObjectStore store, Disk disk, Indexes.Workers workers, CheckpointObject object, Path file) {
    this.store = store;
    this.disk = disk;
    this.workers = workers;
    this.object = object;
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
    if (offset >= object.bytes()) {
      return Future.succeededFuture(offset);
    }
    int piece = (int) Math.min(ObjectStore.PIECE_BYTES, object.bytes() - offset);
    return store.read(object.key(), offset, piece).compose(content -> workers.run(() -> {
      crc.update(content);
      try (DiskFile open = disk.open(temporary)) {
        open.write(ByteBuffer.wrap(content), offset);
      }
      return offset + piece;
    })).compose(this::copyFrom);
  }

  private Void publish() {
    if ((int) crc.getValue() != object.checksum()) {
      throw new TidemarkException(ErrorCode.CORRUPT, store.name() + ", object " + object.key() + ": checksum "
          + Integer.toHexString((int) crc.getValue()) + ", expected " + Integer.toHexString(object.checksum()) + "; damaged");
    }
    try (DiskFile open = disk.open(temporary)) {
      open.sync();
    }
    disk.rename(temporary, file);
    disk.syncDirectory(file.getParent());
    return null;
  }
}
