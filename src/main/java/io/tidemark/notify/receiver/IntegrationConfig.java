package io.tidemark.notify.receiver;

/// The settings of one integration of a receiver.
public sealed interface IntegrationConfig permits WebhookConfig, SlackConfig, PagerdutyConfig, EmailConfig {
  /// The name in metrics and views: `webhook`, `slack`, `pagerduty` or `email`.
  String kind();

  /// Whether a notice follows when alerts are resolved.
  boolean sendResolved();
}
