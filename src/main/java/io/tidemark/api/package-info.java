/// The faces over HTTP: translate a request, call a house's front door, encode the answer.
///
/// **Purpose** Prometheus' API, Tidemark's own `/v1`, the user interface and the health endpoints on one port.
/// **Invariants** no logic of its own; every error is JSON with Prometheus' types and status codes; secrets are never encoded.
/// **Threading** handlers run on their event loop, evaluation and encoding of large answers on workers. **Plane** control.
/// **Formats** https://prometheus.io/docs/prometheus/latest/querying/api/  **Start at** {@link io.tidemark.api.ApiVerticle}
@NullMarked
package io.tidemark.api;

import org.jspecify.annotations.NullMarked;
