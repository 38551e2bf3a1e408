package io.tidemark.notify;

import io.vertx.core.Future;

/// One channel of a receiver, ready to send.
public interface Integration {
  /// Makes one attempt. The future always succeeds, within a bounded time, on any thread; failures are outcomes.
  Future<Outcome> send(Notification notification);

  /// Releases connections.
  Future<Void> close();
}
