/// JSON pushes: one object, an array of them, or one a line, in three shapes.
///
/// **Purpose** read samples from services and event streams that speak JSON.
/// **Invariants** values nest at most as deep as a sample needs; an object that is no sample is named by its number in the body.
/// **Threading** owned by one loop. **Plane** data, but with objects per sample: JSON is for convenience.
/// **Formats** docs/ingestion.md  **Start at** {@link io.tidemark.collector.json.JsonDecoder}
@NullMarked
package io.tidemark.collector.json;

import org.jspecify.annotations.NullMarked;
