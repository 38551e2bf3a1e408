/// Moving samples in bulk between files and a running server.
///
/// **Purpose** import of Prometheus' blocks and of OpenMetrics text, and export.
/// **Invariants** a client of the server's HTTP API and nothing else, so that one node and a cluster are alike; what counts as imported is
/// what the server acknowledged; memory does not grow with the source.
/// **Threading** the calling thread reads, a few virtual threads send. **Plane** data.
/// **Formats** docs/import.md  **Start at** {@link io.tidemark.transfer.PrometheusImport}
@NullMarked
package io.tidemark.transfer;

import org.jspecify.annotations.NullMarked;
