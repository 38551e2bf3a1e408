/// The text formats: Prometheus text exposition 0.0.4 and OpenMetrics 1.0, for pushes and for scrapes.
///
/// **Purpose** walk the lines of a body and hand on samples and metadata without an object per known series.
/// **Invariants** one pass, no recursion; a line that cannot be read is told with line and column and does not stop the next one.
/// **Threading** owned by one loop. **Plane** data.
/// **Formats** https://prometheus.io/docs/instrumenting/exposition_formats/ and https://prometheus.io/docs/specs/om/open_metrics_spec/
/// **Start at** {@link io.tidemark.collector.text.ExpositionParser}
@NullMarked
package io.tidemark.collector.text;

import org.jspecify.annotations.NullMarked;
