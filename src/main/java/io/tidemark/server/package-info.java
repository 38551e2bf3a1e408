/// The one place that wires: configuration → houses → verticles, start and drain.
///
/// **Purpose** build a running node from a configuration, and take it down without losing anything.
/// **Invariants** everything is made here with `new`, in the order of the data; nothing else knows more than its neighbours.
/// **Threading** start and stop on any thread. **Plane** control.
/// **Formats** config/tidemark.yml  **Start at** {@link io.tidemark.server.Node}
@NullMarked
package io.tidemark.server;

import org.jspecify.annotations.NullMarked;
