/// State as a journal of writes on disk and a sorted map in memory.
///
/// **Purpose** survive any crash with every completed write, and start in the time it takes to read one file.
/// **Invariants** memory shows durable writes only; a journal file is never written to after a restart or a failure, a new
/// generation that holds everything takes its place.
/// **Threading** one commit at a time on the executor given; the map behind one monitor, held briefly. **Plane** control.
/// **Formats** docs/formats/state-journal.md  **Start at** {@link io.tidemark.state.journal.JournalState}
@NullMarked
package io.tidemark.state.journal;

import org.jspecify.annotations.NullMarked;
