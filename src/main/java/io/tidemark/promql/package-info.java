/// The language: text → typed tree → text.
///
/// **Purpose** parse all of PromQL 3.x with errors that point at line and column, check its types, print it back.
/// **Invariants** `parse(print(tree))` equals the tree but for spans; a tree that the parser returned is well-typed.
/// **Threading** trees are immutable; parsing is stateless and safe on any thread. **Plane** control.
/// **Formats** PromQL, https://prometheus.io/docs/prometheus/latest/querying/basics/  **Start at** {@link io.tidemark.promql.PromQL}
@NullMarked
package io.tidemark.promql;

import org.jspecify.annotations.NullMarked;
