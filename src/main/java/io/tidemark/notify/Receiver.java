package io.tidemark.notify;

import io.tidemark.notify.receiver.IntegrationConfig;
import java.util.List;

/// A named target of notifications and its integrations. One without integrations swallows alerts on purpose.
public record Receiver(String name, List<IntegrationConfig> integrations) {
  public Receiver {
    integrations = List.copyOf(integrations);
  }
}
