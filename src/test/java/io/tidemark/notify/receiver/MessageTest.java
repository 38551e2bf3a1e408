package io.tidemark.notify.receiver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.notify.Notification;
import io.tidemark.notify.Texts;
import io.tidemark.telemetry.Metrics;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.mail.MailMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// What goes over the wire, compared with files under `alerting/messages`.
class MessageTest {
  private static final Vertx VERTX = Vertx.vertx();

  @AfterAll
  static void close() {
    VERTX.close().await();
  }

  private static void assertGolden(String name, String found) throws IOException {
    Path file = Path.of("src/test/resources/alerting/messages", name);
    if (Boolean.getBoolean("golden.update")) {
      Files.createDirectories(file.getParent());
      Files.writeString(file, found.strip() + "\n");
    }
    assertEquals(Files.readString(file).strip(), found.strip());
  }

  private static Slack slack(String yaml) {
    return new Slack((SlackConfig) Samples.integration(yaml), Samples.texts(), new HttpPoster(VERTX));
  }

  private static Pagerduty pagerduty(String yaml) {
    return new Pagerduty((PagerdutyConfig) Samples.integration(yaml), Samples.texts(), new HttpPoster(VERTX));
  }

  @Test
  void webhookMessageIsAlertmanagersVersion4() throws IOException {
    assertGolden("webhook.json", Webhook.message(Samples.notification(), 0).encodePrettily());
  }

  @Test
  void webhookMessageSaysHowManyAlertsWereCut() {
    JsonObject message = Webhook.message(Samples.notification(), 1);
    assertEquals(1, message.getJsonArray("alerts").size());
    assertEquals(1, message.getInteger("truncatedAlerts"));
    assertEquals("firing", message.getString("status"));
  }

  @Test
  void slackMessageWithDefaults() throws IOException {
    assertGolden("slack-default.json", slack("slack_configs: [{api_url: 'http://slack.test/', channel: '#a'}]")
        .message(Samples.notification()).encodePrettily());
  }

  @Test
  void slackMessageWithEverything() throws IOException {
    assertGolden("slack-full.json", slack("""
        slack_configs:
          - api_url: http://slack.test/
            channel: '#alerts-critical'
            username: tm
            icon_emoji: ':fire:'
            title: '🔥 {{ .GroupLabels.alertname }}'
            text: '{{ range .Alerts.Firing }}{{ .Annotations.summary }}{{ end }}'
            fields: [{title: Severity, value: '{{ .CommonLabels.severity }}', short: true}]
            actions: [{type: button, text: Runbook, url: '{{ .CommonAnnotations.runbook_url }}'}]
            link_names: true
        """).message(Samples.notification()).encodePrettily());
  }

  @Test
  void slackTurnsGreenWhenAllIsOver() {
    JsonObject message = slack("slack_configs: [{api_url: 'http://slack.test/'}]")
        .message(Samples.notification(List.of(Samples.resolved())));
    JsonObject attachment = message.getJsonArray("attachments").getJsonObject(0);
    assertEquals("good", attachment.getString("color"));
    assertEquals("[RESOLVED] Down (b:9100 critical)", attachment.getString("title"));
  }

  @Test
  void pagerdutyEventOfBothVersions() throws IOException {
    assertGolden("pagerduty-v2.json", pagerduty("pagerduty_configs: [{routing_key: key, details: {runbook: "
        + "'{{ .CommonAnnotations.runbook_url }}'}}]").eventV2(Samples.notification()).encodePrettily());
    assertGolden("pagerduty-v1.json", pagerduty("pagerduty_configs: [{service_key: key}]")
        .eventV1(Samples.notification(List.of(Samples.resolved()))).encodePrettily());
  }

  @Test
  void pagerdutyEventsOfOneGroupShareTheirKey() {
    Pagerduty pagerduty = pagerduty("pagerduty_configs: [{routing_key: key}]");
    JsonObject trigger = pagerduty.eventV2(Samples.notification());
    JsonObject resolve = pagerduty.eventV2(Samples.notification(List.of(Samples.resolved())));
    assertEquals("trigger", trigger.getString("event_action"));
    assertEquals("resolve", resolve.getString("event_action"));
    assertEquals(trigger.getString("dedup_key"), resolve.getString("dedup_key"));
  }

  @Test
  void emailHasBothBodiesAndNoHeaderInjection() throws IOException {
    var email = new Email((EmailConfig) Samples.integration("""
        email_configs:
          - to: a@example.org, b@example.org
            from: tidemark@example.org
            smarthost: localhost:25
            text: '{{ .Alerts | len }} alerts'
            headers: {X-Team: "ops\\nBcc: evil@example.org"}
        """), Samples.texts(), VERTX);
    MailMessage message = email.message(Samples.notification());
    assertEquals(List.of("a@example.org", "b@example.org"), message.getTo());
    assertEquals("[FIRING:1] Down (critical)", message.getSubject());
    assertEquals("ops Bcc: evil@example.org", message.getHeaders().get("X-Team"));
    assertEquals("2 alerts", message.getText());
    assertTrue(message.getHtml().contains("a is &lt;down&gt;"), message.getHtml());
    assertGolden("email.html", message.getHtml());
    email.close().await();
  }

  @Test
  void failingTemplateNeverLosesThePage() {
    var metrics = new Metrics();
    var config = (SlackConfig) Samples.integration("""
        slack_configs:
          - api_url: http://slack.test/
            channel: '{{ index .Alerts 99 }}'
            title: '{{ index .Alerts 99 }}'
            text: '{{ define "endless" }}{{ template "endless" . }}{{ end }}{{ template "endless" . }}'
        """);
    var slack = new Slack(config, new Texts(List.of(), metrics), new HttpPoster(VERTX));
    Notification notification = Samples.notification();
    JsonObject message = slack.message(notification);
    JsonObject attachment = message.getJsonArray("attachments").getJsonObject(0);
    assertFalse(message.containsKey("channel"));
    String title = attachment.getString("title");
    assertTrue(title.startsWith("[FIRING:1] {alertname=\"Down\", severity=\"critical\"} (this text's template failed:"), title);
    assertTrue(attachment.getString("text").startsWith("[FIRING:1] "), attachment.getString("text"));
    assertTrue(metrics.print().contains("tidemark_notification_template_failures_total 3"), metrics.print());
  }
}
