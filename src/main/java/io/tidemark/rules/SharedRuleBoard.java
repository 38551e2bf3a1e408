package io.tidemark.rules;

import io.tidemark.model.TidemarkException;
import io.tidemark.state.State;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The views of all groups in the state: each node writes those of the groups it runs, every node reads all.
///
/// A view is a passing key `rules/view/<hash of file and name>`, written at most once a second and forgotten when its group has not been
/// evaluated for three intervals. It holds at most {@link #ALERTS_MAX} alerts of a rule, fewer where it would become too large; what is
/// left out is counted. `groups` is for any thread, the rest belongs to the engine's loop.
public final class SharedRuleBoard implements RuleBoard {
  /// Most alerts of one rule that other nodes see.
  static final int ALERTS_MAX = 1_000;
  private static final String PREFIX = "rules/view/";
  private static final int BYTES_MAX = State.VALUE_BYTES_MAX / 2;
  private static final long PAUSE_NANOS = 1_000_000_000L;
  private static final long LIFE_MILLIS_MIN = 30_000;
  private static final Logger LOG = LoggerFactory.getLogger(SharedRuleBoard.class);

  private final State state;
  private final Clock clock;
  private final Counter failures;
  private final Counter cut;
  private final Map<RuleGroup.Key, Long> writtenAtNanos = new HashMap<>();

  public SharedRuleBoard(State state, Clock clock, Metrics metrics) {
    this.state = state;
    this.clock = clock;
    failures = metrics.counter("tidemark_rule_view_failures_total", "Views of rule groups that could not be written or read.");
    cut = metrics.counter("tidemark_rule_views_cut_total", "Views of rule groups written without some of their alerts.");
  }

  private static String key(RuleGroup.Key group) {
    return PREFIX + SavedAlerts.hash(group.file() + "\u0000" + group.name());
  }

  @Override
  public Future<List<GroupView>> groups() {
    return state.scan(PREFIX).map(entries -> {
      var views = new ArrayList<GroupView>();
      for (State.Entry entry : entries) {
        try {
          views.add(GroupViewFormat.decode(entry.key(), entry.value()));
        } catch (TidemarkException e) {
          failures.increment();
          LOG.warn("A rule group is left out: {}", e.getMessage());
        }
      }
      views.sort(Comparator.<GroupView, String>comparing(view -> view.group().file()).thenComparing(view -> view.group().name()));
      return List.copyOf(views);
    });
  }

  /// Writes a view, unless the last one is younger than a second.
  void publish(RuleGroup group, Supplier<GroupView> view) {
    long now = clock.nanos();
    Long before = writtenAtNanos.get(group.key());
    if (before != null && now - before < PAUSE_NANOS) {
      return;
    }
    GroupView whole = view.get();
    if (whole.lastEvaluationMillis() != 0) {
      // The first evaluation need not wait behind the notice that the group is there.
      writtenAtNanos.put(group.key(), now);
    }
    int alertsMax = ALERTS_MAX;
    byte[] bytes = GroupViewFormat.encode(whole, alertsMax);
    while (bytes.length > BYTES_MAX && alertsMax > 0) {
      alertsMax /= 4;
      bytes = GroupViewFormat.encode(whole, alertsMax);
    }
    int shown = alertsMax;
    if (whole.rules().stream().anyMatch(rule -> rule.alerts().size() > shown)) {
      cut.increment();
    }
    state.putFor(key(group.key()), bytes, Math.max(LIFE_MILLIS_MIN, 3 * group.intervalMillis())).onFailure(_ -> failures.increment());
  }

  /// Takes a group's view away.
  void withdraw(RuleGroup.Key group) {
    writtenAtNanos.remove(group);
    state.remove(key(group)).onFailure(_ -> failures.increment());
  }
}
