/// Blocks of Prometheus' own database, as their directories lie on a disk.
///
/// **Purpose** read series and samples of one block, whatever its size, through mapped files.
/// **Invariants** nothing is believed before its checksum is checked; whatever is damaged is named by file and byte.
/// **Threading** one thread a block. **Plane** data.
/// **Formats** Prometheus' docs of `tsdb/docs/format`: index 1 and 2, chunks 1, tombstones 1
/// **Start at** {@link io.tidemark.transfer.tsdb.TsdbBlock}
@NullMarked
package io.tidemark.transfer.tsdb;

import org.jspecify.annotations.NullMarked;
