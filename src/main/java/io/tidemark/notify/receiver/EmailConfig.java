package io.tidemark.notify.receiver;

import io.tidemark.config.Secret;
import java.util.Map;

/// @param to       a template of one or more addresses, separated by commas
/// @param from     a template of the sender's address
/// @param hello    the name given to the mail server
/// @param headers  templates by header name; `Subject` is always there
/// @param html     template of the HTML body, empty for none
/// @param text     template of the plain body, empty for none
public record EmailConfig(boolean sendResolved, String to, String from, Server server, Map<String, String> headers, String html,
    String text) implements IntegrationConfig {
  /// The mail server. Port 465 speaks TLS from the start; others upgrade, and must when `requireTls`.
  public record Server(String host, int port, String hello, String username, Secret password, boolean requireTls) {}

  @Override
  public String kind() {
    return "email";
  }
}
