package io.tidemark.server;

import io.vertx.core.Future;
import java.util.ArrayDeque;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What has to be closed, the last opened first. One that fails does not keep the others open.
final class Closing {
  private static final Logger LOG = LoggerFactory.getLogger(Closing.class);
  private final ArrayDeque<Supplier<Future<Void>>> steps = new ArrayDeque<>();

  synchronized void add(Supplier<Future<Void>> step) {
    steps.push(step);
  }

  private synchronized Supplier<Future<Void>> next() {
    return steps.isEmpty() ? Future::succeededFuture : steps.pop();
  }

  private synchronized boolean isDone() {
    return steps.isEmpty();
  }

  /// Runs all steps, one after the other.
  Future<Void> run() {
    if (isDone()) {
      return Future.succeededFuture();
    }
    return next().get().onFailure(e -> LOG.warn("Closing a part failed.", e)).transform(_ -> run());
  }
}
