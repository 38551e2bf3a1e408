/// Tidemark, a time-series monitoring and alerting engine. This page is the map.
///
/// **Purpose** name the houses and the one direction in which they may know each other.
///
/// | floor | houses, in the order of the data |
/// |---|---|
/// | 0 words | `model`, `time` |
/// | 1 tools | `disk`, `regex`, `codec`, `promql`, `template`, `config`, `telemetry` |
/// | 2 backends | `log`, `state`, `catalog` |
/// | 3 stages | `collector` → `storage` → `query` → `rules` → `notify` |
/// | 4 faces | `api`, `server`, `cli` |
///
/// An import goes to a lower floor or an earlier row, never back; other houses see only a house's root package.
/// **Start at** `io.tidemark.server`, the one place that wires everything together.
@NullMarked
package io.tidemark;

import org.jspecify.annotations.NullMarked;
