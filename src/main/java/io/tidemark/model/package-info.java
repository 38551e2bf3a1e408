/// The words every other house speaks: label set, matcher, time range, alert, error code.
///
/// **Purpose** immutable values without behaviour that would need another house.
/// **Invariants** label sets are sorted by name and hold no empty value; times are milliseconds since 1970 UTC.
/// **Threading** everything here is immutable and safe on any thread. **Plane** control; `LabelSet` also data.
/// **Formats** canonical label bytes, docs/formats/batch.md  **Start at** {@link io.tidemark.model.LabelSet}
@NullMarked
package io.tidemark.model;

import org.jspecify.annotations.NullMarked;
