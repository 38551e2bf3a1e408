package io.tidemark.notify.receiver;

import io.tidemark.model.Alert;
import io.tidemark.model.LabelSet;
import io.tidemark.notify.Notification;
import io.tidemark.notify.NotifiedAlert;
import io.tidemark.notify.NotifyConfig;
import io.tidemark.notify.Texts;
import io.tidemark.telemetry.Metrics;
import java.nio.file.Path;
import java.util.List;

/// A notification of one firing and one resolved alert, and settings read from a file's text.
final class Samples {
  static final LabelSet DOWN = LabelSet.of("alertname", "Down", "instance", "a:9100", "severity", "critical");
  static final LabelSet OVER = LabelSet.of("alertname", "Down", "instance", "b:9100", "severity", "critical");
  /// 2023-12-15T08:00:00Z.
  static final long NOW_MILLIS = 1_702_627_200_000L;

  private Samples() {}

  static Notification notification() {
    return notification(List.of(firing(), resolved()));
  }

  static Notification notification(List<NotifiedAlert> alerts) {
    return new Notification("{}:{alertname=\"Down\"}", "team", LabelSet.of("alertname", "Down"), alerts, "http://tidemark.test",
        NOW_MILLIS, "key-of-the-sample");
  }

  static NotifiedAlert firing() {
    LabelSet notes = LabelSet.of("summary", "a is <down>", "runbook_url", "http://runbook.test/");
    var alert = new Alert(DOWN, notes, NOW_MILLIS - 60_500, NOW_MILLIS + 60_000, "http://tidemark.test/graph");
    return new NotifiedAlert(alert, false, 0x1234);
  }

  static NotifiedAlert resolved() {
    LabelSet notes = LabelSet.of("summary", "b is down", "runbook_url", "http://runbook.test/");
    var alert = new Alert(OVER, notes, NOW_MILLIS - 60_000, NOW_MILLIS - 1_000, "http://tidemark.test/graph");
    return new NotifiedAlert(alert, true, 0xabcdef0123456789L);
  }

  static Texts texts() {
    return new Texts(List.of(), new Metrics());
  }

  /// The first integration of a receiver written as YAML.
  static IntegrationConfig integration(String receiver) {
    String file = "route: {receiver: team}\nreceivers:\n  - name: team\n" + receiver.indent(4);
    return NotifyConfig.parse(file, "test.yml", Path.of(".")).receivers().get("team").integrations().getFirst();
  }
}
