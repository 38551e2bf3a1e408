/// Who brings how many series, and whether a new one still fits.
///
/// **Purpose** count the active series of each service, metric and label, exactly enough to refuse by.
/// **Invariants** a series that is active passes whatever the budgets say; what one service brings is never counted against another;
/// accounts, fingerprints and sketches have bounds.
/// **Threading** any thread, but for `Recent`; short monitors, one a stripe and one an account. **Plane** data.
/// **Formats** none  **Start at** {@link io.tidemark.collector.budget.Account}
@NullMarked
package io.tidemark.collector.budget;

import org.jspecify.annotations.NullMarked;
