package io.tidemark.rules;

import io.tidemark.cluster.LeaseConfig;
import io.tidemark.cluster.LeaseKeeper;
import io.tidemark.cluster.LeaseTenure;
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
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Evaluates rule groups on time and keeps the states of their alerts.
///
/// Groups come from sources (`files`, `api`), each loaded as a whole: groups that did not change go on undisturbed, changed ones keep
/// the alerts of rules that are still there. Every node with the role loads all groups and runs those whose slot it has leased; a group
/// goes with its saved alerts to the node that has the slot next. All methods may be called from any thread; futures complete on the
/// engine's loop.
public final class RuleEngine implements RuleBoard, RuleLoader {
  /// Into so many parts groups are shared out among nodes; the same on all of them.
  static final int SLOTS = 64;
  private static final long COUNT_NANOS_MIN = 1_000_000_000L;
  private static final long READ_AGAIN_MILLIS = 1_000;
  private static final Logger LOG = LoggerFactory.getLogger(RuleEngine.class);

  private final EngineParts parts;
  private final SavedAlerts saved;
  private final LeaseKeeper leases;
  private final Promise<Void> started = Promise.promise();
  private final AtomicInteger groupCount = new AtomicInteger();
  private final AtomicInteger ruleCount = new AtomicInteger();
  private final AtomicInteger runningCount = new AtomicInteger();
  /// Alerts by state, as of the last evaluation or load.
  private final AtomicIntegerArray alertCounts = new AtomicIntegerArray(AlertState.values().length);

  // Owned by the loop.
  private final Map<String, Map<RuleGroup.Key, RuleGroup>> sources = new LinkedHashMap<>();
  /// Groups that this node runs, or ran until it lost their slot: should nobody else have had it when it comes back, they go on.
  private final Map<RuleGroup.Key, GroupRunner> runners = new HashMap<>();
  private final List<Slot> slots = IntStream.range(0, SLOTS).mapToObj(_ -> new Slot()).toList();
  private Optional<SharedRuleBoard> board = Optional.empty();
  /// The last of the loads, which wait for one another.
  private Future<Void> loading = started.future();
  private long countedAtNanos;
  private boolean stopped;

  /// What this node knows of a slot.
  private static final class Slot {
    /// Present while its groups run here.
    Optional<LeaseTenure> tenure = Optional.empty();
    /// Whether its saved alerts were read since another node may have written them.
    boolean isRead;
    /// Saved alerts whose rule is not loaded, by rule.
    final Map<String, List<ActiveAlert>> unclaimed = new HashMap<>();
  }

  /// @param queries the query engine, never cached
  /// @param writer  for this engine alone, used on `loop`
  /// @param workers expand templates and wait there for the queries these ask; virtual threads or a bounded pool
  public RuleEngine(RuleSettings settings, RuleQueries queries, BatchWriter writer, State state, LeaseConfig leases, AlertSink sink,
      Loop loop, Executor workers, Clock clock, Metrics metrics) {
    var counted = new RuleMetrics(metrics);
    this.saved = new SavedAlerts(state, counted.unreadable);
    this.parts = new EngineParts(settings, queries, new AlertTexts(settings, queries), writer, saved, sink, loop,
        new OnLoop(loop, workers), clock, counted);
    this.leases = new LeaseKeeper("rules", SLOTS, leases, state, new Tenant(), loop, clock, metrics);
    metrics.gauge("tidemark_rule_groups", "Rule groups loaded.", groupCount::get);
    metrics.gauge("tidemark_rules", "Rules loaded.", ruleCount::get);
    metrics.gauge("tidemark_rule_groups_running", "Rule groups that this node runs.", runningCount::get);
    for (AlertState kind : AlertState.values()) {
      metrics.gauge("tidemark_rule_alerts", "Alerts by state; inactive ones are resolved and still told.",
          () -> alertCounts.get(kind.ordinal()), "state", kind.text());
    }
  }

  /// Lets other nodes see the groups that this one runs, and this one those of others. Before `start`.
  public void share(SharedRuleBoard shared) {
    board = Optional.of(shared);
  }

  /// Takes part in sharing out the groups; they begin to run when they are loaded and their saved alerts are read. Completes when this
  /// is so for those that were free; never fails, what cannot be had now is tried again.
  public Future<Void> start() {
    return parts.onLoop().back(leases.start()).onComplete(_ -> started.tryComplete());
  }

  /// The slots of rule groups that this node runs. Any thread.
  public List<LeaseKeeper.Held> leases() {
    return leases.held();
  }

  // ---- slots

  private Slot slotOf(RuleGroup.Key group) {
    return slots.get(leases.slotOf(group.file() + "\u0000" + group.name()));
  }

  private List<RuleGroup> loaded() {
    return sources.values().stream().flatMap(groups -> groups.values().stream()).toList();
  }

  private final class Tenant implements LeaseKeeper.Tenant {
    @Override
    public Future<Void> gained(LeaseTenure tenure, boolean continues) {
      Slot slot = slots.get(tenure.slot());
      if (continues && slot.isRead) {
        slot.tenure = Optional.of(tenure);
        return resume(slot, tenure);
      }
      // What this node remembers is older than what another may have saved.
      slot.isRead = false;
      runners.keySet().removeIf(group -> slotOf(group) == slot);
      return read(slot, tenure);
    }

    /// Rules under way end while there is time, and before their next step when there is none.
    @Override
    public Future<Void> lost(LeaseTenure tenure) {
      Slot slot = slots.get(tenure.slot());
      slot.tenure = Optional.empty();
      List<Future<Void>> stops =
          runners.values().stream().filter(runner -> runner.tenure() == tenure).map(GroupRunner::stop).toList();
      count();
      return Future.join(stops).mapEmpty();
    }
  }

  private Future<Void> read(Slot slot, LeaseTenure tenure) {
    long timeout = parts.settings().evaluationTimeoutMillis();
    return parts.onLoop().within(timeout, "reading saved alerts", saved.load(tenure.slot())).transform(result -> {
      if (!tenure.holds()) {
        return Future.succeededFuture();
      }
      if (result.failed()) {
        parts.metrics().readFailures.increment();
        LOG.atWarn().addKeyValue("slot", tenure.slot()).addKeyValue("reason", result.cause().getMessage())
            .log("Saved alerts could not be read.");
        if (!tenure.isAlone()) {
          parts.loop().after(READ_AGAIN_MILLIS, () -> read(slot, tenure));
          return Future.succeededFuture();
        }
        // Nobody can read them: alerts that begin anew are better than none.
      }
      slot.isRead = result.succeeded();
      slot.unclaimed.clear();
      slot.unclaimed.putAll(result.succeeded() ? result.result() : Map.of());
      slot.tenure = Optional.of(tenure);
      // Alerts whose rule did not come back by then belong to nobody.
      parts.loop().after(RuleSettings.RESOLVED_RETENTION_MILLIS, () -> forgetOrphans(slot, tenure));
      return resume(slot, tenure);
    });
  }

  /// Runs the groups of a slot, from what is in memory of them.
  private Future<Void> resume(Slot slot, LeaseTenure tenure) {
    var ended = new ArrayList<Future<Void>>();
    Map<RuleGroup.Key, RuleGroup> groups = loaded().stream().filter(group -> slotOf(group.key()) == slot)
        .collect(Collectors.toMap(RuleGroup::key, group -> group, (a, _) -> a, LinkedHashMap::new));
    for (RuleGroup group : groups.values()) {
      Optional<GroupRunner> earlier = Optional.ofNullable(runners.get(group.key()));
      GroupRunner runner = runner(group, tenure);
      ended.add(endAll(earlier.map(runner::inherit).orElse(List.of()), tenure));
      // The state may have lost, or never got, what this node knows.
      runner.saveAll();
      begin(runner, parts.clock().millis());
    }
    List<GroupRunner> gone = runners.values().stream()
        .filter(runner -> slotOf(runner.group().key()) == slot && !groups.containsKey(runner.group().key())).toList();
    gone.forEach(runner -> {
      runners.remove(runner.group().key());
      ended.add(endAll(runner.rules(), tenure));
    });
    count();
    return Future.join(ended).mapEmpty();
  }

  private GroupRunner runner(RuleGroup group, LeaseTenure tenure) {
    var made = new GroupRunner[1];
    made[0] = new GroupRunner(parts, group, tenure, () -> {
      countNowAndThen();
      board.ifPresent(shared -> shared.publish(group, made[0]::view));
    });
    runners.put(group.key(), made[0]);
    return made[0];
  }

  /// Gives a runner the saved alerts that wait for it, and starts it.
  private void begin(GroupRunner runner, long sinceMillis) {
    if (runners.get(runner.group().key()) != runner || !runner.tenure().holds()) {
      return;
    }
    Slot slot = slotOf(runner.group().key());
    for (RuleRunner rule : runner.rules()) {
      List<ActiveAlert> alerts = slot.unclaimed.remove(rule.ruleId());
      if (alerts != null) {
        rule.restore(alerts);
      }
    }
    runner.start(sinceMillis);
    board.ifPresent(shared -> shared.publish(runner.group(), runner::view));
  }

  private void forgetOrphans(Slot slot, LeaseTenure tenure) {
    if (slot.tenure.equals(Optional.of(tenure))) {
      slot.unclaimed.forEach((ruleId, alerts) -> alerts.forEach(alert -> forget(tenure, ruleId, alert.labels)));
      slot.unclaimed.clear();
    }
  }

  private void forget(LeaseTenure tenure, String ruleId, LabelSet labels) {
    parts.onLoop().back(saved.remove(tenure, ruleId, labels)).onFailure(_ -> parts.metrics().saveFailures.increment());
  }

  // ---- loading

  @Override
  public Future<Void> load(String source, List<RuleGroup> groups, long sinceMillis) {
    Promise<Void> done = Promise.promise();
    parts.loop().execute(() -> {
      // One after the other: a group that is still being changed cannot be changed again.
      loading = loading.transform(_ -> replace(source, groups, sinceMillis));
      loading.onComplete(done);
    });
    return done.future();
  }

  /// {@link #load} of groups that are there from now on.
  public Future<Void> load(String source, List<RuleGroup> groups) {
    return load(source, groups, parts.clock().millis());
  }

  private Future<Void> replace(String source, List<RuleGroup> groups, long sinceMillis) {
    if (stopped) {
      return Future.succeededFuture();
    }
    Map<RuleGroup.Key, RuleGroup> before = sources.getOrDefault(source, Map.of());
    var after = new LinkedHashMap<RuleGroup.Key, RuleGroup>();
    groups.forEach(group -> after.put(group.key(), group));
    sources.put(source, after);
    var ended = new ArrayList<Future<Void>>();
    for (RuleGroup group : after.values()) {
      if (!group.equals(before.get(group.key()))) {
        slotOf(group.key()).tenure.ifPresent(tenure -> ended.add(change(group, tenure, sinceMillis)));
      }
    }
    for (RuleGroup group : before.values()) {
      if (!after.containsKey(group.key())) {
        slotOf(group.key()).tenure.ifPresent(tenure -> ended.add(drop(group.key(), tenure)));
      }
    }
    count();
    return Future.join(ended).<Void>mapEmpty().onComplete(_ -> count());
  }

  private Future<Void> change(RuleGroup group, LeaseTenure tenure, long sinceMillis) {
    GroupRunner earlier = runners.get(group.key());
    if (earlier == null) {
      begin(runner(group, tenure), sinceMillis);
      return Future.succeededFuture();
    }
    return earlier.stop().compose(_ -> {
      if (!tenure.holds() || runners.get(group.key()) != earlier) {
        // Lost meanwhile; who gains the slot next runs the group as it is loaded there.
        return Future.succeededFuture();
      }
      GroupRunner runner = runner(group, tenure);
      return endAll(runner.inherit(earlier), tenure).onComplete(_ -> begin(runner, sinceMillis));
    });
  }

  private Future<Void> drop(RuleGroup.Key group, LeaseTenure tenure) {
    GroupRunner runner = runners.remove(group);
    board.ifPresent(shared -> shared.withdraw(group));
    return runner == null ? Future.succeededFuture() : runner.stop().compose(_ -> endAll(runner.rules(), tenure));
  }

  /// Ends the series of rules that are gone and forgets their alerts. Series that cannot be ended now fade out by themselves.
  private Future<Void> endAll(List<RuleRunner> rules, LeaseTenure tenure) {
    var ended = new ArrayList<Future<Void>>();
    for (RuleRunner rule : tenure.holds() ? rules : List.<RuleRunner>of()) {
      rule.alertLabels().forEach(labels -> forget(tenure, rule.ruleId(), labels));
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

  // ---- what can be seen

  private List<GroupRunner> running() {
    return runners.values().stream().filter(runner -> slotOf(runner.group().key()).tenure.equals(Optional.of(runner.tenure()))).toList();
  }

  /// Names of the groups that this node runs. On the loop.
  List<String> runningGroups() {
    return running().stream().map(runner -> runner.group().name()).toList();
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
    List<GroupRunner> runners = running();
    List<RuleGroup> groups = loaded();
    groupCount.set(groups.size());
    ruleCount.set(groups.stream().mapToInt(group -> group.rules().size()).sum());
    runningCount.set(runners.size());
    for (AlertState kind : AlertState.values()) {
      long alerts = runners.stream().flatMap(runner -> runner.rules().stream()).mapToLong(rule -> rule.countAlerts(kind)).sum();
      alertCounts.set(kind.ordinal(), (int) Math.min(alerts, Integer.MAX_VALUE));
    }
  }

  /// All groups as they stand, in the order in which they were loaded; those that other nodes run as these last told.
  @Override
  public Future<List<GroupView>> groups() {
    Promise<List<GroupView>> views = Promise.promise();
    parts.loop().execute(() -> {
      count();
      Map<RuleGroup.Key, GroupView> own = running().stream().collect(Collectors.toMap(r -> r.group().key(), GroupRunner::view));
      List<RuleGroup> groups = loaded();
      boolean isComplete = groups.stream().allMatch(group -> own.containsKey(group.key())) || board.isEmpty();
      Future<List<GroupView>> others = isComplete ? Future.succeededFuture(List.of()) : board.get().groups();
      others.map(told -> {
        var all = told.stream().collect(Collectors.toMap(view -> view.group().key(), view -> view, (a, _) -> a));
        all.putAll(own);
        return groups.stream().map(group -> all.getOrDefault(group.key(), GroupView.notEvaluated(group))).toList();
      }).onComplete(views);
    });
    return views.future();
  }

  /// Ends all evaluations and gives the groups to other nodes; completes when none is under way. Series and alerts stay as they are, for
  /// who runs them next.
  public Future<Void> stop() {
    Promise<Void> ended = Promise.promise();
    parts.loop().execute(() -> {
      stopped = true;
      leases.close().onComplete(ended);
    });
    return ended.future();
  }
}
