/// What the engine says about itself: metrics on `/metrics` and structured log lines.
///
/// **Purpose** counters, gauges and histograms cheap enough for hot paths; one place that prints them.
/// **Invariants** names start with `tidemark_` (or are standard `process_`/`jvm_` names) and end in their unit; one help text a name.
/// **Threading** every type here is safe on any thread. **Plane** both.
/// **Formats** Prometheus text exposition 0.0.4  **Start at** {@link io.tidemark.telemetry.Metrics}
@NullMarked
package io.tidemark.telemetry;

import org.jspecify.annotations.NullMarked;
