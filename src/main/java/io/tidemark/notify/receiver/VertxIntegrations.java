package io.tidemark.notify.receiver;

import io.tidemark.notify.Integration;
import io.tidemark.notify.Integrations;
import io.tidemark.notify.Texts;
import io.vertx.core.Vertx;

/// Integrations over the network.
public final class VertxIntegrations implements Integrations {
  private final Vertx vertx;

  public VertxIntegrations(Vertx vertx) {
    this.vertx = vertx;
  }

  @Override
  public Integration open(IntegrationConfig config, Texts texts) {
    return switch (config) {
      case WebhookConfig webhook -> new Webhook(webhook, new HttpPoster(vertx));
      case SlackConfig slack -> new Slack(slack, texts, new HttpPoster(vertx));
      case PagerdutyConfig pagerduty -> new Pagerduty(pagerduty, texts, new HttpPoster(vertx));
      case EmailConfig email -> new Email(email, texts, vertx);
    };
  }
}
