package io.tidemark.log.kafka;

import io.tidemark.guard.Guard;
import io.tidemark.log.segment.Replies;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.time.Timers;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;

/// Where each partition begins and ends: the last known, and on request the present. Safe on any thread.
final class Offsets {
  /// How often ends are asked for in the background; begins, which only retention moves, less often.
  private static final long REFRESH_MILLIS = 1_000;
  private static final int ENDS_PER_BEGINS = 10;

  private final List<TopicPartition> partitions;
  private final Admin admin;
  private final Guard guard;
  private final Timers timers;
  private final AtomicLongArray begins;
  private final AtomicLongArray ends;

  // Guarded by this.
  private boolean asking;
  /// For those who came after the request under way was sent.
  private Promise<long[]> next = Promise.promise();
  private boolean wanted;
  private boolean closed;
  private int refreshes;

  Offsets(String topic, int count, Admin admin, Guard guard, Timers timers) {
    partitions = IntStream.range(0, count).mapToObj(i -> new TopicPartition(topic, i)).toList();
    this.admin = admin;
    this.guard = guard;
    this.timers = timers;
    begins = new AtomicLongArray(count);
    ends = new AtomicLongArray(count);
  }

  long begin(int partition) {
    return begins.get(partition);
  }

  long end(int partition) {
    return ends.get(partition);
  }

  /// Notes that the partition reaches to `end` at least.
  void reaches(int partition, long end) {
    ends.accumulateAndGet(partition, end, Math::max);
  }

  /// Asks for both sides of all partitions.
  Future<Void> load() {
    return loadBegins().compose(_ -> ends()).mapEmpty();
  }

  private Future<Void> loadBegins() {
    return guard.call(() -> list(partitions, OffsetSpec.earliest())).map(found -> {
      found.forEach((at, offset) -> begins.accumulateAndGet(at.partition(), offset, Math::max));
      return null;
    });
  }

  /// Asks for both sides of one partition and takes them as they are, even when its end went back.
  Future<Void> reload(int partition) {
    List<TopicPartition> one = List.of(partitions.get(partition));
    return guard.call(() -> list(one, OffsetSpec.earliest()).compose(begin -> list(one, OffsetSpec.latest()).map(end -> {
      begins.set(partition, begin.get(one.getFirst()));
      ends.set(partition, end.get(one.getFirst()));
      return null;
    })));
  }

  /// The ends of all partitions, none of them older than this call. Callers that come while a request is under way share the next one.
  Future<long[]> ends() {
    Promise<long[]> own = Replies.promise();
    boolean ask;
    synchronized (this) {
      if (closed) {
        return Future.failedFuture(closing());
      }
      next.future().onComplete(result -> {
        if (result.succeeded()) {
          Replies.complete(own, result.result().clone());
        } else {
          Replies.fail(own, result.cause());
        }
      });
      wanted = true;
      ask = !asking;
      asking = true;
    }
    if (ask) {
      ask();
    }
    return own.future();
  }

  private void ask() {
    Promise<long[]> answer;
    synchronized (this) {
      answer = next;
      next = Promise.promise();
      wanted = false;
    }
    guard.call(() -> list(partitions, OffsetSpec.latest())).onComplete(result -> {
      boolean again;
      synchronized (this) {
        again = wanted && !closed;
        asking = again;
      }
      if (again) {
        ask();
      }
      if (result.succeeded()) {
        long[] found = new long[partitions.size()];
        result.result().forEach((at, offset) -> {
          found[at.partition()] = offset;
          reaches(at.partition(), offset);
        });
        answer.complete(found);
      } else {
        answer.fail(Failures.of("ends of Kafka topic " + partitions.getFirst().topic(), result.cause()));
      }
    });
  }

  private Future<Map<TopicPartition, Long>> list(List<TopicPartition> of, OffsetSpec spec) {
    var request = new HashMap<TopicPartition, OffsetSpec>();
    of.forEach(partition -> request.put(partition, spec));
    return Future.fromCompletionStage(admin.listOffsets(request).all().toCompletionStage()).transform(result -> {
      if (result.failed()) {
        return Future.failedFuture(Failures.of("offsets of Kafka topic " + partitions.getFirst().topic(), result.cause()));
      }
      var offsets = new HashMap<TopicPartition, Long>();
      for (Map.Entry<TopicPartition, ListOffsetsResultInfo> entry : result.result().entrySet()) {
        offsets.put(entry.getKey(), entry.getValue().offset());
      }
      return Future.succeededFuture(offsets);
    });
  }

  /// Keeps the known sides fresh until {@link #close}. A refresh that fails is counted by the guard and made again at the next turn.
  void refresh() {
    Future<?> asked;
    synchronized (this) {
      if (closed) {
        return;
      }
      asked = refreshes++ % ENDS_PER_BEGINS == 0 ? load() : ends();
    }
    asked.onComplete(_ -> timers.after(REFRESH_MILLIS, this::refresh));
  }

  void close() {
    Promise<long[]> waiting;
    synchronized (this) {
      closed = true;
      waiting = next;
    }
    waiting.tryFail(closing());
  }

  private TidemarkException closing() {
    return new TidemarkException(ErrorCode.UNAVAILABLE, "Kafka topic " + partitions.getFirst().topic() + ": the log is closing");
  }
}
