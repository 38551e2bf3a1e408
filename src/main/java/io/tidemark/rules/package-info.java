/// Rules: expressions evaluated again and again, whose answers become series and alerts.
///
/// **Purpose** read rule files and stored rules, evaluate their groups on time, keep the states of alerts, tell who notifies.
/// **Invariants** a group is run by the one node that has leased its slot; rules of a group run in order
/// and each sees what the one before wrote; a group never overlaps itself; an alert's state is saved before it is told to anyone, so that
/// neither a restart nor a move to another node starts `for` over or forgets a firing alert.
/// **Threading** front doors on any thread; groups and alert states belong to the engine's loop, templates run on workers.
/// **Plane** control.
/// **Formats** Prometheus rule files, https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/
/// **Start at** {@link io.tidemark.rules.RuleEngine}
@NullMarked
package io.tidemark.rules;

import org.jspecify.annotations.NullMarked;
