/// Documents in a PostgreSQL database that several nodes share.
///
/// **Purpose** one catalog for all nodes, with an audit trail that is partitioned by day.
/// **Invariants** a change and its audit entry are one transaction; the version is checked on the locked row; tables are changed by
/// numbered migrations only, one node at a time.
/// **Threading** any thread; migrations on a virtual thread, answers on the caller's Vert.x context if it has one. **Plane** control.
/// **Formats** SQL tables, `db/postgres` in the resources, docs/postgres.md
/// **Start at** {@link io.tidemark.catalog.postgres.PostgresCatalog}
@NullMarked
package io.tidemark.catalog.postgres;

import org.jspecify.annotations.NullMarked;
