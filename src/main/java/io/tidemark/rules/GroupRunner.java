package io.tidemark.rules;

import io.tidemark.cluster.LeaseTenure;
import io.tidemark.time.Timers;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// One group on its timetable: evaluations at multiples of the interval plus an offset that depends on the group's name alone, so that
/// groups spread over the interval and keep their times over restarts. Owned by the engine's loop.
final class GroupRunner {
  private final EngineParts parts;
  private final RuleGroup group;
  private final List<RuleRunner> rules;
  private final LeaseTenure tenure;
  private final Runnable evaluated;
  private final long offsetMillis;
  private Optional<Timers.Timer> timer = Optional.empty();
  private Optional<Future<Void>> running = Optional.empty();
  private boolean stopped;
  private long lastEvaluationMillis;
  private long evaluationNanos;

  /// @param tenure    the right to run the group
  /// @param evaluated run after each evaluation
  GroupRunner(EngineParts parts, RuleGroup group, LeaseTenure tenure, Runnable evaluated) {
    this.parts = parts;
    this.tenure = tenure;
    this.evaluated = evaluated;
    this.group = group;
    this.rules = group.rules().stream().map(rule -> new RuleRunner(parts, group, rule, tenure)).toList();
    long spread = (group.file() + "\u0000" + group.name()).hashCode() * 0x9e3779b97f4a7c15L;
    this.offsetMillis = Long.remainderUnsigned(spread >>> 16, group.intervalMillis());
  }

  RuleGroup group() {
    return group;
  }

  LeaseTenure tenure() {
    return tenure;
  }

  List<RuleRunner> rules() {
    return rules;
  }

  GroupView view() {
    return new GroupView(group, rules.stream().map(RuleRunner::view).toList(), lastEvaluationMillis, evaluationNanos);
  }

  /// Has all alerts saved with the next evaluation.
  void saveAll() {
    rules.forEach(RuleRunner::saveAll);
  }

  /// Takes over the rules that the group's earlier form shares with this one, and gives those that are gone.
  List<RuleRunner> inherit(GroupRunner earlier) {
    Map<String, RuleRunner> left = new HashMap<>();
    earlier.rules.forEach(rule -> left.put(rule.ruleId(), rule));
    for (RuleRunner rule : rules) {
      RuleRunner before = left.remove(rule.ruleId());
      if (before != null) {
        rule.inherit(before);
      }
    }
    return List.copyOf(left.values());
  }

  /// Begins with the first evaluation due after `sinceMillis`; of several that are in the past already, with the last.
  void start(long sinceMillis) {
    long now = parts.clock().millis();
    schedule(slotAfter(Math.clamp(sinceMillis, now - group.intervalMillis(), now)));
  }

  /// The first evaluation time after `millis`.
  private long slotAfter(long millis) {
    long interval = group.intervalMillis();
    return Math.floorDiv(millis - offsetMillis, interval) * interval + interval + offsetMillis;
  }

  private void schedule(long slotMillis) {
    if (!stopped) {
      long delay = Math.max(0, slotMillis - parts.clock().millis());
      timer = Optional.of(parts.loop().after(delay, () -> tick(slotMillis)));
    }
  }

  private void tick(long slotMillis) {
    long now = parts.clock().millis();
    long interval = group.intervalMillis();
    if (!tenure.holds()) {
      return;
    }
    if (slotMillis - now > interval) {
      // The wall clock was set back while the timer ran.
      schedule(slotAfter(now));
      return;
    }
    long late = Math.max(0, (now - slotMillis) / interval);
    long slot = slotMillis + late * interval;
    parts.metrics().missed.add(late);
    rules.forEach(rule -> rule.tick(slot));
    if (running.isPresent()) {
      parts.metrics().missed.increment();
      rules.forEach(RuleRunner::repeat);
    } else {
      Future<Void> evaluation = evaluate(slot);
      running = evaluation.isComplete() ? Optional.empty() : Optional.of(evaluation);
    }
    schedule(slot + interval);
  }

  private Future<Void> evaluate(long atMillis) {
    long startNanos = parts.clock().nanos();
    Promise<Void> done = Promise.promise();
    next(0, atMillis, startNanos, done);
    return done.future();
  }

  private void next(int index, long atMillis, long startNanos, Promise<Void> done) {
    if (index < rules.size() && !stopped && tenure.holds()) {
      // Each rule ends on a fresh turn of the loop, so a long group does not deepen the stack.
      parts.onLoop().back(rules.get(index).evaluate(atMillis)).onComplete(_ -> next(index + 1, atMillis, startNanos, done));
      return;
    }
    long endNanos = parts.clock().nanos();
    lastEvaluationMillis = atMillis;
    evaluationNanos = endNanos - startNanos;
    parts.metrics().groupSeconds.observeNanos(startNanos, endNanos);
    running = Optional.empty();
    evaluated.run();
    done.complete();
  }

  /// No further evaluation begins; completes when the one under way has ended its present rule.
  Future<Void> stop() {
    stopped = true;
    timer.ifPresent(Timers.Timer::cancel);
    return running.orElse(Future.succeededFuture());
  }
}
