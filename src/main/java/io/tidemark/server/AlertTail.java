package io.tidemark.server;

import io.tidemark.log.AlertEvents;
import io.tidemark.log.Log;
import io.tidemark.log.LogRecord;
import io.tidemark.model.Alert;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.notify.Notifier;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Loop;
import io.vertx.core.Future;
import java.util.ArrayDeque;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The bridge between rule engine and notifier: alert events are durable in a small log of one partition before the rule engine counts
/// them as told, and the notifier follows that log.
///
/// A restart reads what is kept from the start, and hands it over in one piece: told bit by bit, an alert that is long over would for a
/// moment fire again, and a group that was told of its end would be told anew. In one piece it is harmless: the notification log knows
/// what was sent, and an alert that nobody repeats counts as resolved once its end has passed. What is older than {@link #KEPT_MILLIS}
/// may go, because the rule engine repeats firing alerts every minute and resolved ones for fifteen.
final class AlertTail {
  private static final long KEPT_MILLIS = 15 * 60_000L;
  private static final long TRIM_EVERY_MILLIS = 60_000;
  private static final long RETRY_MILLIS = 1_000;
  private static final int READ_BYTES_MAX = 1 << 20;
  private static final int PARTITION = 0;
  private static final Logger LOG = LoggerFactory.getLogger(AlertTail.class);

  private final Log log;
  private final Notifier notifier;
  private final Loop loop;
  private final Clock clock;
  private final Counter damaged;
  private final Counter undurable;
  /// Ends of the log by the time they were seen, the oldest first; one a minute, so fifteen or so.
  private final ArrayDeque<Mark> marks = new ArrayDeque<>();
  private final AlertBacklog backlog = new AlertBacklog();
  /// Where the backlog ends: the log's end at the start.
  private long backlogEnd;
  private boolean stopped;

  private record Mark(long atMillis, long end) {}

  /// @param loop the notifier's
  AlertTail(Log log, Notifier notifier, Loop loop, Clock clock, Metrics metrics) {
    this.log = log;
    this.notifier = notifier;
    this.loop = loop;
    this.clock = clock;
    damaged = metrics.counter("tidemark_alert_events_damaged_total", "Alert events that could not be read and were skipped.");
    undurable = metrics.counter("tidemark_alert_events_undurable_total", "Alerts that the alert log refused and the notifier got past it.");
  }

  /// Makes alerts durable; the notifier gets them on its own. When the log cannot take them, a full disk for one, it gets them at once:
  /// a page must not wait for room. What a crash then loses, the rule engine repeats.
  Future<Void> send(List<Alert> alerts) {
    return log.append(PARTITION, AlertEvents.encode(alerts)).transform(appended -> {
      if (appended.failed()) {
        undurable.add(alerts.size());
        LOG.atWarn().addKeyValue("alerts", alerts.size()).addKeyValue("reason", appended.cause().getMessage())
            .log("The alert log takes no events; the notifier gets them past it.");
        loop.execute(() -> notifier.receive(alerts));
      }
      return Future.succeededFuture();
    });
  }

  void start() {
    loop.execute(() -> {
      backlogEnd = log.end(PARTITION);
      follow(log.begin(PARTITION));
      trim();
    });
  }

  void stop() {
    loop.execute(() -> stopped = true);
  }

  private void follow(long from) {
    if (stopped) {
      return;
    }
    log.read(PARTITION, from, READ_BYTES_MAX).onComplete(result -> loop.execute(() -> {
      if (stopped) {
        return;
      }
      if (result.succeeded()) {
        result.result().forEach(this::deliver);
        long next = result.result().getLast().position() + 1;
        if (next >= backlogEnd) {
          notifier.receive(backlog.take());
        }
        follow(next);
      } else if (result.cause() instanceof TidemarkException known && known.code() == ErrorCode.NOT_FOUND) {
        follow(log.begin(PARTITION));
      } else {
        LOG.atWarn().addKeyValue("position", from).setCause(result.cause()).log("Reading alert events failed; trying again.");
        loop.after(RETRY_MILLIS, () -> follow(from));
      }
    }));
  }

  private void deliver(LogRecord event) {
    try {
      List<Alert> alerts = AlertEvents.decode(event.bytes());
      if (event.position() < backlogEnd) {
        backlog.add(alerts);
      } else {
        notifier.receive(backlog.take());
        notifier.receive(alerts);
      }
    } catch (TidemarkException e) {
      damaged.increment();
      LOG.atError().addKeyValue("position", event.position()).log("Skipped a damaged alert event: " + e.getMessage());
    }
  }

  private void trim() {
    if (stopped) {
      return;
    }
    long now = clock.millis();
    while (!marks.isEmpty() && marks.peekFirst().atMillis() <= now - KEPT_MILLIS) {
      log.trim(PARTITION, marks.pollFirst().end());
    }
    marks.addLast(new Mark(now, log.end(PARTITION)));
    loop.after(TRIM_EVERY_MILLIS, this::trim);
  }
}
