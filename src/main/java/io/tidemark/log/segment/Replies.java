package io.tidemark.log.segment;

import io.vertx.core.Context;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Promises to callers of the log, kept so that nothing a caller does with them can hurt the log or another caller.
public final class Replies {
  private static final Logger LOGGER = LoggerFactory.getLogger(Replies.class);

  private Replies() {}

  /// A promise whose listeners run on the caller's own context if it has one, so that no foreign code holds up a commit.
  public static <T> Promise<T> promise() {
    Context context = Vertx.currentContext();
    return context instanceof ContextInternal internal ? internal.promise() : Promise.promise();
  }

  public static <T> void complete(Promise<T> promise, T result) {
    try {
      promise.complete(result);
    } catch (RuntimeException e) {
      report(e);
    }
  }

  public static void fail(Promise<?> promise, Throwable failure) {
    try {
      promise.fail(failure);
    } catch (RuntimeException e) {
      report(e);
    }
  }

  private static void report(RuntimeException e) {
    LOGGER.error("log: a listener of an append or read failed", e);
  }
}
