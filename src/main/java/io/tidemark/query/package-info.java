/// The query engine: PromQL trees evaluated as columns.
///
/// **Purpose** answer instant and range queries exactly as Prometheus does, within a budget.
/// **Invariants** a query's answer does not depend on parallelism; a budget is checked before the memory is taken.
/// **Threading** the front door on any thread; evaluation on the worker executor given to it. **Plane** control; `kernel` data.
/// **Formats** none  **Start at** {@link io.tidemark.query.QueryEngine}
@NullMarked
package io.tidemark.query;

import org.jspecify.annotations.NullMarked;
