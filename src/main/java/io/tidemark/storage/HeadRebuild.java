package io.tidemark.storage;

import io.tidemark.codec.ByteReader;
import io.tidemark.log.Log;
import io.tidemark.storage.head.Head;
import io.tidemark.storage.head.HeadFrames;
import io.tidemark.storage.head.HeadLoader;
import io.tidemark.storage.head.HeadSnapshot;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Entropy;
import io.tidemark.time.Loop;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.Optional;

/// Forgets series that stopped: makes a head without those that have no samples in memory and no live writer, when they are more than a
/// third.
///
/// The new head is made on a worker as if from a checkpoint, then replays on the loop what came since, beside the old one that goes on,
/// until the shard can put it in the old one's place within one turn. State belongs to the shard's loop; one rebuild at a time.
final class HeadRebuild {
  /// Of three series, at most so many may live, so what stopped is about half of what lives at most. For a million series that live a
  /// rebuild takes half a second of a worker, 8 ms of the loop, and 310 MB until it is done; it should free some, of 118 bytes each.
  private static final int LIVE_OF_THREE = 2;

  private final int partition;
  private final StorageConfig config;
  private final Log log;
  private final Offload offload;
  private final Loop loop;
  private final Clock clock;
  private final Entropy entropy;
  private final Changes changes;
  private final Metrics metrics;
  private Optional<LogTail> catchingUp = Optional.empty();

  HeadRebuild(int partition, StorageConfig config, StorageParts parts, Offload offload, Changes changes) {
    this.partition = partition;
    this.config = config;
    this.offload = offload;
    this.changes = changes;
    log = parts.log();
    loop = offload.loop();
    clock = parts.clock();
    entropy = parts.entropy();
    metrics = parts.metrics();
  }

  /// A head and the tail that follows the log into it.
  record Rebuilt(Head head, LogTail tail) {}

  /// Makes a head from another and its tail. On the loop, on which the future completes: with a head that is level with the old one, whose
  /// tail is paused, to be handed over at once; or with nothing, when too many of the series live. After a failure the old tail goes on.
  Future<Optional<Rebuilt>> run(Head head, LogTail tail) {
    assert loop.isCurrent();
    HeadSnapshot snapshot = head.freeze(tail.applied());
    return offload.run(() -> withoutStopped(snapshot)).compose(next -> next.isEmpty() ? Future.succeededFuture(Optional.empty())
        : catchUp(next.get(), snapshot.position(), tail).map(Optional::of));
  }

  private Optional<Head> withoutStopped(HeadSnapshot snapshot) {
    if (3L * snapshot.liveCount() > (long) LIVE_OF_THREE * snapshot.seriesCount()) {
      return Optional.empty();
    }
    // Counts into metrics that nobody sees until it takes the old one's place.
    var next = new Head(loop, config.headLimits(log.partitions()), entropy, new Metrics(), String.valueOf(partition));
    var loader = new HeadLoader(HeadFrames.VERSION, "rebuilt head", next, config.windowMillis());
    snapshot.write(frame -> loader.load(new ByteReader("rebuilt head", frame.array(), 0, frame.count())));
    assert loader.position() == snapshot.position();
    return Optional.of(next);
  }

  private Future<Rebuilt> catchUp(Head next, long from, LogTail old) {
    var nextTail = new LogTail(partition, from, log, loop, clock, next, changes, metrics);
    catchingUp = Optional.of(nextTail);
    nextTail.start();
    // Twice: first while the old tail goes on, then, with little left, while it pauses.
    return level(nextTail, old).compose(_ -> {
      old.pause();
      return level(nextTail, old);
    }).onFailure(_ -> old.resume()).onComplete(_ -> catchingUp = Optional.empty()).map(new Rebuilt(next, nextTail));
  }

  private static Future<Void> level(LogTail tail, LogTail with) {
    Promise<Void> promise = Promise.promise();
    tail.reached(with.applied(), promise);
    return promise.future();
  }

  /// Gives up a rebuild that is under way. On the loop.
  void close() {
    assert loop.isCurrent();
    catchingUp.ifPresent(LogTail::close);
  }
}
