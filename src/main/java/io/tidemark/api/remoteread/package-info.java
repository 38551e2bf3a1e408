/// Prometheus' remote read, the side that is read from.
///
/// **Purpose** another Prometheus, or a tool that copies, reads raw samples in bulk.
/// **Invariants** the streamed form never holds more than one series; the other form is bounded in bytes.
/// **Threading** a request is read on its event loop, answers are made on workers. **Plane** data.
/// **Formats** docs/remote-read.md  **Start at** {@link io.tidemark.api.remoteread.ReadRoutes}
@NullMarked
package io.tidemark.api.remoteread;

import org.jspecify.annotations.NullMarked;
