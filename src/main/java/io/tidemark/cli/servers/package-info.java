/// Real servers from Maven artifacts, for the tests and for `tidemark demo --cluster`. Their libraries are not in the jar.
///
/// **Purpose** start Kafka, PostgreSQL, Redis and an S3 server on free ports of loopback, without containers.
/// **Invariants** a server that was started is stopped by its `close`; nothing listens beyond loopback.
/// **Threading** one thread a server. **Plane** control.
/// **Formats** none  **Start at** {@link io.tidemark.cli.servers}
@NullMarked
package io.tidemark.cli.servers;

import org.jspecify.annotations.NullMarked;
