/// Prometheus' HTTP API v1.
///
/// **Purpose** answer what Grafana and other clients of Prometheus ask.
/// **Invariants** an answer has the same shape, order and number format as Prometheus'.
/// **Threading** event loops; see each class. **Plane** control.
/// **Formats** JSON  **Start at** {@link io.tidemark.api.prometheus.Parameters}
@NullMarked
package io.tidemark.api.prometheus;

import org.jspecify.annotations.NullMarked;
