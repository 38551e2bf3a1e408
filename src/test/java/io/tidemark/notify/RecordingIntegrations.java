package io.tidemark.notify;

import io.tidemark.config.Durations;
import io.tidemark.model.LabelSet;
import io.tidemark.notify.receiver.IntegrationConfig;
import io.tidemark.time.Clock;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.stream.Collectors;

/// Integrations that note what they were to send and answer as they were told, delivered by default.
final class RecordingIntegrations implements Integrations {
  private final Clock clock;
  private final long originMillis;
  final List<String> sent = new ArrayList<>();
  private final Map<String, Queue<String>> answers = new HashMap<>();
  private final Map<LabelSet, Queue<String>> groupAnswers = new HashMap<>();

  RecordingIntegrations(Clock clock) {
    this.clock = clock;
    this.originMillis = clock.millis();
  }

  /// The next answer of a receiver: `ok`, a status such as `500`, `429:30s` with Retry-After, or `hang`.
  void answer(String receiver, String answer) {
    answers.computeIfAbsent(receiver, _ -> new ArrayDeque<>()).add(answer);
  }

  /// The answers of any receiver about one group, before those of the receiver.
  void answer(LabelSet groupLabels, String answer, int times) {
    groupAnswers.computeIfAbsent(groupLabels, _ -> new ArrayDeque<>()).addAll(Collections.nCopies(times, answer));
  }

  @Override
  public Integration open(IntegrationConfig config, Texts texts) {
    return new Integration() {
      @Override
      public Future<Outcome> send(Notification notification) {
        String groupAnswer = groupAnswers.getOrDefault(notification.groupLabels(), new ArrayDeque<>()).poll();
        String answer = groupAnswer != null ? groupAnswer : answers.getOrDefault(notification.receiver(), new ArrayDeque<>()).poll();
        sent.add(line(config, notification, answer == null ? "ok" : answer));
        return outcome(answer == null ? "ok" : answer);
      }

      @Override
      public Future<Void> close() {
        return Future.succeededFuture();
      }
    };
  }

  private String line(IntegrationConfig config, Notification notification, String answer) {
    return Durations.print(clock.millis() - originMillis) + " sent " + notification.receiver() + " " + config.kind() + " "
        + notification.groupLabels() + alerts(" firing ", notification.firing()) + alerts(" resolved ", notification.resolved())
        + (answer.equals("ok") ? "" : " -> " + answer);
  }

  private static String alerts(String status, List<NotifiedAlert> alerts) {
    return alerts.isEmpty() ? ""
        : status + alerts.stream().map(NotifiedAlert::labels).map(LabelSet::toString).collect(Collectors.joining(" "));
  }

  private static Future<Outcome> outcome(String answer) {
    String[] parts = answer.split(":");
    return switch (parts[0]) {
      case "ok" -> Future.succeededFuture(new Outcome.Delivered("taken"));
      case "throw" -> throw new IllegalStateException("a defect of the integration");
      case "hang" -> Promise.<Outcome>promise().future();
      case "400" -> Future.succeededFuture(new Outcome.Rejected("HTTP 400"));
      default -> Future.succeededFuture(new Outcome.Retry("HTTP " + parts[0],
          parts.length > 1 ? Durations.parse(parts[1]).orElseThrow() : 0));
    };
  }
}
