/// Documents that people write: rules, dashboards, silences. Kept by kind and id with versions, and an audit trail of changes.
///
/// **Purpose** lossless, versioned documents with optimistic locking, in a database file of this machine or in a PostgreSQL that several
/// nodes share.
/// **Invariants** a document's version grows by one with each change; every change leaves an audit entry in the same transaction.
/// **Threading** any thread. **Plane** control.
/// **Formats** SQL tables, `db/migration` and `db/postgres` in the resources, docs/postgres.md
/// **Start at** {@link io.tidemark.catalog.Catalog}
@NullMarked
package io.tidemark.catalog;

import org.jspecify.annotations.NullMarked;
