package io.tidemark.notify;

import io.tidemark.cluster.LeaseConfig;
import io.tidemark.state.State;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Entropy;
import io.tidemark.time.Loop;

/// What a {@link Notifier} works with.
///
/// @param state       keeps the notification log
/// @param leases      how alert groups are shared out among the nodes that have the role
/// @param loop        owns the notifier
/// @param externalUrl where people reach this engine, e.g. `http://localhost:9070`
public record NotifyPorts(Integrations integrations, State state, LeaseConfig leases, Silences silences, Loop loop, Clock clock,
    Entropy entropy, Metrics metrics, String externalUrl, NotifyLimits limits) {}
