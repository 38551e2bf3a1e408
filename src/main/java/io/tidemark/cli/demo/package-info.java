/// The living examples: a lock service that is simulated but really scraped, and a payment pipeline on a real Kafka; both break on a
/// schedule, and a webhook really receives.
///
/// **Purpose** show a newcomer the whole path from a sample to a page, with the engine's own API as the only witness.
/// **Invariants** nothing here reaches into the engine; it listens on loopback only; every process that is started ends with the demo.
/// **Threading** Vert.x event loops; one thread for the output of each process; a thread for the Kafka consumer. **Plane** control.
/// **Formats** text exposition 0.0.4, Alertmanager's webhook JSON, payments as JSON
/// **Start at** {@link io.tidemark.cli.demo.LockServiceDemo}
@NullMarked
package io.tidemark.cli.demo;

import org.jspecify.annotations.NullMarked;
