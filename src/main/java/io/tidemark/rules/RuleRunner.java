package io.tidemark.rules;

import io.tidemark.cluster.LeaseTenure;
import io.tidemark.model.Alert;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.promql.Features;
import io.tidemark.promql.PromQL;
import io.tidemark.query.Value;
import io.tidemark.rules.AlertTexts.Expanded;
import io.vertx.core.Future;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// One rule at work: asks, works out what follows, writes series, saves and tells alerts. Owned by the engine's loop.
final class RuleRunner {
  private final EngineParts parts;
  private final RuleGroup group;
  private final Rule rule;
  private final LeaseTenure tenure;
  private final String ruleId;
  private final AlertBook book = new AlertBook();
  private final WrittenSeries written;
  private boolean sending;
  /// Whether alerts were restored and nothing is known yet of the time since their earlier life.
  private boolean isGapUnknown;
  /// The newest time on the group's timetable, later than that of an evaluation that takes long.
  private long slotMillis;
  private RuleHealth health = RuleHealth.UNKNOWN;
  private String lastError = "";
  private long lastEvaluationMillis;
  private long evaluationNanos;

  /// @param tenure the right to run the group; without it nothing is written, saved or told
  RuleRunner(EngineParts parts, RuleGroup group, Rule rule, LeaseTenure tenure) {
    this.parts = parts;
    this.tenure = tenure;
    this.group = group;
    this.rule = rule;
    this.ruleId = SavedAlerts.ruleId(group, rule);
    this.written = new WrittenSeries(parts.writer(), parts.onLoop());
  }

  String ruleId() {
    return ruleId;
  }

  WrittenSeries written() {
    return written;
  }

  /// Takes over alerts of an earlier life, and the series that were written for them.
  void restore(Iterable<ActiveAlert> alerts) {
    isGapUnknown = true;
    Reach reach = reach();
    long now = parts.clock().millis();
    for (ActiveAlert alert : alerts) {
      hold(alert, reach, now);
      book.restore(alert);
      if (alert.state != AlertState.INACTIVE) {
        written.remember(series(alert).keySet());
      }
    }
  }

  private Reach reach() {
    return Reach.of(PromQL.parse(rule.query(), Features.ALL_SYNTAX), parts.queries().lookbackMillis());
  }

  /// Until the ranges that the rule reads are filled again, the answer may lack what is true.
  private void hold(ActiveAlert alert, Reach reach, long nowMillis) {
    long interval = group.intervalMillis();
    long filled = Math.max(2 * interval, reach.farthestMillis() + interval + group.queryOffsetMillis());
    alert.heldUntilMillis = nowMillis + Math.min(RuleSettings.RESTORED_HOLD_MILLIS_MAX, filled);
    renew(alert, reach, nowMillis);
  }

  /// @param oldUntilMillis before this came the last sample of the earlier life
  private void renew(ActiveAlert alert, Reach reach, long oldUntilMillis) {
    long emptied = Math.min(RuleSettings.RESTORED_HOLD_MILLIS_MAX, reach.narrowestMillis());
    alert.renewedFromMillis = oldUntilMillis + emptied + group.queryOffsetMillis();
  }

  /// Holds no restored alert that was evaluated so shortly before that no range can have run empty. Ranges are commonly four scrapes
  /// long or more, and `rate` needs two samples: a quarter may be missing.
  ///
  /// When the alert was evaluated last is told by the series that is written for it each time. Never fails: without an answer the holds
  /// stay.
  private Future<Void> measureGap(long queryAtMillis, long timeoutMillis) {
    if (!isGapUnknown) {
      return Future.succeededFuture();
    }
    String name = rule.name().replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    String query = "timestamp(ALERTS_FOR_STATE{alertname=\"" + name + "\"})";
    Reach reach = reach();
    return parts.onLoop().within(timeoutMillis, "looking for the last evaluation",
        parts.queries().instant(query, queryAtMillis, timeoutMillis)).transform(result -> {
          isGapUnknown = false;
          if (result.succeeded()) {
            AlertTexts.elements(result.result()).forEach(last -> book.find(last.labels())
                .ifPresent(alert -> shorten(alert, reach, queryAtMillis, Math.round(last.value() * 1000))));
          }
          book.saveLater(book.all().stream().filter(a -> a.state != AlertState.INACTIVE && a.heldUntilMillis != a.heldBeforeMillis)
              .map(a -> a.labels).toList());
          return Future.succeededFuture();
        });
  }

  private void shorten(ActiveAlert alert, Reach reach, long queryAtMillis, long lastQueryAtMillis) {
    if (queryAtMillis - lastQueryAtMillis <= reach.narrowestMillis() / 4) {
      // Two restarts may follow each other: what the longer one emptied is not filled yet after the shorter.
      alert.heldUntilMillis = alert.heldBeforeMillis;
    } else {
      // The earlier life ended before its next evaluation.
      renew(alert, reach, lastQueryAtMillis + group.queryOffsetMillis() + group.intervalMillis());
    }
  }

  /// Takes over from the runner of the same rule in the group's earlier form.
  void inherit(RuleRunner earlier) {
    earlier.book.all().forEach(book::restore);
    book.saveLater(earlier.book.takeUnsaved());
    written.inherit(earlier.written);
    isGapUnknown = earlier.isGapUnknown;
    health = earlier.health;
    lastError = earlier.lastError;
    lastEvaluationMillis = earlier.lastEvaluationMillis;
    evaluationNanos = earlier.evaluationNanos;
  }

  /// Has all alerts saved with the next evaluation, whatever the state holds.
  void saveAll() {
    book.saveLater(alertLabels());
  }

  /// Labels of all alerts it has saved.
  List<LabelSet> alertLabels() {
    return book.all().stream().map(alert -> alert.labels).toList();
  }

  GroupView.RuleView view() {
    List<GroupView.AlertView> alerts =
        book.all().stream().filter(a -> a.state != AlertState.INACTIVE).map(ActiveAlert::view).toList();
    return new GroupView.RuleView(rule, health, lastError, lastEvaluationMillis, evaluationNanos, alerts);
  }

  long countAlerts(AlertState state) {
    return book.all().stream().filter(a -> a.state == state).count();
  }

  /// It is `newSlotMillis` on the group's timetable. Before `evaluate` or `repeat`.
  void tick(long newSlotMillis) {
    slotMillis = newSlotMillis;
  }

  /// Repeats what fires, because an evaluation under way leaves no room for the next: what nobody repeats counts as resolved. Alerts that
  /// were not told yet wait for the evaluation, which saves them first.
  void repeat() {
    tell(book.all().stream().filter(ActiveAlert::isToldFiring).toList());
  }

  /// One evaluation at `atMillis`. Never fails; what went wrong is in the view. When the right to run the group ends meanwhile, the
  /// evaluation ends where it stands.
  Future<Void> evaluate(long atMillis) {
    long startNanos = parts.clock().nanos();
    long queryAtMillis = atMillis - group.queryOffsetMillis();
    long timeout = parts.settings().evaluationTimeoutMillis();
    Future<Void> measured = measureGap(queryAtMillis, timeout);
    Future<Value> asked = parts.onLoop().within(timeout, "evaluation", parts.queries().instant(rule.query(), queryAtMillis, timeout));
    Future<Value> answer = measured.compose(_ -> asked).map(this::whileHeld);
    Future<Void> evaluated = switch (rule) {
      case Rule.Recording recording -> answer.compose(value -> record(recording, value, queryAtMillis));
      case Rule.Alerting alerting -> answer.compose(value -> alert(alerting, value, atMillis, startNanos));
    };
    return evaluated.transform(result -> {
      if (!tenure.holds()) {
        return Future.succeededFuture();
      }
      long endNanos = parts.clock().nanos();
      parts.metrics().evaluations.increment();
      parts.metrics().ruleSeconds.observeNanos(startNanos, endNanos);
      if (result.failed()) {
        parts.metrics().failures.increment();
      }
      health = result.succeeded() ? RuleHealth.OK : RuleHealth.ERROR;
      lastError = result.succeeded() ? "" : String.valueOf(result.cause().getMessage());
      lastEvaluationMillis = atMillis;
      evaluationNanos = endNanos - startNanos;
      // Also after a failure: alerts that stay as they are have to be repeated.
      tell(book.all());
      return Future.succeededFuture();
    });
  }

  private <T> T whileHeld(T value) {
    if (!tenure.holds()) {
      throw new TidemarkException(ErrorCode.CANCELED, "group \"" + group.name() + "\" is no longer run by this node");
    }
    return value;
  }

  private int alertsMax() {
    return group.limit() == 0 ? parts.settings().alertsMax() : Math.min(group.limit(), parts.settings().alertsMax());
  }

  private long remainingMillis(long startNanos) {
    return parts.settings().evaluationTimeoutMillis() - (parts.clock().nanos() - startNanos) / 1_000_000;
  }

  private Future<Void> write(Map<LabelSet, Value.Element> samples, long atMillis) {
    long timeout = parts.settings().evaluationTimeoutMillis();
    return parts.onLoop().within(timeout, "writing results", written.write(samples, atMillis));
  }

  private Future<Void> record(Rule.Recording recording, Value value, long atMillis) {
    List<Value.Element> elements = AlertTexts.elements(value);
    if (elements.size() > alertsMax()) {
      throw new TidemarkException(ErrorCode.EXECUTION, "exceeded limit of " + alertsMax() + " with " + elements.size() + " series");
    }
    var samples = new LinkedHashMap<LabelSet, Value.Element>();
    for (Value.Element element : elements) {
      var labels = element.labels().toMap();
      labels.put(LabelSet.NAME, recording.name());
      labels.putAll(recording.labels());
      LabelSet series = LabelSet.of(labels);
      if (samples.put(series, element) != null) {
        throw new TidemarkException(ErrorCode.EXECUTION,
            "vector contains metrics with the same labelset after applying rule labels: " + series);
      }
    }
    return write(samples, atMillis);
  }

  private Future<Void> alert(Rule.Alerting alerting, Value value, long atMillis, long startNanos) {
    List<Value.Element> elements = AlertTexts.elements(value);
    long queryAtMillis = atMillis - group.queryOffsetMillis();
    Future<List<Expanded>> expanded = elements.size() > alertsMax()
        ? Future.failedFuture(new TidemarkException(ErrorCode.EXECUTION,
            "exceeded limit of " + alertsMax() + " with " + elements.size() + " alerts"))
        : parts.onLoop().onWorker(() -> parts.texts().expand(alerting, elements, atMillis, queryAtMillis));
    return parts.onLoop().within(remainingMillis(startNanos), "expanding templates", expanded).map(this::whileHeld).compose(found -> {
      book.advance(alerting, found, atMillis, alertsMax());
      var samples = new LinkedHashMap<LabelSet, Value.Element>();
      book.all().stream().filter(a -> a.state != AlertState.INACTIVE).forEach(a -> samples.putAll(series(a)));
      Future<Void> stored = write(samples, queryAtMillis);
      // A full disk or a lost state store must not keep a page from going out: both are tried, then the alerts are told.
      Future<Void> saved = save();
      return Future.join(stored, saved).transform(_ -> stored);
    });
  }

  /// `ALERTS` and `ALERTS_FOR_STATE` of one alert.
  private static Map<LabelSet, Value.Element> series(ActiveAlert alert) {
    var alerts = new Value.Element(alert.labels.with(LabelSet.NAME, "ALERTS").with("alertstate", alert.state.text()), 1);
    var forState = new Value.Element(alert.labels.with(LabelSet.NAME, "ALERTS_FOR_STATE"), Math.floorDiv(alert.activeAtMillis, 1000L));
    var series = new LinkedHashMap<LabelSet, Value.Element>();
    series.put(alerts.labels(), alerts);
    series.put(forState.labels(), forState);
    return series;
  }

  private Future<Void> save() {
    var saves = new ArrayList<Future<Void>>();
    for (LabelSet labels : book.takeUnsaved()) {
      Future<Void> saved = book.find(labels).map(alert -> parts.saved().save(tenure, ruleId, alert))
          .orElseGet(() -> parts.saved().remove(tenure, ruleId, labels));
      long timeout = parts.settings().evaluationTimeoutMillis();
      saves.add(parts.onLoop().within(timeout, "saving alert states", saved).onFailure(_ -> {
        parts.metrics().saveFailures.increment();
        book.saveLater(List.of(labels));
      }));
    }
    return Future.join(saves).mapEmpty();
  }

  /// Hands over which of `alerts` are due. One sending at a time: while the sink is slow, alerts stay due.
  private void tell(Collection<ActiveAlert> alerts) {
    long resendDelay = parts.settings().resendDelayMillis();
    long atMillis = slotMillis;
    List<ActiveAlert> due = sending ? List.of() : alerts.stream().filter(a -> a.isDue(atMillis, resendDelay)).toList();
    if (due.isEmpty()) {
      return;
    }
    long validUntil = atMillis + 4 * Math.max(group.intervalMillis(), resendDelay);
    String url = generatorUrl();
    List<Alert> told = due.stream().map(a -> a.told(parts.settings().externalLabels(), validUntil, url)).toList();
    List<ActiveAlert> ended = due.stream().filter(a -> a.state == AlertState.INACTIVE).toList();
    sending = true;
    long timeout = parts.settings().evaluationTimeoutMillis();
    parts.onLoop().within(timeout, "handing over alerts", parts.sink().send(told)).onComplete(result -> {
      sending = false;
      if (result.succeeded()) {
        parts.metrics().sent.add(told.size());
        due.forEach(alert -> alert.lastSentAtMillis = atMillis);
        ended.forEach(alert -> alert.isEndTold = true);
      } else {
        parts.metrics().sendFailures.increment();
      }
    });
  }

  private String generatorUrl() {
    return parts.settings().externalUrl() + "/graph?g0.expr=" + URLEncoder.encode(rule.query(), StandardCharsets.UTF_8) + "&g0.tab=1";
  }
}
