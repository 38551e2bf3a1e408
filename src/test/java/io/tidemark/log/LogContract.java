package io.tidemark.log;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What every log keeps to.
public abstract class LogContract {
  /// Opens the log with two partitions, again and again the same one within a test.
  protected abstract Log open();

  /// Lets the log work until `future` is complete.
  protected abstract <T> void settle(Future<T> future);

  /// Lets the log work until it has nothing to do.
  protected abstract void settle();

  protected final <T> T await(Future<T> future) {
    settle(future);
    if (future.failed()) {
      if (future.cause() instanceof TidemarkException e) {
        throw e;
      }
      throw new AssertionError(future.cause());
    }
    return future.result();
  }

  protected static byte[] record(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  protected final List<LogRecord> readAll(Log log, int partition) {
    var records = new ArrayList<LogRecord>();
    for (long from = log.begin(partition); from < log.end(partition); from = records.getLast().position() + 1) {
      records.addAll(await(log.read(partition, from, 1000)));
    }
    return records;
  }

  protected static List<String> texts(List<LogRecord> records) {
    return records.stream().map(r -> r.position() + ":" + new String(r.bytes(), StandardCharsets.UTF_8)).toList();
  }

  @Test
  void givesPositionsFromZeroInOrder() {
    Log log = open();
    assertEquals(2, log.partitions());
    for (long i = 0; i < 10; i++) {
      assertEquals(i, await(log.append(0, record("a" + i))));
    }
    assertEquals(0L, await(log.append(1, record("b"))));
    assertEquals(10, log.end(0));
    assertEquals(1, log.end(1));
    assertEquals(0, log.begin(0));
    assertEquals(List.of("0:b"), texts(readAll(log, 1)));
  }

  @Test
  void keepsOrderOfAppendsThatDoNotWaitForEachOther() {
    Log log = open();
    var appended = new ArrayList<Future<Long>>();
    for (int i = 0; i < 100; i++) {
      appended.add(log.append(0, record("r" + i)));
    }
    for (int i = 0; i < 100; i++) {
      assertEquals((long) i, await(appended.get(i)));
    }
    List<String> texts = texts(readAll(log, 0));
    for (int i = 0; i < 100; i++) {
      assertEquals(i + ":r" + i, texts.get(i));
    }
  }

  @Test
  void readsBackAfterReopening() {
    Log log = open();
    for (int i = 0; i < 5; i++) {
      await(log.append(0, record("x" + i)));
    }
    await(log.close());
    log = open();
    assertEquals(5, log.end(0));
    assertEquals(List.of("0:x0", "1:x1", "2:x2", "3:x3", "4:x4"), texts(readAll(log, 0)));
    assertEquals(5L, await(log.append(0, record("y"))));
    await(log.close());
    log = open();
    assertEquals(List.of("5:y"), texts(await(log.read(0, 5, 100))));
    assertEquals(6, readAll(log, 0).size());
  }

  @Test
  void readStopsNearBytesMaxButGivesAtLeastOne() {
    Log log = open();
    for (int i = 0; i < 10; i++) {
      await(log.append(0, new byte[100]));
    }
    assertEquals(1, await(log.read(0, 0, 1)).size());
    assertEquals(2, await(log.read(0, 0, 250)).size());
    assertEquals(3, await(log.read(0, 7, 10_000)).size());
    await(log.close());
    log = open();
    assertEquals(1, await(log.read(0, 0, 1)).size());
    assertEquals(2, await(log.read(0, 0, 250)).size());
  }

  @Test
  void readAtTheEndWaitsForTheNextRecord() {
    Log log = open();
    await(log.append(0, record("first")));
    Future<List<LogRecord>> next = log.read(0, 1, 100);
    Future<List<LogRecord>> later = log.read(0, 2, 100);
    settle();
    assertFalse(next.isComplete());
    await(log.append(0, record("second")));
    assertEquals(List.of("1:second"), texts(await(next)));
    settle();
    assertFalse(later.isComplete());
    await(log.append(0, record("third")));
    assertEquals(List.of("2:third"), texts(await(later)));
  }

  @Test
  void keepsEmptyAndLargeRecords() {
    Log log = open();
    var large = new byte[3_000_000];
    for (int i = 0; i < large.length; i++) {
      large[i] = (byte) (i * 31);
    }
    await(log.append(0, new byte[0]));
    await(log.append(0, large));
    await(log.append(0, new byte[0]));
    await(log.close());
    log = open();
    List<LogRecord> records = readAll(log, 0);
    assertEquals(3, records.size());
    assertArrayEquals(large, records.get(1).bytes());
    assertEquals(0, records.get(2).bytes().length);
  }

  @Test
  void refusesARecordAboveTheLimit() {
    Log log = open();
    var tooLarge = assertThrows(TidemarkException.class, () -> await(log.append(0, new byte[33 << 20])));
    assertEquals(ErrorCode.TOO_LARGE, tooLarge.code());
  }

  @Test
  void closeEndsWaitingReadsAndKeepsPendingAppends() {
    Log log = open();
    Future<List<LogRecord>> read = log.read(0, 1, 100);
    Future<Long> append = log.append(0, record("pending"));
    Future<Void> closed = log.close();
    Future<Long> late = log.append(0, record("late"));
    settle(closed);
    settle();
    assertTrue(append.succeeded());
    assertEquals(ErrorCode.UNAVAILABLE, ((TidemarkException) read.cause()).code());
    assertEquals(ErrorCode.UNAVAILABLE, ((TidemarkException) late.cause()).code());
    assertEquals(List.of("0:pending"), texts(readAll(open(), 0)));
  }

  @Test
  void aListenerThatThrowsHurtsNobodyElse() {
    Log log = open();
    Future<Long> first = log.append(0, record("a"));
    first.onComplete(_ -> {
      throw new IllegalStateException("listener");
    });
    Future<Long> second = log.append(0, record("b"));
    settle(second);
    assertEquals(1L, second.result());
    assertEquals(2L, await(log.append(0, record("c"))));
  }

  @Test
  void endsCoverAllThatIsAcknowledged() {
    Log log = open();
    assertArrayEquals(new long[] {0, 0}, await(log.ends()));
    for (int i = 0; i < 20; i++) {
      await(log.append(i % 3 == 0 ? 1 : 0, record("e" + i)));
      long[] ends = await(log.ends());
      assertEquals(i + 1, ends[0] + ends[1]);
    }
    List<Future<long[]>> together = List.of(log.ends(), log.ends(), log.ends());
    together.forEach(ends -> assertArrayEquals(new long[] {13, 7}, await(ends)));
  }

  @Test
  void readersAtDifferentPositionsAllGetOn() {
    Log log = open();
    for (int i = 0; i < 60; i++) {
      await(log.append(0, record("r" + i)));
    }
    var at = new long[] {60, 0, 20, 40, 5};
    var reads = new ArrayList<Future<List<LogRecord>>>();
    for (long from : at) {
      reads.add(log.read(0, from, 8));
    }
    for (int turn = 0; turn < 15; turn++) {
      for (int i = 1; i < at.length; i++) {
        LogRecord first = await(reads.get(i)).getFirst();
        assertEquals(at[i] + ":r" + at[i], texts(List.of(first)).getFirst());
        at[i]++;
        reads.set(i, log.read(0, at[i], 8));
      }
    }
    assertFalse(reads.getFirst().isComplete());
    await(log.append(0, record("r60")));
    assertEquals(List.of("60:r60"), texts(await(reads.getFirst())));
  }

  @Test
  void severalReadersAtTheEndAllSeeTheNextRecord() {
    Log log = open();
    await(log.append(0, record("a")));
    var reads = new ArrayList<Future<List<LogRecord>>>();
    for (int i = 0; i < 10; i++) {
      reads.add(log.read(0, 1, 100));
    }
    await(log.append(0, record("b")));
    reads.forEach(read -> assertEquals(List.of("1:b"), texts(await(read))));
  }

  @Test
  void takesRecordsWithTheirTraces() {
    Log log = open();
    var traces = new ArrayList<Trace>();
    for (int i = 0; i < Trace.RECORD_MAX; i++) {
      traces.add(Trace.of("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "request-" + i));
    }
    assertEquals(0L, await(log.append(0, record("traced"), traces)));
    assertEquals(1L, await(log.append(0, record("plain"), List.of())));
    assertEquals(List.of("0:traced", "1:plain"), texts(readAll(log, 0)));
  }
}
