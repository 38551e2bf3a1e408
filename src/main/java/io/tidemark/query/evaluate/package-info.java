/// Evaluation of typed PromQL trees.
///
/// **Purpose** walk a tree once, look up labels once, and yield for every series one column of values for all steps.
/// **Invariants** a column is made on demand by whoever consumes it; errors, warnings and their places are Prometheus' own.
/// **Threading** a tree is walked by one worker; columns of different series are made on several, each with its own `Scratch`.
/// **Plane** control; loops over values live in `kernel`. **Formats** none  **Start at** {@link io.tidemark.query.evaluate.Evaluator}
@NullMarked
package io.tidemark.query.evaluate;

import org.jspecify.annotations.NullMarked;
