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
  /// Until when it outlives answers without it, because after a restart the samples may be missing and not the cause; 0 for not at all.
  long heldUntilMillis;
  /// `heldUntilMillis` of the earlier life.
  long heldBeforeMillis;
  /// From when on an answer that has it rests on samples of after the restart and ends the hold; an earlier one may rest on those of
  /// before, which the next answers lack.
  long renewedFromMillis;

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

  /// Whether it fires and was told, in this life or, as far as is known, in an earlier one.
  boolean isToldFiring() {
    return state == AlertState.FIRING && (lastSentAtMillis != 0 || heldUntilMillis != 0);
  }

  /// An answer has it.
  void met(long nowMillis) {
    if (nowMillis >= renewedFromMillis) {
      heldUntilMillis = 0;
    }
  }

  /// Whether an answer without it says nothing about it. Not when the earlier life missed it already, nor after the clock was set back by
  /// more than any hold takes.
  boolean isHeld(long nowMillis) {
    return keepFiringSinceMillis == 0 && nowMillis < heldUntilMillis
        && heldUntilMillis - nowMillis <= RuleSettings.RESTORED_HOLD_MILLIS_MAX;
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
