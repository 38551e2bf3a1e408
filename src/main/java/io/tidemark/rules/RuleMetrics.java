package io.tidemark.rules;

import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Histogram;
import io.tidemark.telemetry.Metrics;

/// What the engine counts about itself.
final class RuleMetrics {
  private static final double[] SECONDS = {0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30};

  final Counter evaluations;
  final Counter failures;
  final Counter missed;
  final Counter sent;
  final Counter sendFailures;
  final Counter saveFailures;
  final Counter readFailures;
  final Counter unreadable;
  final Histogram ruleSeconds;
  final Histogram groupSeconds;

  RuleMetrics(Metrics metrics) {
    evaluations = metrics.counter("tidemark_rule_evaluations_total", "Evaluations of single rules.");
    failures = metrics.counter("tidemark_rule_evaluation_failures_total", "Evaluations of single rules that failed.");
    missed = metrics.counter("tidemark_rule_group_iterations_missed_total",
        "Evaluations of groups skipped because the one before still ran or the process was late.");
    sent = metrics.counter("tidemark_rule_alerts_sent_total", "Alerts handed to the notifier, repetitions included.");
    sendFailures = metrics.counter("tidemark_rule_alert_sends_failed_total", "Attempts to hand over alerts that failed.");
    saveFailures = metrics.counter("tidemark_rule_alert_saves_failed_total", "Alert states that could not be saved; tried again.");
    readFailures = metrics.counter("tidemark_rule_alert_reads_failed_total",
        "Times that the saved alerts of a slot could not be read; its groups wait and it is tried again.");
    unreadable = metrics.counter("tidemark_rule_alerts_unreadable_total", "Saved alerts that were left out because they are damaged.");
    ruleSeconds = metrics.histogram("tidemark_rule_evaluation_seconds", "Duration of one rule's evaluation.", SECONDS);
    groupSeconds = metrics.histogram("tidemark_rule_group_evaluation_seconds", "Duration of one group's evaluation.", SECONDS);
  }
}
