package io.tidemark.server;

import io.tidemark.log.AlertEvents;
import io.tidemark.log.Log;
import io.tidemark.log.LogRecord;
import io.tidemark.model.Alert;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.notify.Notifier;
import io.tidemark.state.State;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Loop;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Brings the events of the alert log to the notifier. Every notifier follows all partitions. Belongs to the notifier's loop.
///
/// A start reads again what is young enough to matter, and hands it over in one piece for all partitions: told bit by bit, an alert that
/// is long over would for a moment fire again, a group that was told of its end would be told anew, and a group with a part of its alerts
/// would look resolved. In one piece it is harmless: the notification log knows what was sent, and an alert that nobody repeats counts as
/// resolved once its end has passed. What is older than {@link #KEPT_MILLIS} does not matter, because the rule engine repeats firing
/// alerts every minute and resolved ones for fifteen. Where that begins is marked once a minute: the log may drop what lies before, and
/// the marks are kept in the state (`notify/alert-marks`) for logs that keep more.
final class AlertTail {
  private static final long KEPT_MILLIS = 15 * 60_000L;
  private static final long MARK_EVERY_MILLIS = 60_000;
  private static final long RETRY_MILLIS = 1_000;
  /// How long a start waits for the events of before, should a partition not answer.
  private static final long BACKLOG_MILLIS = 30_000;
  private static final int READ_BYTES_MAX = 1 << 20;
  private static final int WAITERS_MAX = 64;
  private static final String MARKS = "notify/alert-marks";
  private static final Logger LOG = LoggerFactory.getLogger(AlertTail.class);

  private final Log log;
  private final State state;
  private final Notifier notifier;
  private final Loop loop;
  private final Clock clock;
  private final Counter damaged;
  private final Counter markFailures;
  /// Ends of the log by the time they were seen, the oldest first; one a minute, so sixteen or so.
  private final ArrayDeque<Mark> marks = new ArrayDeque<>();
  private final AlertBacklog backlog = new AlertBacklog();
  private final Promise<Void> begun = Promise.promise();
  private final ArrayDeque<Waiter> waiters = new ArrayDeque<>();
  /// The next position of each partition.
  private final long[] positions;
  /// Where the backlog ends: the log's ends at the start.
  private long[] backlogEnds;
  private boolean inBacklog = true;
  private boolean stopped;

  private record Mark(long atMillis, long[] ends) {}

  /// Somebody who waits for all events before these ends.
  private record Waiter(long[] ends, Promise<Void> promise) {}

  /// @param loop the notifier's
  AlertTail(Log log, State state, Notifier notifier, Loop loop, Clock clock, Metrics metrics) {
    this.log = log;
    this.state = state;
    this.notifier = notifier;
    this.loop = loop;
    this.clock = clock;
    positions = new long[log.partitions()];
    backlogEnds = new long[log.partitions()];
    damaged = metrics.counter("tidemark_alert_events_damaged_total", "Alert events that could not be read and were skipped.");
    markFailures = metrics.counter("tidemark_alert_marks_failed_total",
        "Times that the marks of the alert log could not be kept; a start reads more of it than it needs.");
  }

  /// Begins; completes when the notifier has what was there before, or when it has waited long enough for that.
  Future<Void> start() {
    loop.execute(() -> {
      loop.after(BACKLOG_MILLIS, this::endBacklog);
      open();
    });
    return begun.future();
  }

  private void open() {
    if (stopped) {
      return;
    }
    Future<List<Mark>> kept = state.get(MARKS).map(found -> found.map(entry -> decode(entry.value())).orElse(List.of()))
        .recover(_ -> Future.succeededFuture(List.of()));
    kept.compose(known -> log.ends().map(ends -> {
      loop.execute(() -> follow(known, ends));
      return null;
    })).onFailure(e -> {
      LOG.atWarn().addKeyValue("reason", e.getMessage()).log("The alert log does not answer; trying again.");
      loop.after(RETRY_MILLIS, this::open);
    });
  }

  private void follow(List<Mark> known, long[] ends) {
    backlogEnds = ends;
    marks.addAll(known.stream().filter(mark -> isOf(mark, ends)).toList());
    long now = clock.millis();
    Mark from = new Mark(0, new long[positions.length]);
    for (Mark mark : marks) {
      from = mark.atMillis <= now - KEPT_MILLIS ? mark : from;
    }
    for (int partition = 0; partition < positions.length; partition++) {
      positions[partition] = Math.max(log.begin(partition), from.ends[partition]);
      follow(partition);
    }
    arrived();
    mark();
  }

  /// Whether a mark can be of this log, and not of one that is gone.
  private static boolean isOf(Mark mark, long[] ends) {
    return mark.ends.length == ends.length && IntStream.range(0, ends.length).allMatch(p -> mark.ends[p] <= ends[p]);
  }

  void stop() {
    loop.execute(() -> stopped = true);
  }

  /// Completes when the notifier has every event that was durable when this was called.
  Future<Void> caughtUp() {
    Promise<Void> promise = Promise.promise();
    log.ends().onComplete(result -> loop.execute(() -> {
      if (result.failed()) {
        promise.fail(result.cause());
        return;
      }
      if (waiters.size() >= WAITERS_MAX) {
        waiters.removeFirst().promise.fail("too many wait for the alert log");
      }
      waiters.addLast(new Waiter(result.result(), promise));
      arrived();
    }));
    return promise.future();
  }

  private void follow(int partition) {
    if (stopped) {
      return;
    }
    long from = positions[partition];
    log.read(partition, from, READ_BYTES_MAX).onComplete(result -> loop.execute(() -> {
      if (stopped) {
        return;
      }
      if (result.succeeded()) {
        result.result().forEach(event -> deliver(partition, event));
        positions[partition] = result.result().getLast().position() + 1;
        arrived();
        follow(partition);
      } else if (result.cause() instanceof TidemarkException known && known.code() == ErrorCode.NOT_FOUND) {
        positions[partition] = Math.max(from, log.begin(partition));
        loop.after(positions[partition] == from ? RETRY_MILLIS : 0, () -> follow(partition));
      } else {
        LOG.atWarn().addKeyValue("partition", partition).addKeyValue("position", from).setCause(result.cause())
            .log("Reading alert events failed; trying again.");
        loop.after(RETRY_MILLIS, () -> follow(partition));
      }
    }));
  }

  private void deliver(int partition, LogRecord event) {
    try {
      List<Alert> alerts = AlertEvents.decode(event.bytes());
      if (inBacklog) {
        // Also what is new in one partition while the backlog of another still comes in.
        backlog.add(alerts);
      } else {
        notifier.receive(alerts);
      }
    } catch (TidemarkException e) {
      damaged.increment();
      LOG.atError().addKeyValue("partition", partition).addKeyValue("position", event.position())
          .log("Skipped a damaged alert event: " + e.getMessage());
    }
  }

  private boolean hasPassed(long[] ends) {
    return IntStream.range(0, ends.length).allMatch(partition -> positions[partition] >= ends[partition]);
  }

  private void arrived() {
    if (inBacklog && hasPassed(backlogEnds)) {
      endBacklog();
    }
    waiters.removeIf(waiter -> hasPassed(waiter.ends) && waiter.promise.tryComplete());
  }

  private void endBacklog() {
    if (inBacklog && !stopped) {
      inBacklog = false;
      notifier.receive(backlog.take());
      begun.complete();
    }
  }

  // ---- marks

  private void mark() {
    if (stopped) {
      return;
    }
    long now = clock.millis();
    Optional<Mark> old = Optional.empty();
    while (!marks.isEmpty() && marks.peekFirst().atMillis <= now - KEPT_MILLIS) {
      old = Optional.of(marks.pollFirst());
    }
    old.ifPresent(mark -> {
      IntStream.range(0, mark.ends.length).forEach(partition -> log.trim(partition, mark.ends[partition]));
      // The one from which a start would read.
      marks.addFirst(mark);
    });
    marks.addLast(new Mark(now, positions.clone()));
    state.put(MARKS, encode()).onFailure(_ -> markFailures.increment());
    loop.after(MARK_EVERY_MILLIS, this::mark);
  }

  private byte[] encode() {
    var all = new JsonArray();
    for (Mark mark : marks) {
      all.add(new JsonObject().put("at", mark.atMillis).put("ends", new JsonArray(LongStream.of(mark.ends).boxed().toList())));
    }
    return new JsonObject().put("marks", all).encode().getBytes(StandardCharsets.UTF_8);
  }

  /// Marks that cannot be read are as good as none.
  private static List<Mark> decode(byte[] bytes) {
    try {
      var read = new ArrayList<Mark>();
      for (Object item : new JsonObject(new String(bytes, StandardCharsets.UTF_8)).getJsonArray("marks", new JsonArray())) {
        JsonObject mark = (JsonObject) item;
        JsonArray ends = mark.getJsonArray("ends");
        read.add(new Mark(mark.getLong("at"), IntStream.range(0, ends.size()).mapToLong(ends::getLong).toArray()));
      }
      return read;
    } catch (DecodeException | ClassCastException | NullPointerException e) {
      LOG.atWarn().addKeyValue("reason", e.getMessage()).log("Marks of the alert log cannot be read; it is read from its start.");
      return List.of();
    }
  }
}
