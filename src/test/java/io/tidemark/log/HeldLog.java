package io.tidemark.log;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;

/// A log in memory whose appends end when the test says so, in any order, well or badly.
public final class HeldLog implements Log {
  /// An append that waits.
  public record Held(int partition, byte[] record, List<Trace> traces, Promise<Long> promise) {}

  public final List<Held> held = new ArrayList<>();
  private final List<List<LogRecord>> stored = new ArrayList<>();

  public HeldLog(int partitions) {
    for (int i = 0; i < partitions; i++) {
      stored.add(new ArrayList<>());
    }
  }

  @Override
  public int partitions() {
    return stored.size();
  }

  @Override
  public Future<Long> append(int partition, byte[] record) {
    return append(partition, record, List.of());
  }

  @Override
  public Future<Long> append(int partition, byte[] record, List<Trace> traces) {
    Promise<Long> promise = Promise.promise();
    held.add(new Held(partition, record, traces, promise));
    return promise.future();
  }

  /// Makes the `index`-th waiting append durable.
  public void accept(int index) {
    Held next = held.remove(index);
    List<LogRecord> records = stored.get(next.partition);
    records.add(new LogRecord(records.size(), next.record));
    next.promise.complete(records.size() - 1L);
  }

  public void acceptAll() {
    while (!held.isEmpty()) {
      accept(0);
    }
  }

  /// Refuses the `index`-th waiting append.
  public void refuse(int index) {
    held.remove(index).promise.fail(new TidemarkException(ErrorCode.DISK_FULL, "as the test asked for"));
  }

  public List<LogRecord> records(int partition) {
    return List.copyOf(stored.get(partition));
  }

  @Override
  public Future<List<LogRecord>> read(int partition, long from, int bytesMax) {
    List<LogRecord> records = stored.get(partition);
    return Future.succeededFuture(List.copyOf(records.subList((int) from, records.size())));
  }

  @Override
  public long begin(int partition) {
    return 0;
  }

  @Override
  public long end(int partition) {
    return stored.get(partition).size();
  }

  @Override
  public void trim(int partition, long upTo) {}

  @Override
  public Future<Void> close() {
    return Future.succeededFuture();
  }
}
