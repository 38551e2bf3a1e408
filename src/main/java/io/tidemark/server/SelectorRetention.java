package io.tidemark.server;

import io.tidemark.model.Matcher;
import io.tidemark.model.TimeRange;
import io.tidemark.state.State;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Loop;
import io.tidemark.time.Timers;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Deletes the samples of the series that {@link RetentionRule}s name once they are too old: a delete a day for each retention, like one
/// that somebody sends, so that all replicas do the same and the bytes come back within a day.
///
/// Days are those of UTC, by the wall clock: a sample goes between its retention and a day later, and a block is written anew for a rule
/// once. How far a retention has come is in the state, so that nodes and restarts do not repeat it; twice does no harm. On its loop.
final class SelectorRetention {
  static final long FIRST_LOOK_MILLIS = 60_000;
  static final long LOOK_MILLIS = 3_600_000;
  private static final String PREFIX = "retention/";
  private static final Logger LOG = LoggerFactory.getLogger(SelectorRetention.class);

  private final Map<Long, List<List<Matcher>>> byRetention = new TreeMap<>();
  private final BiFunction<List<List<Matcher>>, TimeRange, Future<Void>> erase;
  private final State state;
  private final Loop loop;
  private final Clock clock;
  private final Counter deletes;
  private final Counter failures;
  private Timers.Timer timer = () -> {};
  private boolean stopped;

  /// @param erase as {@link io.tidemark.storage.Eraser#erase}
  SelectorRetention(List<RetentionRule> rules, BiFunction<List<List<Matcher>>, TimeRange, Future<Void>> erase, State state, Loop loop,
      Clock clock, Metrics metrics) {
    this.erase = erase;
    this.state = state;
    this.loop = loop;
    this.clock = clock;
    rules.stream().map(RetentionRule::retentionMillis).distinct().forEach(retention -> byRetention.put(retention,
        rules.stream().filter(rule -> rule.retentionMillis() == retention).map(RetentionRule::matchers).toList()));
    deletes = metrics.counter("tidemark_retention_deletes_total", "Deletes made because of storage.retention_rules.");
    failures = metrics.counter("tidemark_retention_failures_total", "Such deletes that failed; they are tried again within an hour.");
  }

  void start() {
    loop.execute(() -> timer = loop.after(FIRST_LOOK_MILLIS, this::look));
  }

  void stop() {
    loop.execute(() -> {
      stopped = true;
      timer.cancel();
    });
  }

  private void look() {
    Future<Void> done = Future.succeededFuture();
    for (Map.Entry<Long, List<List<Matcher>>> one : byRetention.entrySet()) {
      done = done.compose(_ -> goOn(one.getKey(), one.getValue()));
    }
    done.onComplete(_ -> loop.execute(() -> {
      if (!stopped) {
        timer = loop.after(LOOK_MILLIS, this::look);
      }
    }));
  }

  /// Deletes what has become too old since the last time. Never fails.
  private Future<Void> goOn(long retentionMillis, List<List<Matcher>> selectors) {
    long day = RetentionRule.DAY_MILLIS;
    long before = Math.floorDiv(clock.millis() - retentionMillis, day) * day;
    String key = PREFIX + retentionMillis / day + "d";
    String reached = before + " " + selectors;
    return state.get(key).compose(entry -> isReached(entry, before, selectors) ? Future.succeededFuture()
        : erase.apply(selectors, new TimeRange(Long.MIN_VALUE, before))
            .compose(_ -> state.put(key, reached.getBytes(StandardCharsets.UTF_8))).map(_ -> {
              deletes.increment();
              LOG.atInfo().addKeyValue("retention_days", retentionMillis / day).addKeyValue("before_millis", before)
                  .addKeyValue("selectors", selectors).log("Samples older than their retention are deleted");
              return (Void) null;
            })).recover(e -> {
              failures.increment();
              LOG.atWarn().addKeyValue("retention_days", retentionMillis / day).addKeyValue("reason", String.valueOf(e.getMessage()))
                  .log("Samples older than their retention could not be deleted; it is tried again within an hour");
              return Future.succeededFuture();
            });
  }

  /// Whether the same selectors came at least as far before.
  private static boolean isReached(Optional<State.Entry> entry, long beforeMillis, List<List<Matcher>> selectors) {
    return entry.map(known -> new String(known.value(), StandardCharsets.UTF_8)).filter(text -> {
      int space = text.indexOf(' ');
      return space > 0 && text.substring(space + 1).equals(selectors.toString())
          && Long.parseLong(text.substring(0, space)) >= beforeMillis;
    }).isPresent();
  }
}
