package io.tidemark.notify.receiver;

import io.tidemark.config.Item;
import io.tidemark.config.Secret;
import io.tidemark.config.Section;
import io.tidemark.model.TidemarkException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// Reads the `*_configs` of receivers in Alertmanager's form, and the `global` settings that they fall back to.
///
/// Secrets in files (`api_url_file` and the like) are read once, when the configuration is loaded.
public final class IntegrationReader {
  private static final long TIMEOUT_MILLIS = 10_000;
  private static final int SECRET_BYTES_MAX = 64 * 1024;
  /// Receivers of Alertmanager that are recognised, to say so, and not there yet.
  private static final List<String> OTHER_KINDS = List.of("opsgenie_configs", "wechat_configs", "pushover_configs", "victorops_configs",
      "sns_configs", "telegram_configs", "discord_configs", "webex_configs", "msteams_configs", "msteamsv2_configs", "jira_configs",
      "rocketchat_configs", "mattermost_configs", "incidentio_configs");
  private static final List<String> OTHER_GLOBALS = List.of("http_config", "smtp_auth_secret", "smtp_auth_secret_file",
      "smtp_auth_identity", "smtp_tls_config", "smtp_force_implicit_tls", "slack_app_token", "slack_app_token_file", "slack_app_url",
      "opsgenie_api_url", "opsgenie_api_key", "opsgenie_api_key_file", "wechat_api_url", "wechat_api_secret", "wechat_api_secret_file",
      "wechat_api_corp_id", "victorops_api_url", "victorops_api_key", "victorops_api_key_file", "telegram_api_url",
      "telegram_bot_token", "telegram_bot_token_file", "webex_api_url", "rocketchat_api_url", "rocketchat_token",
      "rocketchat_token_file", "rocketchat_token_id", "rocketchat_token_id_file", "jira_api_url", "mattermost_webhook_url",
      "mattermost_webhook_url_file");
  private static final List<String> SLACK_TEXTS = List.of("channel", "username", "color", "title", "title_link", "pretext", "text",
      "fallback", "callback_id", "icon_emoji", "icon_url", "image_url", "thumb_url", "footer");
  private static final Map<String, String> SLACK_DEFAULTS = Map.ofEntries(
      Map.entry("color", "{{ if eq .Status \"firing\" }}danger{{ else }}good{{ end }}"),
      Map.entry("username", "{{ template \"slack.default.username\" . }}"),
      Map.entry("title", "{{ template \"slack.default.title\" . }}"),
      Map.entry("title_link", "{{ template \"slack.default.titlelink\" . }}"),
      Map.entry("icon_emoji", "{{ template \"slack.default.iconemoji\" . }}"),
      Map.entry("icon_url", "{{ template \"slack.default.iconurl\" . }}"),
      Map.entry("pretext", "{{ template \"slack.default.pretext\" . }}"),
      Map.entry("text", "{{ template \"slack.default.text\" . }}"),
      Map.entry("fallback", "{{ template \"slack.default.fallback\" . }}"),
      Map.entry("callback_id", "{{ template \"slack.default.callbackid\" . }}"),
      Map.entry("footer", "{{ template \"slack.default.footer\" . }}"));
  private static final List<String> PAGERDUTY_TEXTS =
      List.of("description", "client", "client_url", "source", "severity", "class", "component", "group");
  private static final Map<String, String> PAGERDUTY_DEFAULTS = Map.of(
      "description", "{{ template \"pagerduty.default.description\" . }}",
      "client", "{{ template \"pagerduty.default.client\" . }}",
      "client_url", "{{ template \"pagerduty.default.clientURL\" . }}");
  private static final Map<String, String> PAGERDUTY_DETAILS = Map.of(
      "firing", "{{ template \"pagerduty.default.instances\" .Alerts.Firing }}",
      "resolved", "{{ template \"pagerduty.default.instances\" .Alerts.Resolved }}",
      "num_firing", "{{ .Alerts.Firing | len }}",
      "num_resolved", "{{ .Alerts.Resolved | len }}");

  private final Section global;
  private final Path directory;
  private final List<Item> templates = new ArrayList<>();
  private final Secret slackUrl;
  private final Item pagerdutyUrl;
  private final Secret smtpPassword;

  /// @param global    the section `global`; keys of other houses in it are left alone
  /// @param directory where relative paths of secret files start
  public IntegrationReader(Section global, Path directory) {
    this.global = global;
    this.directory = directory;
    slackUrl = secretOrFile(global, "global", "slack_api_url");
    pagerdutyUrl = global.item("pagerduty_url").orElseGet(() -> new Item("https://events.pagerduty.com/v2/enqueue", 0, 0));
    smtpPassword = secretOrFile(global, "global", "smtp_auth_password");
    for (String key : List.of("smtp_from", "smtp_hello", "smtp_smarthost", "smtp_auth_username", "smtp_require_tls")) {
      global.has(key);
    }
    notYet(global, "global", OTHER_GLOBALS);
  }

  /// Everything in `receiver` that was recognised as a template, with its place, of all calls so far.
  public List<Item> templates() {
    return List.copyOf(templates);
  }

  /// The integrations of one receiver, in the order webhook, slack, pagerduty, email and within a kind in file order.
  public List<IntegrationConfig> read(Section receiver, String path) {
    var all = new ArrayList<IntegrationConfig>();
    each(receiver, path, "webhook_configs", (section, where) -> webhook(section, where).ifPresent(all::add));
    each(receiver, path, "slack_configs", (section, where) -> slack(section, where).ifPresent(all::add));
    each(receiver, path, "pagerduty_configs", (section, where) -> pagerduty(section, where).ifPresent(all::add));
    each(receiver, path, "email_configs", (section, where) -> email(section, where).ifPresent(all::add));
    for (String kind : OTHER_KINDS) {
      if (receiver.has(kind)) {
        receiver.problem(kind, path + "." + kind + ": a receiver of Alertmanager that is not supported yet; supported are"
            + " webhook_configs, slack_configs, pagerduty_configs, email_configs");
      }
    }
    return all;
  }

  private interface Reading {
    void accept(Section section, String path);
  }

  private static void each(Section receiver, String path, String key, Reading reading) {
    List<Section> sections = receiver.sections(key);
    for (int i = 0; i < sections.size(); i++) {
      reading.accept(sections.get(i), path + "." + key + "[" + i + "]");
      sections.get(i).done();
    }
  }

  private Optional<IntegrationConfig> webhook(Section section, String path) {
    boolean sendResolved = section.flag("send_resolved", true);
    int maxAlerts = (int) section.number("max_alerts", 0, 0, Integer.MAX_VALUE);
    long timeoutMillis = section.durationMillis("timeout", TIMEOUT_MILLIS);
    Secret authorization = authorization(section, path);
    Secret url = secretOrFile(section, path, "url");
    if (url.isEmpty()) {
      section.problem("url", path + ": one of url or url_file must be configured");
    }
    return endpoint(section, path, "url", url, authorization).map(endpoint ->
        new WebhookConfig(sendResolved, endpoint, maxAlerts, timeoutMillis == 0 ? TIMEOUT_MILLIS : timeoutMillis));
  }

  private Optional<IntegrationConfig> slack(Section section, String path) {
    boolean sendResolved = section.flag("send_resolved", false);
    Map<String, String> texts = texts(section, SLACK_TEXTS, SLACK_DEFAULTS);
    boolean shortFields = section.flag("short_fields", false);
    var fields = new ArrayList<SlackConfig.Field>();
    for (Section field : section.sections("fields")) {
      fields.add(new SlackConfig.Field(required(field, "title"), required(field, "value"), field.flag("short", shortFields)));
      field.done();
    }
    List<Map<String, String>> actions = maps(section, "actions", List.of("type", "text", "url", "style", "name", "value"), path);
    boolean linkNames = section.flag("link_names", false);
    List<String> markdownIn = section.texts("mrkdwn_in");
    notYet(section, path, List.of("app_token", "app_token_file", "app_url", "edit_messages", "update_message", "message_text"));
    Secret authorization = authorization(section, path);
    Secret own = secretOrFile(section, path, "api_url");
    Secret url = own.isEmpty() ? slackUrl : own;
    if (url.isEmpty()) {
      section.problem("api_url", path + ": no Slack address; set api_url or api_url_file here, or slack_api_url in global");
    }
    return endpoint(section, path, "api_url", url, authorization)
        .map(endpoint -> new SlackConfig(sendResolved, endpoint, texts, List.copyOf(fields), actions, linkNames,
            markdownIn.isEmpty() ? List.of("fallback", "pretext", "text") : markdownIn));
  }

  private Optional<IntegrationConfig> pagerduty(Section section, String path) {
    boolean sendResolved = section.flag("send_resolved", true);
    var texts = new LinkedHashMap<>(texts(section, PAGERDUTY_TEXTS, PAGERDUTY_DEFAULTS));
    texts.putIfAbsent("source", texts.get("client"));
    texts.putIfAbsent("severity", "error");
    var details = new TreeMap<>(PAGERDUTY_DETAILS);
    section.section("details").ifPresent(own -> own.keys().forEach(key -> own.item(key).ifPresent(item -> {
      templates.add(item);
      details.put(key, item.text());
    })));
    List<Map<String, String>> images = maps(section, "images", List.of("src", "alt", "href"), path);
    List<Map<String, String>> links = maps(section, "links", List.of("href", "text"), path);
    notYet(section, path, List.of("timeout"));
    Secret authorization = authorization(section, path);
    Secret routingKey = secretOrFile(section, path, "routing_key");
    Secret serviceKey = secretOrFile(section, path, "service_key");
    if (routingKey.isEmpty() && serviceKey.isEmpty()) {
      section.problem("routing_key", path + ": missing service or routing key in PagerDuty config");
    }
    PagerdutyConfig.Version version = serviceKey.isEmpty() ? PagerdutyConfig.Version.V2 : PagerdutyConfig.Version.V1;
    String url = section.text("url", version == PagerdutyConfig.Version.V2 || pagerdutyUrl.line() > 0 ? pagerdutyUrl.text()
        : "https://events.pagerduty.com/generic/2010-04-15/create_event.json");
    return endpoint(section, path, "url", new Secret(url), authorization).map(endpoint -> new PagerdutyConfig(sendResolved, endpoint,
        serviceKey.isEmpty() ? routingKey : serviceKey, version, Map.copyOf(texts), details, images, links));
  }

  private Optional<IntegrationConfig> email(Section section, String path) {
    boolean sendResolved = section.flag("send_resolved", false);
    String to = required(section, "to");
    String from = template(section, "from", global.text("smtp_from", ""));
    if (from.isEmpty()) {
      section.problem("from", path + ": no sender; set from here or smtp_from in global");
    }
    var headers = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
    headers.put("Subject", "{{ template \"email.default.subject\" . }}");
    section.section("headers").ifPresent(own -> own.keys().forEach(key -> own.item(key).ifPresent(item -> {
      templates.add(item);
      headers.put(key, item.text());
    })));
    String html = template(section, "html", "{{ template \"email.default.html\" . }}");
    String text = template(section, "text", "");
    notYet(section, path, List.of("auth_secret", "auth_secret_file", "auth_identity", "tls_config", "threading", "force_implicit_tls"));
    Secret own = secretOrFile(section, path, "auth_password");
    String username = section.text("auth_username", global.text("smtp_auth_username", ""));
    String hello = section.text("hello", global.text("smtp_hello", "localhost"));
    boolean requireTls = section.flag("require_tls", global.flag("smtp_require_tls", true));
    String smarthost = section.text("smarthost", global.text("smtp_smarthost", ""));
    int colon = smarthost.lastIndexOf(':');
    if (colon < 1 || !smarthost.substring(colon + 1).matches("\\d{1,5}") || Integer.parseInt(smarthost.substring(colon + 1)) > 65535) {
      section.problem("smarthost", path + ": expected a mail server as host:port, found "
          + (smarthost.isEmpty() ? "none; set smarthost here or smtp_smarthost in global" : "\"" + smarthost + "\""));
      return Optional.empty();
    }
    var server = new EmailConfig.Server(smarthost.substring(0, colon), Integer.parseInt(smarthost.substring(colon + 1)), hello, username,
        own.isEmpty() ? smtpPassword : own, requireTls);
    return Optional.of(new EmailConfig(sendResolved, to, from, server, headers, html, text));
  }

  private Map<String, String> texts(Section section, List<String> keys, Map<String, String> defaults) {
    var texts = new LinkedHashMap<String, String>();
    for (String key : keys) {
      String text = template(section, key, defaults.getOrDefault(key, ""));
      if (!text.isEmpty()) {
        texts.put(key, text);
      }
    }
    return texts;
  }

  private List<Map<String, String>> maps(Section section, String key, List<String> keys, String path) {
    var maps = new ArrayList<Map<String, String>>();
    for (Section entry : section.sections(key)) {
      maps.add(texts(entry, keys, Map.of()));
      notYet(entry, path + "." + key, List.of("confirm"));
      entry.done();
    }
    return List.copyOf(maps);
  }

  private String template(Section section, String key, String byDefault) {
    Optional<Item> item = section.item(key);
    item.ifPresent(templates::add);
    return item.map(Item::text).orElse(byDefault);
  }

  private String required(Section section, String key) {
    String text = section.requiredText(key);
    section.item(key).ifPresent(templates::add);
    return text;
  }

  private static Optional<Endpoint> endpoint(Section section, String path, String key, Secret url, Secret authorization) {
    if (url.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(Endpoint.of(url, authorization));
    } catch (TidemarkException e) {
      section.problem(key, path + "." + key + ": " + e.getMessage());
      return Optional.empty();
    }
  }

  /// `key`, or the content of the file named by `key_file`.
  private Secret secretOrFile(Section section, String path, String key) {
    Secret inline = section.secret(key);
    Optional<Item> file = section.item(key + "_file");
    if (file.isEmpty()) {
      return inline;
    }
    if (!inline.isEmpty()) {
      section.problem(key + "_file", path + ": at most one of " + key + " & " + key + "_file must be configured");
      return inline;
    }
    Path at = directory.resolve(file.get().text());
    try {
      if (Files.size(at) > SECRET_BYTES_MAX) {
        section.problem(key + "_file", path + "." + key + "_file: " + at + " is larger than " + SECRET_BYTES_MAX + " bytes");
        return Secret.NONE;
      }
      return new Secret(Files.readString(at, StandardCharsets.UTF_8).strip());
    } catch (IOException e) {
      section.problem(key + "_file", path + "." + key + "_file: cannot read " + at + " (" + e.getClass().getSimpleName() + ")");
      return Secret.NONE;
    }
  }

  /// The `Authorization` header that `http_config` asks for.
  private Secret authorization(Section section, String path) {
    Optional<Section> http = section.section("http_config");
    if (http.isEmpty()) {
      return Secret.NONE;
    }
    String where = path + ".http_config";
    Secret header = Secret.NONE;
    Secret bearer = secretOrFile(http.get(), where, "bearer_token");
    if (!bearer.isEmpty()) {
      header = new Secret("Bearer " + bearer.reveal());
    }
    Optional<Section> authorization = http.get().section("authorization");
    if (authorization.isPresent()) {
      header = new Secret(authorization.get().text("type", "Bearer") + " "
          + secretOrFile(authorization.get(), where + ".authorization", "credentials").reveal());
      authorization.get().done();
    }
    Optional<Section> basic = http.get().section("basic_auth");
    if (basic.isPresent()) {
      String pair = basic.get().text("username", "") + ":" + secretOrFile(basic.get(), where + ".basic_auth", "password").reveal();
      header = new Secret("Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8)));
      basic.get().done();
    }
    if (http.get().flag("follow_redirects", false)) {
      http.get().problem("follow_redirects", where + ".follow_redirects: redirects are never followed, because they would carry the"
          + " credentials elsewhere; name the final address and remove this key");
    }
    notYet(http.get(), where, List.of("oauth2", "tls_config", "proxy_url", "no_proxy", "proxy_from_environment",
        "proxy_connect_header", "enable_http2", "http_headers"));
    http.get().done();
    return header;
  }

  private static void notYet(Section section, String path, List<String> keys) {
    for (String key : keys) {
      if (section.has(key)) {
        section.problem(key, path + "." + key + ": a key of Alertmanager that is not supported yet; remove it");
      }
    }
  }
}
