/// Scraping: targets from Prometheus' `scrape_configs`, fetched at their interval.
///
/// **Purpose** turn a configuration into targets, and each answer of a target into samples, `up` and staleness markers.
/// **Invariants** a body is added whole or not at all; a series that vanished gets one staleness marker; a fetch ends within its
/// timeout and its byte limit.
/// **Threading** owned by one loop; views are safe on any thread. **Plane** data from the body on, else control.
/// **Formats** https://prometheus.io/docs/prometheus/latest/configuration/configuration/#scrape_config
/// **Start at** {@link io.tidemark.collector.scrape.TargetLoop}
@NullMarked
package io.tidemark.collector.scrape;

import org.jspecify.annotations.NullMarked;
