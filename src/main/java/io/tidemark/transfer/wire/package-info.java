/// What travels between a command and a server.
///
/// **Purpose** write requests of remote write and remote read, read the answers of remote read.
/// **Invariants** values keep their bits.
/// **Threading** one thread an object. **Plane** data.
/// **Formats** Prometheus' `prompb/remote.proto` and `prompb/types.proto`  **Start at** {@link io.tidemark.transfer.wire.WriteRequest}
@NullMarked
package io.tidemark.transfer.wire;

import org.jspecify.annotations.NullMarked;
