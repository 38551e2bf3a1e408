/// Collectors: every way in which samples enter the engine, by push, by scrape and over UDP.
///
/// **Purpose** decode, validate, relabel, limit and batch samples, and answer only when the ingest log has them.
/// **Invariants** a sample reported as accepted is durable; the good samples of a mixed request are kept and the bad ones named; no
/// body, queue or table grows beyond a named bound.
/// **Threading** one `Ingest`, `Scraper` and `Statsd` per loop; a `Gate` is shared by all. **Plane** data; configuration is control.
/// **Formats** docs/ingestion.md  **Start at** {@link io.tidemark.collector.Ingest}
@NullMarked
package io.tidemark.collector;

import org.jspecify.annotations.NullMarked;
