/// Tidemark's own API under /v1.
///
/// **Purpose** rules CRUD; what this process knows of the cluster.
/// **Invariants** a change needs the version it changes.
/// **Threading** event loops; see each class. **Plane** control.
/// **Formats** JSON, docs/cluster-api.md  **Start at** {@link io.tidemark.api.v1.RuleRoutes}
@NullMarked
package io.tidemark.api.v1;

import org.jspecify.annotations.NullMarked;
