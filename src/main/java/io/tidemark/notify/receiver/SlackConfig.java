package io.tidemark.notify.receiver;

import java.util.List;
import java.util.Map;

/// @param texts       templates by key: `channel`, `username`, `color`, `title` and so on, as in the file
/// @param fields      the attachment's fields
/// @param actions     link buttons: templates by key (`type`, `text`, `url`, `style`, `name`, `value`)
public record SlackConfig(boolean sendResolved, Endpoint endpoint, Map<String, String> texts, List<Field> fields,
    List<Map<String, String>> actions, boolean linkNames, List<String> markdownIn) implements IntegrationConfig {
  /// One field of an attachment; `title` and `value` are templates.
  public record Field(String title, String value, boolean isShort) {}

  @Override
  public String kind() {
    return "slack";
  }
}
