/// Documents in an SQLite file.
///
/// **Purpose** the catalog of one machine, without a server.
/// **Invariants** one connection, one transaction at a time; a change and its audit entry are one transaction; a completed change is
/// synced (write-ahead journal, `synchronous=FULL`).
/// **Threading** statements run on the executor given, one at a time; callers never block. **Plane** control.
/// **Formats** SQL tables, `db/migration` in the resources; SQLite's `user_version` holds the last one applied
/// **Start at** {@link io.tidemark.catalog.embedded.EmbeddedCatalog}
@NullMarked
package io.tidemark.catalog.embedded;

import org.jspecify.annotations.NullMarked;
