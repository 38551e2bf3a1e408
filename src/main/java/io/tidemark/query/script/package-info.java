/// PromQL cases as scripts: data, queries and the answers they must give.
///
/// **Purpose** run files in the promqltest format against a query engine, so that any engine's answers can be compared.
/// **Invariants** a case sees only what its own file loaded before it; a histogram sample is read and left out.
/// **Threading** one run on one thread, the caller's. **Plane** control.
/// **Formats** promqltest, https://github.com/prometheus/prometheus/blob/main/promql/promqltest/README.md
/// **Start at** {@link io.tidemark.query.ScriptRunner}
@NullMarked
package io.tidemark.query.script;

import org.jspecify.annotations.NullMarked;
