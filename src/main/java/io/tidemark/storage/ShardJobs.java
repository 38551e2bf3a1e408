package io.tidemark.storage;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.telemetry.Counter;
import io.tidemark.time.Clock;
import io.tidemark.time.Loop;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The work of one shard that takes more than one turn of its loop: one job at a time, in the order asked for.
///
/// Each job begins on the loop, and the next one when its future is complete, so that no two jobs change blocks, checkpoints or heads at
/// the same time. One that fails is counted and told, and holds up no other; after it comes a pause that doubles with each failure in
/// turn, up to a bound. Whoever asks again by itself, as the shard does at each tick, asks when nothing waits and the pause is over: that
/// bounds the queue.
///
/// All state belongs to the loop.
final class ShardJobs {
  private static final Logger LOG = LoggerFactory.getLogger(ShardJobs.class);
  private static final long RETRY_MILLIS_MIN = 1_000;
  private static final long RETRY_MILLIS_MAX = 60_000;

  private final int partition;
  private final Loop loop;
  private final Clock clock;
  private final Counter failures;
  /// Complete when all jobs so far have ended; never fails.
  private Future<Void> ended = Future.succeededFuture();
  private int waiting;
  private boolean closed;
  private long retryMillis = RETRY_MILLIS_MIN;
  private long retryAtNanos = Long.MIN_VALUE;

  ShardJobs(int partition, Loop loop, Clock clock, Counter failures) {
    this.partition = partition;
    this.loop = loop;
    this.clock = clock;
    this.failures = failures;
  }

  /// Runs a job after those that wait already. On the loop; the future tells the job's end, and fails with `UNAVAILABLE` when the shard
  /// has closed before its turn.
  Future<Void> enqueue(Supplier<Future<Void>> job) {
    assert loop.isCurrent();
    waiting++;
    Future<Void> result = ended.transform(_ -> closed ? Future.failedFuture(closing()) : job.get());
    ended = result.transform(outcome -> {
      waiting--;
      if (outcome.failed() && !closed) {
        retryAtNanos = clock.nanos() + retryMillis * 1_000_000;
        retryMillis = Math.min(RETRY_MILLIS_MAX, retryMillis * 2);
        failed(outcome.cause());
      } else {
        retryMillis = RETRY_MILLIS_MIN;
      }
      return Future.succeededFuture();
    });
    return result;
  }

  /// {@link #enqueue} from any thread.
  Future<Void> request(Supplier<Future<Void>> job) {
    Promise<Void> done = Promise.promise();
    loop.execute(() -> enqueue(job).onComplete(done));
    return done.future();
  }

  /// Whether no job runs or waits. On the loop.
  boolean isIdle() {
    assert loop.isCurrent();
    return waiting == 0;
  }

  /// Whether a job failed a moment ago. On the loop.
  boolean isPausing() {
    assert loop.isCurrent();
    return clock.nanos() < retryAtNanos;
  }

  /// Counts and tells a failure that its job got over. On the loop.
  void failed(Throwable cause) {
    assert loop.isCurrent();
    failures.increment();
    var event = LOG.atWarn().addKeyValue("shard", partition).addKeyValue("reason", cause.getMessage());
    boolean isDefect = !(cause instanceof TidemarkException e) || e.code() == ErrorCode.INTERNAL;
    (isDefect ? event.setCause(cause) : event).log("Storage work failed; it is tried again");
  }

  private TidemarkException closing() {
    return new TidemarkException(ErrorCode.UNAVAILABLE, "storage closes; shard " + partition + " takes no more work");
  }

  /// Takes no more jobs once `last` is complete, and those that were asked for until then. On the loop; the future tells when, and never
  /// fails.
  Future<Void> close(Future<Void> last) {
    assert loop.isCurrent();
    return last.transform(_ -> ended).onComplete(_ -> closed = true);
  }
}
