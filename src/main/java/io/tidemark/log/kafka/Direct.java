package io.tidemark.log.kafka;

import io.tidemark.log.Log;
import io.tidemark.log.Trace;
import io.vertx.core.Future;
import java.util.List;

/// What the spool needs to know of the log that it stands in front of.
interface Direct extends Log {
  /// As {@link Log#append(int, byte[], List)}, but completes on the thread that knows first. Sends of one partition reach it in their
  /// order or fail; one that failed does not reach it later.
  Future<Long> send(int partition, byte[] record, List<Trace> traces);

  /// Whether a send is worth its while: the last ones did not fail in a row.
  boolean isAvailable();
}
