/// The living example: a small lock service that is really scraped, breaks on a schedule, and a webhook that really receives.
///
/// **Purpose** show a newcomer the whole path from a sample to a page, with the engine's own API as the only witness.
/// **Invariants** nothing here reaches into the engine; it listens on loopback only.
/// **Threading** Vert.x event loops. **Plane** control.
/// **Formats** text exposition 0.0.4, Alertmanager's webhook JSON  **Start at** {@link io.tidemark.cli.demo.Story}
@NullMarked
package io.tidemark.cli.demo;

import org.jspecify.annotations.NullMarked;
