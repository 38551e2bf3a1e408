package io.tidemark.rules;

import io.tidemark.model.Alert;
import io.vertx.core.Future;
import java.util.List;

/// Who is told about firing and resolved alerts. Any thread.
@FunctionalInterface
public interface AlertSink {
  /// Takes over the alerts; completes once they cannot be lost any more. A failed sending is repeated with the next evaluation, so the
  /// same alert may come twice.
  Future<Void> send(List<Alert> alerts);
}
