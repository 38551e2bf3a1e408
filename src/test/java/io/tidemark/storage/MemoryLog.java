package io.tidemark.storage;

import io.tidemark.log.Log;
import io.tidemark.log.LogRecord;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/// A log in memory that loses nothing: it outlives the crashes of the storage that follows it.
public class MemoryLog implements Log {
  private static final class Partition {
    /// By position; null where positions were skipped.
    final List<LogRecord> records = new ArrayList<>();
    long skipped;
    long begin;
    final List<Runnable> waiting = new ArrayList<>();
  }

  private final List<Partition> partitions = new ArrayList<>();
  /// What it says that it holds back.
  public long heldBack;

  public MemoryLog(int partitions) {
    for (int i = 0; i < partitions; i++) {
      this.partitions.add(new Partition());
    }
  }

  @Override
  public int partitions() {
    return partitions.size();
  }

  @Override
  public Future<Long> append(int partition, byte[] record) {
    Partition p = partitions.get(partition);
    while (p.records.size() < p.skipped) {
      p.records.add(null);
    }
    p.records.add(new LogRecord(p.records.size(), record));
    var waiting = List.copyOf(p.waiting);
    p.waiting.clear();
    waiting.forEach(Runnable::run);
    return Future.succeededFuture(p.records.size() - 1L);
  }

  @Override
  public Future<List<LogRecord>> read(int partition, long from, int bytesMax) {
    Partition p = partitions.get(partition);
    if (from < p.begin) {
      return Future.failedFuture(new TidemarkException(ErrorCode.NOT_FOUND, "position " + from + " is trimmed"));
    }
    if (from < p.records.size()) {
      return Future.succeededFuture(some(p, from, bytesMax));
    }
    Promise<List<LogRecord>> promise = Promise.promise();
    p.waiting.add(() -> promise.complete(some(p, from, bytesMax)));
    return promise.future();
  }

  private static List<LogRecord> some(Partition p, long from, int bytesMax) {
    var some = new ArrayList<LogRecord>();
    long bytes = 0;
    for (LogRecord record : p.records.subList((int) from, p.records.size())) {
      bytes += record == null ? 0 : record.bytes().length;
      if (!some.isEmpty() && bytes > bytesMax) {
        break;
      }
      if (record != null) {
        some.add(record);
      }
    }
    return List.copyOf(some);
  }

  @Override
  public long heldBack() {
    return heldBack;
  }

  @Override
  public long begin(int partition) {
    return partitions.get(partition).begin;
  }

  @Override
  public long end(int partition) {
    return partitions.get(partition).records.size();
  }

  @Override
  public boolean skip(int partition, long from, long to) {
    Partition p = partitions.get(partition);
    boolean isFree = p.records.size() <= from;
    p.skipped = Math.max(p.skipped, to);
    return isFree;
  }

  @Override
  public void trim(int partition, long upTo) {
    Partition p = partitions.get(partition);
    p.begin = Math.max(p.begin, Math.min(upTo, p.records.size()));
  }

  /// Every record ever appended, trimmed ones too.
  List<LogRecord> all(int partition) {
    return partitions.get(partition).records.stream().filter(Objects::nonNull).toList();
  }

  /// Empties a partition, as a lost directory does.
  public void lose(int partition) {
    partitions.set(partition, new Partition());
  }

  /// Forgets who waits, as the end of the following process does.
  void forgetReaders() {
    partitions.forEach(p -> p.waiting.clear());
  }

  @Override
  public Future<Void> close() {
    return Future.succeededFuture();
  }
}
