package io.tidemark.notify.receiver;

/// @param maxAlerts     most alerts in one message, 0 for all
/// @param timeoutMillis longest time for one request
public record WebhookConfig(boolean sendResolved, Endpoint endpoint, int maxAlerts, long timeoutMillis) implements IntegrationConfig {
  @Override
  public String kind() {
    return "webhook";
  }
}
