package io.tidemark.objects.directory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.disk.CrashingDisk;
import io.tidemark.disk.Disk;
import io.tidemark.model.ErrorCode;
import io.tidemark.objects.ObjectStore;
import io.tidemark.objects.ObjectStoreContract;
import io.tidemark.objects.StoredObject;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Entropy;
import io.vertx.core.Future;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectoryStoreTest extends ObjectStoreContract {
  private static final Path ROOT = Path.of("/objects");
  private static final Path LOCAL = Path.of("/local/x");

  private final ExecutorService threads = Executors.newFixedThreadPool(8);
  private Path root;
  private ObjectStore store;

  @BeforeEach
  void openStore(@TempDir Path directory) {
    root = directory.resolve("cold");
    store = open(ObjectStore.Known.NOTHING);
  }

  private ObjectStore open(ObjectStore.Known known) {
    return await(DirectoryStore.open(root, known, LIMITS, Disk.local(), threads, Entropy.seeded(1), Clock.system(), new Metrics()));
  }

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  @Override
  protected ObjectStore store() {
    return store;
  }

  @Override
  protected void away() throws Exception {
    Files.move(root, root.resolveSibling("elsewhere"));
  }

  @Override
  protected void back() throws Exception {
    Files.move(root.resolveSibling("elsewhere"), root);
  }

  private static ObjectStore open(CrashingDisk disk, long seed) {
    return await(DirectoryStore.open(ROOT, ObjectStore.Known.NOTHING, LIMITS, disk, Runnable::run, Entropy.seeded(seed), Clock.system(),
        new Metrics()));
  }

  @Test
  void aDirectoryThatWasUsedAndIsNotMountedAtTheStartIsAway() throws Exception {
    put("a/x.tmb", random(10));
    for (boolean hasMountPoint : new boolean[] {false, true}) {
      away();
      if (hasMountPoint) {
        Files.createDirectory(root);
      }
      store = open(ObjectStore.Known.USED);
      for (Future<?> call : List.of(store.read("a/x.tmb", 0, 10), store.head("a/x.tmb"), store.list("", "", 10))) {
        assertEquals(ErrorCode.UNAVAILABLE, failure(call).code());
      }
      assertEquals(hasMountPoint, Files.exists(root));
      assertFalse(Files.exists(root.resolve(".unfinished")));
      Files.deleteIfExists(root);
      back();
      assertArrayEquals(random(10), await(store.read("a/x.tmb", 0, 10)));
    }
  }

  @Test
  void aCrashLeavesAnObjectWholeOrAbsentAndAnAcknowledgedOneWhole() {
    byte[] content = random(3 << 20);
    boolean wasCut = true;
    for (int call = 1; wasCut; call++) {
      var disk = new CrashingDisk(call);
      disk.put(LOCAL, content);
      ObjectStore before = open(disk, 1);
      disk.dieAt(call);
      try {
        wasCut = before.putIfAbsent("shard-0000/x.tmb", disk, LOCAL).failed();
        assertFalse(wasCut, "nothing failed but the machine");
      } catch (CrashingDisk.Died e) {
        assertTrue(wasCut, e.getMessage());
      }
      disk.crash(call);
      ObjectStore after = open(disk, 2);
      List<StoredObject> found = await(after.listAll("", 10));
      assertTrue(found.size() == 1 || wasCut && found.isEmpty(), "after call " + call + ": " + found);
      if (!found.isEmpty()) {
        assertArrayEquals(content, await(after.read("shard-0000/x.tmb", 0, content.length)));
      }
      assertEquals(List.of(), disk.files(ROOT.resolve(".unfinished")));
      assertEquals(0, disk.openFiles());
    }
  }

  @Test
  void aFullDiskFailsThePutAndLeavesNothing() {
    var disk = new CrashingDisk(1);
    disk.put(LOCAL, random(100_000));
    ObjectStore full = open(disk, 1);
    disk.capacity(150_000);
    assertEquals(ErrorCode.DISK_FULL, failure(full.putIfAbsent("x.tmb", disk, LOCAL)).code());
    assertEquals(List.of(), disk.files(ROOT));
    disk.capacity(Long.MAX_VALUE);
    assertEquals(ObjectStore.Put.CREATED, await(full.putIfAbsent("x.tmb", disk, LOCAL)));
  }
}
