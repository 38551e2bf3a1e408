package io.tidemark.notify;

import io.tidemark.config.Item;
import io.tidemark.config.Problems;
import io.tidemark.model.Alert;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.template.RenderOptions;
import io.tidemark.template.Template;
import java.util.List;

/// Finds broken templates when the configuration is read, not when the page is due: each is parsed and tried on a sample group.
/// A failure that may depend on the data (a function that refuses a value) is left to the fallback at run time.
final class TemplateCheck {
  private static final String UNKNOWN_FIELD = "can't evaluate field ";
  private static final Notification SAMPLE = sample();

  private TemplateCheck() {}

  private static Notification sample() {
    LabelSet labels = LabelSet.of("alertname", "Sample", "severity", "critical", "instance", "host:9100", "job", "sample");
    LabelSet notes = LabelSet.of("summary", "a sample", "description", "a sample", "runbook_url", "http://localhost/");
    var firing = new NotifiedAlert(new Alert(labels, notes, 0, 60_000, "http://localhost/"), false, 1);
    var resolved = new NotifiedAlert(new Alert(labels.with("instance", "other:9100"), notes, 0, 30_000, "http://localhost/"), true, 2);
    return new Notification("{}:{alertname=\"Sample\"}", "sample", LabelSet.of("alertname", "Sample"), List.of(firing, resolved),
        "http://localhost:9070", 45_000, "sample");
  }

  /// @param templateFiles texts that parse
  static void run(List<String> templateFiles, List<Item> texts, Problems problems) {
    Template definitions = Texts.definitions(templateFiles);
    for (Item text : texts) {
      try {
        definitions.derive("text", text.text()).render(new MessageData(SAMPLE), RenderOptions.TEXT);
      } catch (TidemarkException e) {
        String message = e.getMessage();
        if (e.code() == ErrorCode.BAD_DATA || message.contains(UNKNOWN_FIELD) || message.contains("not defined")) {
          problems.add(text.line(), text.column(), message + hint(message));
        }
      }
    }
  }

  private static String hint(String message) {
    if (!message.contains("template.Data")) {
      return "";
    }
    for (String field : List.of("Annotations", "Labels")) {
      if (message.contains(UNKNOWN_FIELD + field + " ")) {
        return "; a notification tells of several alerts: use .Common" + field + ", or ." + field + " inside {{ range .Alerts }}";
      }
    }
    return "; a notification has Receiver, Status, Alerts, GroupLabels, CommonLabels, CommonAnnotations, ExternalURL";
  }
}
