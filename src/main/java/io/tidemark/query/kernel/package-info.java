/// Functions over columns and windows: plain loops over primitive arrays.
///
/// **Purpose** turn one series' samples into one column of values, and combine columns.
/// **Invariants** "no value" is the staleness marker's bits and nothing else; no kernel allocates per sample.
/// **Threading** static functions over arrays that the caller owns; an `Accumulator` belongs to one thread at a time. **Plane** data.
/// **Formats** none  **Start at** {@link io.tidemark.query.kernel.Windows}
@NullMarked
package io.tidemark.query.kernel;

import org.jspecify.annotations.NullMarked;
