package io.tidemark.notify;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Metrics;
import io.tidemark.template.Functions;
import io.tidemark.template.RenderOptions;
import io.tidemark.template.Template;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Expands the texts of notifications. A template that fails costs its text, never the page: its place is taken by a fallback,
/// counted and logged. Any thread.
public final class Texts {
  /// Longest plain text a template may make; services cut or refuse longer ones. HTML bodies may have {@link RenderOptions#HTML}'s.
  private static final int OUTPUT_CHARS_MAX = 256 * 1024;
  private static final Logger LOG = LoggerFactory.getLogger(Texts.class);

  private final Template definitions;
  private final Counter failures;

  /// @param templates texts of template files; their definitions replace the built-in ones of the same name
  public Texts(List<String> templates, Metrics metrics) {
    this.definitions = definitions(templates);
    this.failures = metrics.counter("tidemark_notification_template_failures_total",
        "Texts of notifications that were replaced by a fallback because their template failed");
  }

  static Template definitions(List<String> templates) {
    Template all = Template.parse("default.tmpl", builtin(), Functions.alertmanager(0));
    for (String text : templates) {
      all = all.with("templates", text);
    }
    return all;
  }

  private static String builtin() {
    try (InputStream in = Texts.class.getResourceAsStream("default.tmpl")) {
      if (in == null) {
        throw new IllegalStateException("the jar lacks io/tidemark/notify/default.tmpl; build it again");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new TidemarkException(ErrorCode.DISK_FAILED, "cannot read io/tidemark/notify/default.tmpl from the jar", e);
    }
  }

  /// Parses `source`, to be rendered often.
  ///
  /// @param fallback what stands in for it when it fails
  public Text parse(String source, Fallback fallback) {
    return new Text(definitions.derive("text", source), fallback);
  }

  /// What takes the place of a failed text.
  public sealed interface Fallback {
    /// The alerts in plain words and why the template failed: for texts that people read.
    record Summary() implements Fallback {}

    /// A fixed text: for colours, channels and addresses.
    record Fixed(String text) implements Fallback {}
  }

  /// A template ready for use.
  public final class Text {
    private final Template template;
    private final Fallback fallback;

    private Text(Template template, Fallback fallback) {
      this.template = template;
      this.fallback = fallback;
    }

    public String plain(Notification notification) {
      return render(notification, RenderOptions.TEXT.outputCharsMax(OUTPUT_CHARS_MAX), false);
    }

    /// With values escaped for an HTML page.
    public String html(Notification notification) {
      return render(notification, RenderOptions.HTML, true);
    }

    /// Whatever goes wrong, even a defect of the template house: a text comes back.
    private String render(Notification notification, RenderOptions options, boolean html) {
      try {
        return template.render(new MessageData(notification), Functions.alertmanager(notification.atMillis()), options);
      } catch (RuntimeException e) {
        failures.increment();
        LOG.warn("notification template failed, fallback sent receiver=\"{}\" group=\"{}\" reason=\"{}\"", notification.receiver(),
            notification.groupKey(), e.getMessage());
        String instead = switch (fallback) {
          case Fallback.Fixed fixed -> fixed.text();
          case Fallback.Summary() -> summary(notification) + " (this text's template failed: " + e.getMessage() + ")";
        };
        return html ? instead.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") : instead;
      }
    }
  }

  /// Such as `[FIRING:2] {alertname="Down"}`.
  static String summary(Notification notification) {
    int firing = notification.firing().size();
    String status = firing > 0 ? "[FIRING:" + firing + "] " : "[RESOLVED] ";
    return status + notification.commonLabels();
  }
}
