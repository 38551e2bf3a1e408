package io.tidemark.log.kafka;

import io.tidemark.log.LogRecord;
import io.tidemark.log.SegmentLogConfig;
import io.tidemark.log.segment.Replies;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.time.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;

/// The reads of one partition, spread over a few lanes. Safe on any thread.
///
/// A consumer stands at one place of a partition, but readers may not: storage replays a shard from an older position while its former
/// tail goes on. So each partition has {@link #LANES} lanes, each with a place and a consumer of its own. A read goes to the lane that
/// has or will have its record; else it takes a lane that nobody waits at, the one used longest ago; when all are taken it parks until
/// one is. Lanes at which somebody waits for the end of the log stand at the same place sooner or later, and are then joined. So
/// however many readers there are, each gets on: those at the end share one lane, the others take turns.
final class PartitionReads {
  static final int LANES = 3;
  /// A lane whose reader has not come back for so long keeps nothing.
  private static final long IDLE_NANOS = 30_000_000_000L;

  private final int partition;
  private final String place;
  private final Offsets offsets;
  private final Clock clock;
  private final long laneBytesMax;
  /// Tells the fetcher of a lane that there is an order.
  private final IntConsumer signal;

  // Guarded by this.
  private final List<Lane> lanes = new ArrayList<>();
  private final ArrayDeque<Read> parked = new ArrayDeque<>();
  private boolean closing;

  PartitionReads(int partition, String topic, Offsets offsets, Clock clock, long laneBytesMax, IntConsumer signal) {
    this.partition = partition;
    place = "Kafka topic " + topic + ", partition " + partition;
    this.offsets = offsets;
    this.clock = clock;
    this.laneBytesMax = laneBytesMax;
    this.signal = signal;
    for (int i = 0; i < LANES; i++) {
      lanes.add(new Lane());
    }
  }

  /// What became of reads, to be told and done outside the lock.
  private static final class Outcome {
    private final List<Runnable> answers = new ArrayList<>();
    private int signals;

    void answer(Read read, List<LogRecord> records) {
      answers.add(() -> Replies.complete(read.promise(), records));
    }

    void refuse(Read read, TidemarkException refusal) {
      answers.add(() -> Replies.fail(read.promise(), refusal));
    }

    void signal(int lane) {
      signals |= 1 << lane;
    }
  }

  private void settle(Outcome outcome) {
    for (int lane = 0; lane < LANES; lane++) {
      if ((outcome.signals & 1 << lane) != 0) {
        signal.accept(lane);
      }
    }
    outcome.answers.forEach(Runnable::run);
  }

  void serve(Read read) {
    var outcome = new Outcome();
    synchronized (this) {
      place(read, outcome);
    }
    settle(outcome);
  }

  private void place(Read read, Outcome outcome) {
    if (closing) {
      outcome.refuse(read, closing());
      return;
    }
    if (read.from() < offsets.begin(partition)) {
      outcome.refuse(read, new TidemarkException(ErrorCode.NOT_FOUND, place + ": position " + read.from()
          + " is not kept any more, the first is " + offsets.begin(partition)));
      return;
    }
    long now = clock.nanos();
    // Positions that do not exist yet are reached from the end.
    long target = Math.min(read.from(), offsets.end(partition));
    for (Lane lane : lanes) {
      List<LogRecord> found = lane.covers(target) ? lane.take(read, now) : List.of();
      if (!found.isEmpty()) {
        outcome.answer(read, found);
        return;
      }
    }
    if (waitingReads() >= SegmentLogConfig.WAITING_READS_MAX) {
      outcome.refuse(read, new TidemarkException(ErrorCode.UNAVAILABLE, place + ": more than " + SegmentLogConfig.WAITING_READS_MAX
          + " reads wait"));
      return;
    }
    for (int i = 0; i < LANES; i++) {
      if (lanes.get(i).covers(target)) {
        await(i, read, now, outcome);
        return;
      }
    }
    int free = freeLane(outcome);
    if (free < 0) {
      parked.add(read);
      return;
    }
    lanes.get(free).seek(target);
    await(free, read, now, outcome);
  }

  private void await(int lane, Read read, long now, Outcome outcome) {
    if (lanes.get(lane).await(read, now)) {
      outcome.signal(lane);
    }
  }

  /// The lane used longest ago of those at which nobody waits, or -1.
  private int freeLane(Outcome outcome) {
    int free = longestUnused();
    if (free < 0) {
      join(outcome);
      free = longestUnused();
    }
    return free;
  }

  private int longestUnused() {
    int free = -1;
    for (int i = 0; i < LANES; i++) {
      Lane lane = lanes.get(i);
      if (lane.isUnused()) {
        return i;
      }
      if (lane.isFree() && (free < 0 || lane.usedNanos() - lanes.get(free).usedNanos() < 0)) {
        free = i;
      }
    }
    return free;
  }

  /// Moves reads to another lane that covers them, so that a lane comes free.
  private void join(Outcome outcome) {
    for (int i = LANES - 1; i > 0; i--) {
      Lane lane = lanes.get(i);
      for (int j = 0; j < i; j++) {
        Lane other = lanes.get(j);
        if (lane.allCovered(other, offsets.end(partition))) {
          List<Read> moved = lane.removeWaiting();
          lane.release();
          moved.forEach(read -> place(read, outcome));
          return;
        }
      }
    }
  }

  /// Takes over what the lane's fetcher found, and answers whom that serves.
  void deliver(int number, List<LogRecord> fetched) {
    var outcome = new Outcome();
    synchronized (this) {
      Lane lane = lanes.get(number);
      lane.add(fetched);
      if (!fetched.isEmpty()) {
        offsets.reaches(partition, fetched.getLast().position() + 1);
      }
      long now = clock.nanos();
      for (Read read : lane.removeWaiting()) {
        List<LogRecord> found = lane.take(read, now);
        if (found.isEmpty()) {
          await(number, read, now, outcome);
        } else {
          outcome.answer(read, found);
        }
      }
      lane.forget(laneBytesMax);
      if (!parked.isEmpty() && lane.isFree()) {
        place(parked.poll(), outcome);
      }
    }
    settle(outcome);
  }

  Lane.Order order(int number) {
    synchronized (this) {
      Lane lane = lanes.get(number);
      return lane.order(laneBytesMax / 2, clock.nanos() - lane.usedNanos() < IDLE_NANOS);
    }
  }

  /// Forgets what lanes keep whose readers are gone.
  void forgetIdle() {
    synchronized (this) {
      long now = clock.nanos();
      for (Lane lane : lanes) {
        if (!lane.isUnused() && lane.isFree() && now - lane.usedNanos() >= IDLE_NANOS) {
          lane.release();
        }
      }
    }
  }

  /// The lane's place is not in the log: before its first record, or after its end, which went back. Finds out which.
  void outOfRange(int number) {
    List<Read> lost;
    synchronized (this) {
      lost = lanes.get(number).removeWaiting();
      lanes.get(number).release();
    }
    offsets.reload(partition).onComplete(result -> {
      if (result.succeeded()) {
        lost.forEach(this::serve);
      } else {
        lost.forEach(read -> Replies.fail(read.promise(), Failures.of(place, result.cause())));
      }
      servePark();
    });
  }

  /// Fails those who wait at a lane.
  void fail(int number, Throwable failure) {
    List<Read> lost;
    synchronized (this) {
      lost = lanes.get(number).removeWaiting();
      lanes.get(number).release();
    }
    lost.forEach(read -> Replies.fail(read.promise(), Failures.of(place, failure)));
    servePark();
  }

  private void servePark() {
    Read first;
    synchronized (this) {
      first = parked.poll();
    }
    if (first != null) {
      serve(first);
    }
  }

  void close() {
    var lost = new ArrayList<Read>();
    synchronized (this) {
      closing = true;
      lanes.forEach(lane -> lost.addAll(lane.removeWaiting()));
      lost.addAll(parked);
      parked.clear();
    }
    lost.forEach(read -> Replies.fail(read.promise(), closing()));
  }

  private TidemarkException closing() {
    return new TidemarkException(ErrorCode.UNAVAILABLE, place + ": the log is closing");
  }

  synchronized int waitingReads() {
    return parked.size() + lanes.stream().mapToInt(Lane::waiting).sum();
  }

  synchronized long recentBytes() {
    return lanes.stream().mapToLong(Lane::bytes).sum();
  }
}
