package io.tidemark.objects;

import io.tidemark.codec.Checksum;
import io.tidemark.disk.Disk;
import io.tidemark.guard.Guards;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.objects.directory.DirectoryStore;
import io.tidemark.objects.s3.S3Store;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Entropy;
import io.tidemark.time.Timers;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.zip.CRC32C;

/// Large immutable things by key. Any thread; no call blocks.
///
/// A key is folders and a name, such as `shard-0003/block-7.tmb`, see {@link ObjectKey}; a prefix is the beginning of keys. Failures are
/// `TidemarkException`s that name the store and the key: `NOT_FOUND` for an object that is not there; `CORRUPT` for one that is shorter
/// than asked for; `UNAVAILABLE`, `TIMEOUT` or `RATE_LIMITED` when the store is away, slow or refuses; of a directory also those of the
/// {@link Disk}. Calls beyond what may wait fail with `UNAVAILABLE` at once. Every call is harmless to make again.
public interface ObjectStore {
  /// Most objects that one page of a list names.
  int PAGE_OBJECTS_MAX = 1000;
  /// Bytes that {@link #checksum} reads at a time.
  int PIECE_BYTES = 4 << 20;

  /// What whoever opens a store knows of it.
  enum Known {
    /// Nothing: it may be new.
    NOTHING,
    /// That it has been used: objects were put there. A directory that does not show it is one that is not mounted.
    USED
  }

  /// What a put found.
  enum Put {
    /// Nothing: the object is there now.
    CREATED,
    /// An object of that key, which was left as it is. Whether it has the same content is for the caller to compare.
    PRESENT
  }

  /// Makes `file` the object `key` unless there is one. It is whole and durable when this completes; until then nobody sees it.
  ///
  /// Two processes that put one key into one directory at the same moment may both be told `CREATED`, and the later file stays; so a
  /// key should name its content.
  ///
  /// @param file on `disk`; must not change meanwhile
  Future<Put> putIfAbsent(String key, Disk disk, Path file);

  /// Exactly `bytes` bytes (0 or more) from byte `offset` on.
  Future<byte[]> read(String key, long offset, int bytes);

  /// The object's size.
  Future<StoredObject> head(String key);

  /// The objects whose keys begin with `prefix`, ascending by key, beginning behind `after` (empty for the first page).
  ///
  /// @param max 1 to {@link #PAGE_OBJECTS_MAX}
  Future<ObjectPage> list(String prefix, String after, int max);

  /// Removes an object; nothing happens when it is not there.
  Future<Void> delete(String key);

  /// What messages call the store, e.g. `s3 bucket tidemark at http://…`.
  String name();

  /// Enters the guards of the outside systems that it talks to, for those who show them; an embedded one has none.
  default void enter(Guards guards) {}

  /// Gives back threads and connections. Calls that still run fail.
  Future<Void> close();

  /// All objects whose keys begin with `prefix`, ascending; fails with `TOO_LARGE` when there are more than `max`.
  default Future<List<StoredObject>> listAll(String prefix, int max) {
    return listFrom(prefix, "", max, new ArrayList<>());
  }

  private Future<List<StoredObject>> listFrom(String prefix, String after, int max, List<StoredObject> found) {
    return list(prefix, after, PAGE_OBJECTS_MAX).compose(page -> {
      found.addAll(page.objects());
      if (found.size() > max) {
        return Future.failedFuture(new TidemarkException(ErrorCode.TOO_LARGE,
            name() + ": more than " + max + " objects whose keys begin with " + prefix));
      }
      return page.next().isEmpty() ? Future.succeededFuture(found) : listFrom(prefix, page.next(), max, found);
    });
  }

  /// Reads the object's `bytes` bytes back and gives their checksum, as {@link Checksum#crc32c} does: what the store would answer now,
  /// not what it was told when the object was put.
  default Future<Integer> checksum(String key, long bytes) {
    return checksumFrom(key, 0, bytes, new CRC32C());
  }

  private Future<Integer> checksumFrom(String key, long offset, long bytes, CRC32C crc) {
    if (offset == bytes) {
      return Future.succeededFuture((int) crc.getValue());
    }
    int piece = (int) Math.min(PIECE_BYTES, bytes - offset);
    return read(key, offset, piece).compose(content -> {
      crc.update(content, 0, content.length);
      return checksumFrom(key, offset + piece, bytes, crc);
    });
  }

  /// Opens the store. One that is away now is opened all the same, with a warning, and answers when it is back; one that answers and
  /// refuses (no such bucket, wrong account) fails with `NOT_SUPPORTED` and what to change.
  ///
  /// @param known    whether a directory may be made
  /// @param base     what a relative path of a directory is relative to
  /// @param executor for the blocking calls of a directory
  /// @param timers   for deadlines and pauses between attempts
  static Future<ObjectStore> open(ObjectStoreConfig config, Known known, Path base, Disk disk, Executor executor, Timers timers,
      Clock clock, Entropy entropy, Metrics metrics) {
    return switch (config) {
      case ObjectStoreConfig.Directory directory ->
          DirectoryStore.open(base.resolve(directory.path()), known, directory.limits(), disk, executor, entropy, clock, metrics);
      case ObjectStoreConfig.S3 s3 -> S3Store.open(s3, timers, clock, metrics);
    };
  }
}
