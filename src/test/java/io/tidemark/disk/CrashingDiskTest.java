package io.tidemark.disk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class CrashingDiskTest {
  private static final Path DIR = Path.of("d");
  private static final Path FILE = DIR.resolve("f");

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  private static CrashingDisk withSyncedFile(String text) {
    var disk = new CrashingDisk(1);
    disk.createDirectories(DIR);
    try (DiskFile file = disk.create(FILE)) {
      file.write(bytes(text), 0);
      file.sync();
    }
    disk.syncDirectory(DIR);
    return disk;
  }

  @Test
  void keepsWhatWasSynced() {
    for (int seed = 0; seed < 50; seed++) {
      var disk = withSyncedFile("hello");
      disk.open(FILE).write(bytes("xyz"), 5);
      disk.crash(seed);
      assertEquals("hello", new String(disk.content(FILE), 0, 5, StandardCharsets.UTF_8));
    }
  }

  @Test
  void unsyncedWritesAreKeptLostOrTornDependingOnTheSeed() {
    var outcomes = new TreeSet<Integer>();
    for (int seed = 0; seed < 200; seed++) {
      var disk = withSyncedFile("hello");
      disk.open(FILE).write(bytes("xyzuvw"), 5);
      disk.crash(seed);
      outcomes.add(disk.content(FILE).length);
    }
    assertTrue(outcomes.contains(5) && outcomes.contains(11) && outcomes.size() > 2, outcomes.toString());
  }

  @Test
  void unsyncedNamesMayVanish() {
    boolean lost = false;
    boolean kept = false;
    for (int seed = 0; seed < 50; seed++) {
      var disk = new CrashingDisk(1);
      disk.createDirectories(DIR);
      try (DiskFile file = disk.create(FILE)) {
        file.write(bytes("a"), 0);
        file.sync();
      }
      disk.crash(seed);
      lost |= !disk.exists(FILE);
      kept |= disk.exists(FILE);
    }
    assertTrue(lost && kept);
  }

  @Test
  void unsyncedRenameLeavesOldOrNew() {
    for (int seed = 0; seed < 50; seed++) {
      var disk = withSyncedFile("old");
      Path temporary = DIR.resolve("t");
      try (DiskFile file = disk.create(temporary)) {
        file.write(bytes("new"), 0);
        file.sync();
      }
      disk.rename(temporary, FILE);
      disk.crash(seed);
      String content = new String(disk.content(FILE), StandardCharsets.UTF_8);
      assertTrue(content.equals("old") || content.equals("new"), content);
    }
  }

  @Test
  void failedSyncStaysInDoubtAfterALaterSuccess() {
    boolean lost = false;
    for (int seed = 0; seed < 50; seed++) {
      var disk = withSyncedFile("a");
      DiskFile file = disk.open(FILE);
      disk.failNth(CrashingDisk.Kind.SYNC, 1, ErrorCode.DISK_FAILED);
      file.write(bytes("b"), 1);
      assertThrows(TidemarkException.class, file::sync);
      file.write(bytes("c"), 2);
      file.sync();
      disk.crash(seed);
      byte[] content = disk.content(FILE);
      assertEquals('c', content[2]);
      lost |= content[1] != 'b';
    }
    assertTrue(lost);
  }

  @Test
  void fullDiskRefusesAndRecovers() {
    var disk = withSyncedFile("12345");
    disk.capacity(8);
    DiskFile file = disk.open(FILE);
    var full = assertThrows(TidemarkException.class, () -> file.write(bytes("678910"), 5));
    assertEquals(ErrorCode.DISK_FULL, full.code());
    disk.capacity(100);
    file.write(bytes("678910"), 5);
    assertArrayEquals("12345678910".getBytes(StandardCharsets.UTF_8), disk.content(FILE));
  }

  @Test
  void deadMachineRefusesEverythingUntilTheCrash() {
    var disk = withSyncedFile("a");
    DiskFile file = disk.open(FILE);
    disk.dieAt(1);
    assertThrows(CrashingDisk.Died.class, () -> file.write(bytes("b"), 1));
    assertThrows(CrashingDisk.Died.class, file::sync);
    assertThrows(CrashingDisk.Died.class, () -> disk.open(FILE));
    disk.crash(1);
    assertThrows(IllegalStateException.class, file::bytes);
    disk.open(FILE).close();
    assertEquals(0, disk.openFiles());
    assertFalse(disk.files(DIR).isEmpty());
  }
}
