package io.tidemark.rules;

import io.tidemark.model.LabelSet;
import java.util.List;
import java.util.OptionalLong;

/// A group as it stands, for the API.
///
/// @param lastEvaluationMillis when it was last evaluated, 0 for never
/// @param evaluationNanos      how long that took
public record GroupView(RuleGroup group, List<RuleView> rules, long lastEvaluationMillis, long evaluationNanos) {
  public GroupView {
    rules = List.copyOf(rules);
  }

  /// A group that nobody is known to have evaluated yet.
  static GroupView notEvaluated(RuleGroup group) {
    return new GroupView(group,
        group.rules().stream().map(rule -> new RuleView(rule, RuleHealth.UNKNOWN, "", 0, 0, List.of())).toList(), 0, 0);
  }

  /// One rule of it.
  ///
  /// @param lastError the failure's message, empty when there is none
  /// @param alerts    pending and firing ones; empty for a recording rule
  public record RuleView(Rule rule, RuleHealth health, String lastError, long lastEvaluationMillis, long evaluationNanos,
      List<AlertView> alerts) {
    public RuleView {
      alerts = List.copyOf(alerts);
    }

    /// The highest state of its alerts.
    public AlertState state() {
      return alerts.stream().map(AlertView::state).max(AlertState::compareTo).orElse(AlertState.INACTIVE);
    }
  }

  /// One alert.
  ///
  /// @param value                 as Prometheus' API prints it, e.g. `1.5e+01`
  /// @param keepFiringSinceMillis since when it fires only because of `keep_firing_for`
  public record AlertView(LabelSet labels, LabelSet annotations, AlertState state, long activeAtMillis, String value,
      OptionalLong keepFiringSinceMillis) {}
}
