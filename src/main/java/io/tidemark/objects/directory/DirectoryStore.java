package io.tidemark.objects.directory;

import io.tidemark.disk.Disk;
import io.tidemark.disk.DiskFile;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.objects.ObjectCalls;
import io.tidemark.objects.ObjectKey;
import io.tidemark.objects.ObjectLimits;
import io.tidemark.objects.ObjectPage;
import io.tidemark.objects.ObjectStore;
import io.tidemark.objects.StoredObject;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Entropy;
import io.vertx.core.Future;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Objects as files: the key is the path. No guard: like every other file of the engine, these answer or fail at once.
///
/// A directory that is gone, as that of a file system which is not mounted, is `UNAVAILABLE`, so that nobody takes its objects for
/// deleted ones or writes them to the wrong place. The folder `.unfinished` tells that it is the right one: it is made with the first
/// start and never again once objects were put.
public final class DirectoryStore implements ObjectStore {
  private static final Logger LOG = LoggerFactory.getLogger(DirectoryStore.class);
  private static final int COPY_BYTES = 1 << 20;
  /// Folders of keys have no dot, so that this is none.
  private static final String UNFINISHED = ".unfinished";

  private final Path root;
  private final Disk disk;
  private final Entropy entropy;
  private final ObjectCalls calls;

  private DirectoryStore(Path root, ObjectLimits limits, Disk disk, Executor executor, Entropy entropy, Clock clock, Metrics metrics) {
    this.root = root;
    this.disk = disk;
    this.entropy = entropy;
    calls = new ObjectCalls(name(), limits, executor, Supplier::get, clock, metrics);
  }

  /// Makes the directory if it may be new and removes what puts of a killed process left behind. A put that another process makes into
  /// the same directory right now may fail by it, and is to be tried again. One that was used and is not there is away: a warning is
  /// logged, calls fail with `UNAVAILABLE`, and work as soon as it is mounted.
  public static Future<ObjectStore> open(Path root, Known known, ObjectLimits limits, Disk disk, Executor executor, Entropy entropy,
      Clock clock, Metrics metrics) {
    var store = new DirectoryStore(root, limits, disk, executor, entropy, clock, metrics);
    return store.calls.local(() -> {
      Path unfinished = root.resolve(UNFINISHED);
      if (known == Known.USED && !disk.exists(unfinished)) {
        LOG.atWarn().addKeyValue("store", store.name()).log("The object store is away: its directory lacks the folder " + UNFINISHED
            + " though objects were put there; mount it, or make that folder if it is the right one");
        return store;
      }
      disk.createDirectories(unfinished);
      disk.list(unfinished).forEach(disk::delete);
      disk.syncDirectory(root);
      return store;
    });
  }

  @Override
  public String name() {
    return "directory " + root;
  }

  private void mustBeThere() {
    if (!disk.exists(root.resolve(UNFINISHED))) {
      throw new TidemarkException(ErrorCode.UNAVAILABLE, name() + " is not there; mount it, or make the folder " + UNFINISHED
          + " in it if it is the right one");
    }
  }

  /// Opens an object for reading, and tells one that is not there from a directory that is not.
  private DiskFile open(String key) {
    try {
      return disk.openForRead(root.resolve(key));
    } catch (TidemarkException e) {
      if (e.code() != ErrorCode.NOT_FOUND) {
        throw e;
      }
      mustBeThere();
      throw new TidemarkException(ErrorCode.NOT_FOUND, name() + ": no object " + key, e);
    }
  }

  @Override
  public Future<Put> putIfAbsent(String key, Disk from, Path file) {
    ObjectKey.checked(key);
    return calls.run("put", () -> put(key, from, file));
  }

  private Put put(String key, Disk from, Path file) {
    mustBeThere();
    Path path = root.resolve(key);
    if (disk.exists(path)) {
      return Put.PRESENT;
    }
    Path unfinished = root.resolve(UNFINISHED).resolve(Long.toHexString(entropy.nextLong()));
    try {
      try (DiskFile source = from.openForRead(file); DiskFile copy = disk.create(unfinished)) {
        calls.wasWritten(copy(source, copy));
        copy.sync();
      }
      return publish(unfinished, path);
    } catch (TidemarkException e) {
      try {
        disk.delete(unfinished);
      } catch (TidemarkException deletion) {
        e.addSuppressed(deletion);
      }
      throw e;
    }
  }

  private static long copy(DiskFile source, DiskFile copy) {
    var buffer = ByteBuffer.allocate(COPY_BYTES);
    long at = 0;
    while (true) {
      buffer.clear();
      int n = source.read(buffer, at);
      if (n == 0) {
        return at;
      }
      copy.write(buffer.flip(), at);
      at += n;
    }
  }

  /// One at a time, so that of two puts of one key in this process one finds the other's object.
  private synchronized Put publish(Path unfinished, Path path) {
    if (disk.exists(path)) {
      disk.delete(unfinished);
      return Put.PRESENT;
    }
    disk.createDirectories(path.getParent());
    disk.rename(unfinished, path);
    for (Path folder = path.getParent(); folder.startsWith(root); folder = folder.getParent()) {
      disk.syncDirectory(folder);
    }
    return Put.CREATED;
  }

  @Override
  public Future<byte[]> read(String key, long offset, int bytes) {
    ObjectKey.checked(key);
    return calls.run("read", () -> {
      try (DiskFile file = open(key)) {
        var content = new byte[bytes];
        int n = file.read(ByteBuffer.wrap(content), offset);
        if (n < bytes) {
          throw new TidemarkException(ErrorCode.CORRUPT, name() + ": object " + key + " has " + file.bytes() + " bytes, expected "
              + bytes + " bytes from byte " + offset + " on; it was cut");
        }
        calls.wasRead(n);
        return content;
      }
    });
  }

  @Override
  public Future<StoredObject> head(String key) {
    ObjectKey.checked(key);
    return calls.run("head", () -> {
      try (DiskFile file = open(key)) {
        return new StoredObject(key, file.bytes());
      }
    });
  }

  @Override
  public Future<ObjectPage> list(String prefix, String after, int max) {
    ObjectKey.checkedPrefix(prefix);
    checkMax(max);
    return calls.run("list", () -> {
      mustBeThere();
      // One more than asked for, to know whether there is a next page.
      var keys = new TreeSet<String>();
      collect(prefix.substring(0, prefix.lastIndexOf('/') + 1), prefix, after, max + 1, keys);
      boolean more = keys.size() > max;
      if (more) {
        keys.pollLast();
      }
      var objects = new ArrayList<StoredObject>();
      for (String key : keys) {
        try (DiskFile file = disk.openForRead(root.resolve(key))) {
          objects.add(new StoredObject(key, file.bytes()));
        } catch (TidemarkException e) {
          // Deleted since it was seen: then it is not there.
          if (e.code() != ErrorCode.NOT_FOUND) {
            throw e;
          }
        }
      }
      return new ObjectPage(objects, more ? keys.last() : "");
    });
  }

  /// Adds the `max` lowest keys within `folder` (empty, or ending in `/`) that have the prefix and come after `after`.
  private void collect(String folder, String prefix, String after, int max, TreeSet<String> keys) {
    for (Path path : disk.list(root.resolve(folder))) {
      String key = folder + path.getFileName();
      if (ObjectKey.isValid(key)) {
        if (key.startsWith(prefix) && key.compareTo(after) > 0) {
          keys.add(key);
          if (keys.size() > max) {
            keys.pollLast();
          }
        }
      } else if (key.indexOf('.') < 0 && (key + "/").startsWith(prefix.substring(0, Math.min(prefix.length(), key.length() + 1)))) {
        collect(key + "/", prefix, after, max, keys);
      }
    }
  }

  private static void checkMax(int max) {
    if (max < 1 || max > PAGE_OBJECTS_MAX) {
      throw new IllegalArgumentException("a page of " + max + " objects");
    }
  }

  @Override
  public Future<Void> delete(String key) {
    ObjectKey.checked(key);
    return calls.run("delete", () -> {
      mustBeThere();
      Path path = root.resolve(key);
      if (disk.exists(path)) {
        disk.delete(path);
        disk.syncDirectory(path.getParent());
      }
      return null;
    });
  }

  @Override
  public Future<Void> close() {
    return Future.succeededFuture();
  }
}
