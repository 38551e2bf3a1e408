package io.tidemark.cli.demo;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.util.function.Consumer;

/// Receives an example's notifications on loopback.
final class Webhook extends VerticleBase {
  private final int port;
  private final Consumer<JsonObject> received;

  /// @param received called on this verticle's loop with each notification
  Webhook(int port, Consumer<JsonObject> received) {
    this.port = port;
    this.received = received;
  }

  @Override
  public Future<?> start() {
    return vertx.createHttpServer().requestHandler(request -> request.body().onSuccess(body -> {
      try {
        received.accept(body.toJsonObject());
        request.response().end();
      } catch (DecodeException e) {
        request.response().setStatusCode(400).end("expected JSON: " + e.getMessage());
      }
    })).listen(port, "127.0.0.1").recover(e -> Future.failedFuture(new TidemarkException(ErrorCode.CONFLICT,
        "the example receives its notifications on port " + port + " of 127.0.0.1: " + e.getMessage(), e)));
  }
}
