package io.tidemark.notify;

import io.tidemark.notify.receiver.IntegrationConfig;
import io.tidemark.notify.receiver.VertxIntegrations;
import io.vertx.core.Vertx;

/// Makes integrations from their settings.
public interface Integrations {
  Integration open(IntegrationConfig config, Texts texts);

  /// The real ones, over HTTP and SMTP.
  static Integrations over(Vertx vertx) {
    return new VertxIntegrations(vertx);
  }
}
