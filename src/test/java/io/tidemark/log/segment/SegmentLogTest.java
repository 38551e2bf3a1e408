package io.tidemark.log.segment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.disk.CrashingDisk;
import io.tidemark.log.Log;
import io.tidemark.log.LogContract;
import io.tidemark.log.LogRecord;
import io.tidemark.log.SegmentLogConfig;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.VirtualTime;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.Test;

class SegmentLogTest extends LogContract {
  private static final Path FOLDER = Path.of("data", "log");
  private static final SegmentLogConfig SMALL = new SegmentLogConfig("test", 2, 400, 10_000_000, 1000, 300);

  private final VirtualTime time = new VirtualTime(1);
  private final CrashingDisk disk = new CrashingDisk(1);
  private final Executor io = time.executor();
  private Metrics metrics = new Metrics();

  @Override
  protected Log open() {
    return open(SMALL);
  }

  private Log open(SegmentLogConfig config) {
    metrics = new Metrics();
    return await(Log.open(config, FOLDER, disk, io, time, metrics));
  }

  @Override
  protected <T> void settle(Future<T> future) {
    time.runUntil(future::isComplete);
  }

  @Override
  protected void settle() {
    time.run();
  }

  private long metric(String name) {
    return sum(metrics, name);
  }

  private static long sum(Metrics counted, String name) {
    return counted.print().lines().filter(line -> line.startsWith(name + "{")).mapToLong(line ->
        Long.parseLong(line.substring(line.lastIndexOf(' ') + 1))).sum();
  }

  private ErrorCode failure(Future<?> future) {
    settle(future);
    return ((TidemarkException) future.cause()).code();
  }

  private Path only(int partition) {
    List<Path> files = disk.files(FOLDER.resolve("000" + partition));
    assertEquals(1, files.size());
    return files.getFirst();
  }

  @Test
  void skippedPositionsAreGivenToNobody() {
    Log log = open();
    await(log.append(0, new byte[8]));
    assertFalse(log.skip(0, 0, 50), "there is a record at 0");
    assertEquals(50, await(log.append(0, new byte[9])));
    assertTrue(log.skip(0, 51, 100));
    assertFalse(log.skip(0, 51, 90), "the next is at 100 already");
    Future<List<LogRecord>> waiting = log.read(0, 51, 1_000);
    assertEquals(100, await(log.append(0, new byte[10])));
    assertEquals(101, await(log.append(0, new byte[11])));
    assertEquals(100, await(waiting).getFirst().position());
    assertEquals(List.of(0L, 50L, 100L, 101L), positions(log));
    await(log.close());
    Log again = open();
    assertEquals(102, again.end(0));
    assertEquals(List.of(0L, 50L, 100L, 101L), positions(again));
    assertEquals(102, await(again.append(0, new byte[12])));
    assertTrue(again.skip(1, 0, 7), "an empty partition");
    assertEquals(7, await(again.append(1, new byte[13])));
    assertEquals(7, again.begin(1));
    assertTrue(again.skip(1, 8, 20));
    await(again.close());
    Log third = open();
    assertEquals(8, third.end(1));
    assertEquals(0, metric("tidemark_log_cut_bytes_total"));
    assertEquals(8, await(third.append(1, new byte[14])));
  }

  private List<Long> positions(Log log) {
    var positions = new ArrayList<Long>();
    for (long from = 0; from < log.end(0); from = positions.getLast() + 1) {
      await(log.read(0, from, 1)).forEach(record -> positions.add(record.position()));
    }
    return positions;
  }

  @Test
  void rollsSegmentsAndTrimsWholeOnes() {
    Log log = open();
    for (int i = 0; i < 40; i++) {
      await(log.append(0, new byte[80]));
    }
    int before = disk.files(FOLDER.resolve("0000")).size();
    assertTrue(before >= 10, "segments: " + before);
    log.trim(0, 13);
    settle();
    assertTrue(log.begin(0) <= 13 && log.begin(0) > 9, "begin " + log.begin(0));
    assertTrue(disk.files(FOLDER.resolve("0000")).size() < before);
    assertEquals(40 - log.begin(0), readAll(log, 0).size());
    assertEquals(ErrorCode.NOT_FOUND, failure(log.read(0, 0, 100)));
    await(log.close());
    long begin = log.begin(0);
    log = open();
    assertEquals(begin, log.begin(0));
    assertEquals(40, log.end(0));
  }

  @Test
  void trimNeverForgetsWherePositionsGoOn() {
    Log log = open();
    for (int i = 0; i < 20; i++) {
      await(log.append(0, new byte[80]));
    }
    log.trim(0, 20);
    await(log.close());
    assertEquals(20, open().end(0));
  }

  @Test
  void groupsWhatWaitsIntoOneSync() {
    Log log = open(new SegmentLogConfig("test", 2, 1 << 20, 1 << 20, 1 << 20, 1 << 20));
    await(log.append(0, new byte[1]));
    long calls = disk.calls();
    for (int i = 0; i < 50; i++) {
      log.append(0, new byte[100]);
    }
    settle();
    assertEquals(51, log.end(0));
    assertEquals(calls + 2, disk.calls(), "one write, one sync");
  }

  @Test
  void refusesWhenTheQueueIsFull() {
    Log log = open(new SegmentLogConfig("test", 2, 1000, 250, 1000, 1000));
    Future<Long> first = log.append(0, new byte[100]);
    log.append(1, new byte[100]);
    assertEquals(ErrorCode.UNAVAILABLE, failure(log.append(0, new byte[100])));
    assertEquals(200, metric("tidemark_log_queue_bytes"));
    assertEquals(0L, await(first));
    settle();
    assertEquals(0, metric("tidemark_log_queue_bytes"));
    assertEquals(1L, await(log.append(0, new byte[100])));
    assertEquals(2L, await(log.append(0, new byte[5000])), "a single large record finds room when nothing else waits");
  }

  @Test
  void fullDiskRefusesAndRecoversByItself() {
    Log log = open();
    await(log.append(0, record("a")));
    disk.fail(CrashingDisk.Kind.WRITE, _ -> true, ErrorCode.DISK_FULL);
    for (int i = 0; i < 3; i++) {
      assertEquals(ErrorCode.DISK_FULL, failure(log.append(0, record("lost"))));
    }
    assertEquals(1, log.end(0));
    assertEquals(1, await(log.read(0, 0, 100)).size(), "reads go on");
    disk.heal();
    assertEquals(1L, await(log.append(0, record("b"))));
    assertEquals(List.of("0:a", "1:b"), texts(readAll(log, 0)));
    await(log.close());
    log = open();
    assertEquals(List.of("0:a", "1:b"), texts(readAll(log, 0)));
    assertEquals(0, metric("tidemark_log_quarantined_records_total"));
    assertEquals(0, metric("tidemark_log_cut_bytes_total"));
    assertEquals(0, disk.openFiles());
  }

  @Test
  void everyFailureOfEveryKindLeavesTheLogWhole() {
    for (CrashingDisk.Kind kind : List.of(CrashingDisk.Kind.CREATE, CrashingDisk.Kind.WRITE, CrashingDisk.Kind.SYNC,
        CrashingDisk.Kind.RENAME, CrashingDisk.Kind.SYNC_DIRECTORY, CrashingDisk.Kind.DELETE, CrashingDisk.Kind.TRUNCATE)) {
      for (int n = 1; n < 20; n++) {
        failsOnce(kind, n);
      }
    }
  }

  private void failsOnce(CrashingDisk.Kind kind, int n) {
    var broken = new CrashingDisk(n);
    Log log = await(Log.open(SMALL, FOLDER, broken, io, time, new Metrics()));
    broken.failNth(kind, n, ErrorCode.DISK_FAILED);
    var expected = new ArrayList<String>();
    for (int i = 0; i < 20; i++) {
      Future<Long> appended = log.append(0, record("record " + i + "x".repeat(50)));
      settle(appended);
      if (appended.succeeded()) {
        expected.add(appended.result() + ":record " + i + "x".repeat(50));
      }
    }
    assertTrue(expected.size() >= 19, kind + " " + n + ": only one append may fail");
    assertEquals(expected, texts(readAll(log, 0)), kind + " " + n);
    settle(log.close());
    broken.heal();
    Log again = await(Log.open(SMALL, FOLDER, broken, io, time, new Metrics()));
    assertEquals(expected, texts(readAll(again, 0)), kind + " " + n);
    settle(again.close());
    assertEquals(0, broken.openFiles());
  }

  @Test
  void cutsTornTailAtLastGoodRecord() {
    Log log = open(new SegmentLogConfig("test", 2, 1 << 20, 1 << 20, 1 << 20, 0));
    await(log.append(0, record("whole")));
    await(log.append(0, record("torn")));
    disk.kill();
    byte[] content = written(only(0));
    int first = SegmentFormat.HEADER_BYTES + SegmentFormat.FRAME_BYTES + 5;
    for (int bytes = SegmentFormat.HEADER_BYTES + 1; bytes < content.length; bytes++) {
      for (int room : new int[] {0, 40}) {
        var torn = new CrashingDisk(1);
        disk.files(FOLDER).forEach(path -> torn.put(path, disk.content(path)));
        torn.put(only(0), Arrays.copyOf(Arrays.copyOf(content, bytes), bytes + room));
        Metrics counted = new Metrics();
        Log again = await(Log.open(SMALL, FOLDER, torn, io, time, counted));
        int whole = bytes >= first ? 1 : 0;
        assertEquals(whole, again.end(0), "cut to " + bytes);
        assertEquals(bytes != first, sum(counted, "tidemark_log_cut_bytes_total") > 0, "cut to " + bytes + " before " + room + " zeros");
        assertEquals((long) whole, await(again.append(0, record("next"))));
        await(again.close());
        again = await(Log.open(SMALL, FOLDER, torn, io, time, new Metrics()));
        assertEquals(whole + 1, readAll(again, 0).size());
      }
    }
  }

  /// A segment grows by zeros behind its last group, a few for many groups; what a killed process leaves of them is no damage, and closing
  /// in order leaves none.
  @Test
  void roomBehindTheLastGroupIsNoDamage() {
    var config = new SegmentLogConfig("test", 2, 1 << 16, 1 << 20, 1 << 20, 0);
    Log log = open(config);
    var lengths = new TreeSet<Integer>();
    for (int i = 0; i < 100; i++) {
      await(log.append(0, record("record " + i)));
      lengths.add(disk.content(only(0)).length);
    }
    assertEquals(3, lengths.size(), "sizes of the file: " + lengths);
    disk.kill();
    assertTrue(disk.content(only(0)).length > written(only(0)).length);
    log = open(config);
    assertEquals(100, readAll(log, 0).size());
    assertEquals(100L, await(log.append(0, record("next"))));
    assertEquals(0, metric("tidemark_log_cut_bytes_total"));
    assertEquals(0, metric("tidemark_log_quarantined_bytes_total"));
    await(log.close());
    Path last = disk.files(FOLDER.resolve("0000")).getLast();
    assertEquals(SegmentFormat.HEADER_BYTES + 2 * SegmentFormat.FRAME_BYTES + 4, disk.content(last).length);
    assertEquals(101, readAll(open(config), 0).size());
  }

  /// What the log wrote, without the room behind it.
  private byte[] written(Path file) {
    byte[] content = disk.content(file);
    int bytes = content.length;
    while (content[bytes - 1] == 0) {
      bytes--;
    }
    return Arrays.copyOf(content, bytes);
  }

  @Test
  void detectsEverySingleBitFlipAndKeepsTheRest() {
    Log log = open();
    var expected = new ArrayList<String>();
    for (int i = 0; i < 6; i++) {
      String text = "record number " + i;
      expected.add(await(log.append(0, record(text))) + ":" + text);
    }
    await(log.close());
    Path file = only(0);
    byte[] content = disk.content(file);
    for (int bit = 0; bit < content.length * 8; bit++) {
      disk.flip(file, bit / 8, 1 << bit % 8);
      Log damaged = open();
      List<String> found = texts(readAll(damaged, 0));
      long quarantined = metric("tidemark_log_quarantined_records_total") + metric("tidemark_log_quarantined_bytes_total");
      long cut = metric("tidemark_log_cut_bytes_total");
      assertTrue(quarantined + cut > 0, "bit " + bit + " went unnoticed");
      assertTrue(expected.containsAll(found), "bit " + bit + " changed a record: " + found);
      assertTrue(found.size() >= expected.size() - 1, "bit " + bit + " cost more than its record: " + found);
      await(damaged.close());
      disk.flip(file, bit / 8, 1 << bit % 8);
    }
  }

  /// A log whose process was killed, with records that were written together: only what is wrong in the last write of all may be taken for
  /// one that did not end, and is counted as that; everything before it was durable when that one began.
  @Test
  void aFlippedBitBeforeTheLastWriteIsNeverTakenForATornEnd() {
    Log log = open(new SegmentLogConfig("test", 2, 1 << 12, 1 << 20, 1 << 20, 0));
    var expected = new ArrayList<String>();
    int lastWriteAt = 0;
    for (int write = 0; write < 3; write++) {
      settle();
      lastWriteAt = write == 0 ? 0 : written(only(0)).length;
      List<Future<Long>> together = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        String text = "record " + write + "." + i;
        together.add(log.append(0, record(text)));
        expected.add(expected.size() + ":" + text);
      }
      together.forEach(this::await);
    }
    disk.kill();
    byte[] content = disk.content(only(0));
    for (int bit = 0; bit < content.length * 8; bit++) {
      var decayed = new CrashingDisk(1);
      disk.files(FOLDER).forEach(path -> decayed.put(path, disk.content(path)));
      decayed.flip(only(0), bit / 8, 1 << bit % 8);
      Metrics counted = new Metrics();
      Log again = await(Log.open(SMALL, FOLDER, decayed, io, time, counted));
      List<String> found = texts(readAll(again, 0));
      assertTrue(expected.containsAll(found), "bit " + bit + " changed a record: " + found);
      boolean isLast = bit / 8 >= lastWriteAt;
      assertEquals(isLast, sum(counted, "tidemark_log_cut_bytes_total") > 0, "bit " + bit);
      assertEquals(!isLast, sum(counted, "tidemark_log_quarantined_bytes_total") > 0, "bit " + bit);
      int behind = isLast ? Math.max(0, 2 - (bit / 8 - lastWriteAt) / (SegmentFormat.FRAME_BYTES + 10)) : 0;
      assertTrue(found.size() >= expected.size() - 1 - behind, "bit " + bit + " cost more than its record: " + found);
      assertEquals(behind, sum(counted, "tidemark_log_cut_records_total"), "bit " + bit);
      await(again.close());
    }
  }

  @Test
  void skipsDamageInOlderSegmentsAndReportsItOnce() {
    Log log = open();
    for (int i = 0; i < 20; i++) {
      await(log.append(0, new byte[80]));
    }
    await(log.close());
    Path second = disk.files(FOLDER.resolve("0000")).get(1);
    disk.flip(second, 60, 4);
    log = open();
    assertEquals(19, readAll(log, 0).size());
    assertEquals(19, readAll(log, 0).size());
    assertEquals(1, metric("tidemark_log_quarantined_records_total"));
  }

  @Test
  void skipsASegmentOfWhichNothingIsLeft() {
    Log log = open();
    for (int i = 0; i < 20; i++) {
      await(log.append(0, new byte[80]));
    }
    await(log.close());
    Path second = disk.files(FOLDER.resolve("0000")).get(1);
    disk.put(second, new byte[0]);
    log = open();
    List<LogRecord> records = readAll(log, 0);
    assertTrue(records.size() < 20 && records.size() >= 16, records.size() + " left");
    assertEquals(20 - records.size(), metric("tidemark_log_quarantined_records_total"));
    assertEquals(19, records.getLast().position());
  }

  @Test
  void refusesAnotherNumberOfPartitions() {
    await(open().close());
    var refused = assertThrows(TidemarkException.class, () -> open(SMALL.named("test", 3)));
    assertEquals(ErrorCode.BAD_DATA, refused.code());
    assertTrue(refused.getMessage().contains("has 2 partitions, the configuration says 3"), refused.getMessage());
    await(open().close());
  }

  @Test
  void writesAFactsFileThatIsDamagedOrGoneAgain() {
    Path facts = FOLDER.resolve("log.facts");
    Log log = open();
    await(log.append(1, record("a")));
    await(log.close());
    byte[] whole = disk.content(facts);
    List<Runnable> harms = List.of(() -> disk.flip(facts, 5, 1), () -> disk.put(facts, new byte[0]), () -> disk.delete(facts));
    for (Runnable harm : harms) {
      harm.run();
      log = open();
      assertEquals(1, readAll(log, 1).size());
      await(log.close());
      assertArrayEquals(whole, disk.content(facts));
    }
  }

  @Test
  void refusesADamagedFactsFileBesideAnotherNumberOfPartitions() {
    Path facts = FOLDER.resolve("log.facts");
    Log log = open();
    await(log.append(1, record("a")));
    await(log.close());
    List<Runnable> harms = List.of(() -> disk.flip(facts, 5, 1), () -> disk.put(facts, new byte[0]), () -> disk.delete(facts));
    for (Runnable harm : harms) {
      harm.run();
      var refused = assertThrows(TidemarkException.class, () -> open(SMALL.named("test", 3)));
      assertEquals(ErrorCode.CORRUPT, refused.code());
      assertTrue(refused.getMessage().contains("lie 2 partitions, 0000 to 0001, where the configuration says 3"), refused.getMessage());
    }
  }

  @Test
  void refusesASegmentOfANewerRelease() {
    Log log = open();
    await(log.append(0, record("a")));
    await(log.close());
    byte[] content = disk.content(only(0));
    content[SegmentFormat.VERSION_AT] = 2;
    var crc = new java.util.zip.CRC32C();
    crc.update(content, 0, SegmentFormat.HEADER_CHECKSUM_AT);
    for (int i = 0; i < 4; i++) {
      content[SegmentFormat.HEADER_CHECKSUM_AT + i] = (byte) (crc.getValue() >>> 8 * i);
    }
    disk.put(only(0), content);
    assertEquals(ErrorCode.NOT_SUPPORTED, assertThrows(TidemarkException.class, this::open).code());
  }

  @Test
  void refusesSegmentsThatLieInEachOthersPlace() {
    Log log = open();
    await(log.append(0, record("a")));
    await(log.append(1, record("b")));
    await(log.close());
    byte[] zero = disk.content(only(0));
    byte[] one = disk.content(only(1));
    disk.put(only(0), one);
    disk.put(only(1), zero);
    var refused = assertThrows(TidemarkException.class, this::open);
    assertEquals(ErrorCode.CORRUPT, refused.code());
    assertTrue(refused.getMessage().contains(only(0) + ": its header says partition 1 from position 0 on, its folder and name say "
        + "partition 0 from position 0 on"), refused.getMessage());
    disk.put(only(0), zero);
    disk.put(only(1), one);
    log = open();
    assertEquals(1, readAll(log, 0).size());
    await(log.close());
  }

  @Test
  void refusesAnOlderSegmentOfAnotherPosition() {
    Log log = open();
    for (int i = 0; i < 40; i++) {
      await(log.append(0, new byte[80]));
    }
    await(log.close());
    List<Path> segments = disk.files(FOLDER.resolve("0000"));
    assertTrue(segments.size() > 2, segments.toString());
    disk.put(segments.get(0), disk.content(segments.get(1)));
    var refused = assertThrows(TidemarkException.class, this::open);
    assertEquals(ErrorCode.CORRUPT, refused.code());
    assertTrue(refused.getMessage().contains(segments.get(0) + ": its header says partition 0 from position "), refused.getMessage());
  }

  @Test
  void recordThatLooksLikeAFrameIsNotTakenForOne() {
    var frame = SegmentFormat.buffer(100);
    SegmentFormat.putFrame(frame, 4, 0, 7, record("evil"));
    var evil = new byte[frame.flip().remaining()];
    frame.get(evil);
    Log log = open();
    for (int i = 0; i < 5; i++) {
      await(log.append(0, evil));
    }
    await(log.close());
    disk.flip(only(0), SegmentFormat.HEADER_BYTES + 3 * (SegmentFormat.FRAME_BYTES + evil.length) + SegmentFormat.CHECKSUM_AT, 1);
    log = open();
    assertEquals(List.of(0L, 1L, 2L, 4L), readAll(log, 0).stream().map(LogRecord::position).toList());
  }

  @Test
  void releasesEveryFile() {
    Log log = open();
    for (int i = 0; i < 20; i++) {
      await(log.append(i % 2, new byte[80]));
    }
    readAll(log, 0);
    assertFalse(disk.openFiles() == 0);
    await(log.close());
    assertEquals(0, disk.openFiles());
  }
}
