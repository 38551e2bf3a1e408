/// The command line.
///
/// **Purpose** one class a command, thin: read arguments, call a front door, print, exit.
/// **Invariants** exit codes: 0 done, 1 failed, 2 usage or configuration error.
/// **Threading** the main thread. **Plane** control.
/// **Formats** none  **Start at** {@link io.tidemark.cli.Main}
@NullMarked
package io.tidemark.cli;

import org.jspecify.annotations.NullMarked;
