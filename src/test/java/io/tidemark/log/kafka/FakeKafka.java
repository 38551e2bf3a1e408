package io.tidemark.log.kafka;

import io.tidemark.guard.Guard;
import io.tidemark.guard.GuardConfig;
import io.tidemark.log.LogRecord;
import io.tidemark.log.Trace;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.VirtualTime;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// A topic that outlives the processes that write to it, and what an idempotent producer makes of one that is away at times: sends of a
/// partition are decided in their order; a failed one may be there nevertheless.
final class FakeKafka {
  final List<List<byte[]>> partitions = new ArrayList<>();
  private final Random random;
  boolean away;

  FakeKafka(int partitions, Random random) {
    this.random = random;
    for (int i = 0; i < partitions; i++) {
      this.partitions.add(new ArrayList<>());
    }
  }

  /// The producer of one process.
  final class Client implements Direct {
    private record Send(byte[] record, Promise<Long> promise) {}

    private final VirtualTime time;
    private final Guard guard;
    private final List<ArrayDeque<Send>> queues = new ArrayList<>();
    private boolean closing;

    Client(VirtualTime time) {
      this.time = time;
      guard = new Guard(new GuardConfig("kafka", 60_000, List.of(), 3, 200), time.loop("guard"), time, new Metrics());
      partitions.forEach(_ -> queues.add(new ArrayDeque<>()));
    }

    @Override
    public Future<Long> send(int partition, byte[] record, List<Trace> traces) {
      if (closing) {
        return Future.failedFuture(new TidemarkException(ErrorCode.UNAVAILABLE, "closing"));
      }
      return guard.once(() -> {
        var send = new Send(record, Promise.promise());
        queues.get(partition).add(send);
        time.loop("producer").after(1 + random.nextInt(10), () -> decide(partition));
        return send.promise.future();
      });
    }

    private void decide(int partition) {
      Send first = queues.get(partition).poll();
      if (first == null) {
        return;
      }
      List<byte[]> records = partitions.get(partition);
      boolean fails = away ? random.nextInt(20) > 0 : random.nextInt(40) == 0;
      if (!fails || random.nextInt(3) == 0) {
        records.add(first.record);
      }
      if (fails) {
        first.promise.fail(new TidemarkException(ErrorCode.UNAVAILABLE, "as the test asked for"));
      } else {
        first.promise.complete(records.size() - 1L);
      }
    }

    /// The process dies: what was on its way may have arrived.
    void crash() {
      for (int i = 0; i < queues.size(); i++) {
        ArrayDeque<Send> queue = queues.get(i);
        while (!queue.isEmpty() && random.nextBoolean()) {
          partitions.get(i).add(queue.poll().record);
        }
        queue.clear();
      }
    }

    @Override
    public boolean isAvailable() {
      return guard.state() == Guard.State.CLOSED;
    }

    @Override
    public int partitions() {
      return partitions.size();
    }

    @Override
    public Future<Long> append(int partition, byte[] record) {
      return send(partition, record, List.of());
    }

    @Override
    public Future<List<LogRecord>> read(int partition, long from, int bytesMax) {
      return Future.failedFuture(new TidemarkException(ErrorCode.NOT_SUPPORTED, "the test looks at the partitions themselves"));
    }

    @Override
    public long begin(int partition) {
      return 0;
    }

    @Override
    public long end(int partition) {
      return partitions.get(partition).size();
    }

    @Override
    public void trim(int partition, long upTo) {}

    /// Decides what is on its way, as a producer does that is flushed.
    @Override
    public Future<Void> close() {
      closing = true;
      for (int i = 0; i < queues.size(); i++) {
        while (!queues.get(i).isEmpty()) {
          decide(i);
        }
      }
      return Future.succeededFuture();
    }
  }
}
