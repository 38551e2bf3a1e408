package io.tidemark.rules;

import io.tidemark.log.BatchWriter;
import io.tidemark.model.LabelSet;
import io.tidemark.state.State;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Loop;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;

/// Evaluates rule groups on time and keeps the states of their alerts.
///
/// Groups come from sources (`files`, `api`), each loaded as a whole: groups that did not change go on undisturbed, changed ones keep
/// the alerts of rules that are still there. All methods may be called from any thread; futures complete on the engine's loop.
public final class RuleEngine {
  private static final long COUNT_NANOS_MIN = 1_000_000_000L;

  private final EngineParts parts;
  private final SavedAlerts saved;
  private final Promise<Void> started = Promise.promise();
  private final AtomicInteger groupCount = new AtomicInteger();
  private final AtomicInteger ruleCount = new AtomicInteger();
  /// Alerts by state, as of the last evaluation or load.
  private final AtomicIntegerArray alertCounts = new AtomicIntegerArray(AlertState.values().length);

  // Owned by the loop.
  private final Map<String, Map<RuleGroup.Key, GroupRunner>> sources = new LinkedHashMap<>();
  private final Map<String, List<ActiveAlert>> restored = new HashMap<>();
  private long countedAtNanos;
  private boolean stopped;

  /// @param queries the query engine, never cached
  /// @param writer  for this engine alone, used on `loop`
  /// @param workers expand templates and wait there for the queries these ask; virtual threads or a bounded pool
  public RuleEngine(RuleSettings settings, RuleQueries queries, BatchWriter writer, State state, AlertSink sink, Loop loop,
      Executor workers, Clock clock, Metrics metrics) {
    this.saved = new SavedAlerts(state);
    this.parts = new EngineParts(settings, queries, new AlertTexts(settings, queries), writer, saved, sink, loop,
        new OnLoop(loop, workers), clock, new RuleMetrics(metrics));
    metrics.gauge("tidemark_rule_groups", "Rule groups loaded.", groupCount::get);
    metrics.gauge("tidemark_rules", "Rules loaded.", ruleCount::get);
    for (AlertState kind : AlertState.values()) {
      metrics.gauge("tidemark_rule_alerts", "Alerts by state; inactive ones are resolved and still told.",
          () -> alertCounts.get(kind.ordinal()), "state", kind.text());
    }
  }

  /// Reads the saved alerts; groups begin to run when this is done and they are loaded. Fails when the state store cannot be read, and
  /// may then be called again.
  public Future<Void> start() {
    return parts.onLoop().back(saved.load()).map(alerts -> {
      restored.putAll(alerts);
      started.tryComplete();
      // Alerts whose rule did not come back by now belong to nobody.
      parts.loop().after(RuleSettings.RESOLVED_RETENTION_MILLIS, this::forgetOrphans);
      return null;
    });
  }

  private void forgetOrphans() {
    restored.forEach((ruleId, alerts) -> alerts.forEach(alert -> forget(ruleId, alert.labels)));
    restored.clear();
  }

  private void forget(String ruleId, LabelSet labels) {
    parts.onLoop().back(saved.remove(ruleId, labels)).onFailure(_ -> parts.metrics().saveFailures.increment());
  }

  /// Replaces all groups of `source`; completes once they are on their timetable.
  public Future<Void> load(String source, List<RuleGroup> groups) {
    return parts.onLoop().back(started.future()).compose(_ -> replace(source, groups));
  }

  private Future<Void> replace(String source, List<RuleGroup> groups) {
    if (stopped) {
      return Future.succeededFuture();
    }
    Map<RuleGroup.Key, GroupRunner> before = sources.getOrDefault(source, Map.of());
    var after = new LinkedHashMap<RuleGroup.Key, GroupRunner>();
    var ended = new ArrayList<Future<Void>>();
    for (RuleGroup group : groups) {
      GroupRunner same = before.get(group.key());
      if (same != null && same.group().equals(group)) {
        after.put(group.key(), same);
      } else {
        var runner = new GroupRunner(parts, group, this::countNowAndThen);
        after.put(group.key(), runner);
        ended.add(same == null ? begin(runner) : same.stop().compose(_ -> takeOver(same, runner)));
      }
    }
    before.forEach((key, runner) -> {
      if (!after.containsKey(key)) {
        ended.add(runner.stop().compose(_ -> endAll(runner.rules())));
      }
    });
    sources.put(source, after);
    count();
    return Future.join(ended).mapEmpty();
  }

  private Future<Void> begin(GroupRunner runner) {
    for (RuleRunner rule : runner.rules()) {
      List<ActiveAlert> alerts = restored.remove(rule.ruleId());
      if (alerts != null) {
        rule.restore(alerts);
      }
    }
    runner.start();
    return Future.succeededFuture();
  }

  private Future<Void> takeOver(GroupRunner earlier, GroupRunner runner) {
    List<RuleRunner> gone = runner.inherit(earlier);
    return endAll(gone).transform(_ -> begin(runner));
  }

  /// Ends the series of rules that are gone and forgets their alerts. Series that cannot be ended now fade out by themselves.
  private Future<Void> endAll(List<RuleRunner> rules) {
    var ended = new ArrayList<Future<Void>>();
    for (RuleRunner rule : rules) {
      rule.alertLabels().forEach(labels -> forget(rule.ruleId(), labels));
      long timeout = parts.settings().evaluationTimeoutMillis();
      ended.add(parts.onLoop().within(timeout, "ending series", rule.written().end(parts.clock().millis())).transform(result -> {
        if (result.failed()) {
          parts.metrics().failures.increment();
        }
        return Future.succeededFuture();
      }));
    }
    return Future.join(ended).mapEmpty();
  }

  private List<GroupRunner> runners() {
    return sources.values().stream().flatMap(groups -> groups.values().stream()).toList();
  }

  /// Once a second at most, because it visits every alert.
  private void countNowAndThen() {
    long now = parts.clock().nanos();
    if (now - countedAtNanos >= COUNT_NANOS_MIN) {
      count();
    }
  }

  private void count() {
    countedAtNanos = parts.clock().nanos();
    List<GroupRunner> runners = runners();
    groupCount.set(runners.size());
    ruleCount.set(runners.stream().mapToInt(runner -> runner.rules().size()).sum());
    for (AlertState kind : AlertState.values()) {
      long alerts = runners.stream().flatMap(runner -> runner.rules().stream()).mapToLong(rule -> rule.countAlerts(kind)).sum();
      alertCounts.set(kind.ordinal(), (int) Math.min(alerts, Integer.MAX_VALUE));
    }
  }

  /// All groups as they stand, in the order in which they were loaded.
  public Future<List<GroupView>> groups() {
    Promise<List<GroupView>> views = Promise.promise();
    parts.loop().execute(() -> {
      count();
      views.complete(runners().stream().map(GroupRunner::view).toList());
    });
    return views.future();
  }

  /// Ends all evaluations; completes when none is under way. Series and alerts stay as they are, for the next start.
  public Future<Void> stop() {
    Promise<Void> ended = Promise.promise();
    parts.loop().execute(() -> {
      stopped = true;
      Future.join(runners().stream().map(GroupRunner::stop).toList()).<Void>mapEmpty().onComplete(ended);
    });
    return ended.future();
  }
}
