package io.tidemark.server;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;

/// Lends its event loop to one owner of state: a shard, the rule engine, the notifier, the scraper.
final class LoopVerticle extends VerticleBase {
  private VertxLoop loop;

  @Override
  public Future<?> start() {
    Context own = context;
    loop = new VertxLoop(vertx, own);
    return Future.succeededFuture();
  }

  /// The loop, once deployed.
  VertxLoop loop() {
    return loop;
  }
}
