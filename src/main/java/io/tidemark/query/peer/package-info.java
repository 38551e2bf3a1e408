/// Both ends of the internal read protocol: series, label names and values and metadata of other nodes' shards.
///
/// **Purpose** move the answer of one node's shards to another, checked, in pieces, no faster than it is taken.
/// **Invariants** what arrives has the bits that were sent; an answer without its end frame is no answer; every buffer has a bound.
/// **Threading** as each class says; sources run on workers, calls and exchanges on event loops. **Plane** data.
/// **Formats** docs/formats/peer.md  **Start at** {@link io.tidemark.query.peer.PeerRequest}
@NullMarked
package io.tidemark.query.peer;

import org.jspecify.annotations.NullMarked;
