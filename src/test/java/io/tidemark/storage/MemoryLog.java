package io.tidemark.storage;

import io.tidemark.log.Log;
import io.tidemark.log.LogRecord;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;

/// A log in memory that loses nothing: it outlives the crashes of the storage that follows it.
public class MemoryLog implements Log {
  private static final class Partition {
    final List<LogRecord> records = new ArrayList<>();
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
    int end = (int) from + 1;
    for (long bytes = p.records.get((int) from).bytes().length; end < p.records.size(); end++) {
      bytes += p.records.get(end).bytes().length;
      if (bytes > bytesMax) {
        break;
      }
    }
    return List.copyOf(p.records.subList((int) from, end));
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
  public void trim(int partition, long upTo) {
    Partition p = partitions.get(partition);
    p.begin = Math.max(p.begin, Math.min(upTo, p.records.size()));
  }

  /// Every record ever appended, trimmed ones too.
  List<LogRecord> all(int partition) {
    return List.copyOf(partitions.get(partition).records);
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
