package io.tidemark.notify.receiver;

import io.tidemark.config.Secret;
import java.util.List;
import java.util.Map;

/// @param key     the routing key (Events v2) or the service key (Events v1)
/// @param version which of the two APIs is spoken
/// @param texts   templates by key: `description`, `client`, `client_url`, `source`, `severity`, `class`, `component`, `group`
/// @param details templates of the custom details
/// @param images  templates by key (`src`, `alt`, `href`)
/// @param links   templates by key (`href`, `text`)
public record PagerdutyConfig(boolean sendResolved, Endpoint endpoint, Secret key, Version version, Map<String, String> texts,
    Map<String, String> details, List<Map<String, String>> images, List<Map<String, String>> links) implements IntegrationConfig {
  /// Events API v1 (a "generic" integration's service key) or v2 (a routing key).
  public enum Version { V1, V2 }

  @Override
  public String kind() {
    return "pagerduty";
  }
}
