/// Relabelling: Prometheus' rules that rewrite, keep or drop label sets.
///
/// **Purpose** apply `relabel_configs` to targets and `metric_relabel_configs` to series.
/// **Invariants** the result of a rule depends on its input alone; patterns match whole texts in linear time.
/// **Threading** immutable, any thread. **Plane** control: runs once per target or new series, never per sample.
/// **Formats** https://prometheus.io/docs/prometheus/latest/configuration/configuration/#relabel_config
/// **Start at** {@link io.tidemark.collector.relabel.RelabelRule}
@NullMarked
package io.tidemark.collector.relabel;

import org.jspecify.annotations.NullMarked;
