/// Tidemark's own API under /v1.
///
/// **Purpose** rules CRUD.
/// **Invariants** a change needs the version it changes.
/// **Threading** event loops; see each class. **Plane** control.
/// **Formats** JSON  **Start at** {@link io.tidemark.api.v1.RuleRoutes}
@NullMarked
package io.tidemark.api.v1;

import org.jspecify.annotations.NullMarked;
