package io.tidemark.rules;

import io.tidemark.model.Alert;
import io.tidemark.model.LabelSet;
import io.tidemark.template.GoNumbers;
import java.util.OptionalLong;

/// One alert of one rule while it lives, and 15 minutes after. Times are 0 for "not yet". Owned by the engine's loop.
final class ActiveAlert {
  final LabelSet labels;
  LabelSet annotations;
  double value;
  AlertState state = AlertState.PENDING;
  final long activeAtMillis;
  long firedAtMillis;
  long resolvedAtMillis;
  long keepFiringSinceMillis;
  long lastSentAtMillis;
  /// Whether its end was told. The times do not tell: an alert is repeated while the evaluation that ends it is still under way.
  boolean isEndTold;

  ActiveAlert(LabelSet labels, LabelSet annotations, double value, long activeAtMillis) {
    this.labels = labels;
    this.annotations = annotations;
    this.value = value;
    this.activeAtMillis = activeAtMillis;
  }

  /// Whether it is due to be told: newly firing, newly resolved, or told longer ago than the delay. One that was told in the future was
  /// told before the clock was set back.
  boolean isDue(long nowMillis, long resendDelayMillis) {
    if (state == AlertState.PENDING) {
      return false;
    }
    return state == AlertState.INACTIVE && !isEndTold || lastSentAtMillis > nowMillis || lastSentAtMillis + resendDelayMillis < nowMillis;
  }

  /// Whether it fires and was told.
  boolean isToldFiring() {
    return state == AlertState.FIRING && lastSentAtMillis != 0;
  }

  GroupView.AlertView view() {
    return new GroupView.AlertView(labels, annotations, state, activeAtMillis, GoNumbers.exponent(value),
        keepFiringSinceMillis == 0 ? OptionalLong.empty() : OptionalLong.of(keepFiringSinceMillis));
  }

  /// As it is told; a firing one counts until `validUntilMillis` if nobody repeats it.
  Alert told(LabelSet externalLabels, long validUntilMillis, String generatorUrl) {
    var all = externalLabels.toMap();
    all.putAll(labels.toMap());
    long endsAtMillis = resolvedAtMillis == 0 ? validUntilMillis : resolvedAtMillis;
    return new Alert(LabelSet.of(all), annotations, firedAtMillis, endsAtMillis, generatorUrl);
  }
}
