package io.tidemark.notify;

import io.tidemark.model.LabelSet;
import java.util.List;

/// While an alert that `source` matches is firing, alerts that `target` matches are not told if the `equal` labels agree.
///
/// @param equal label names; a label missing on both sides counts as equal
public record InhibitRule(Matchers source, Matchers target, List<String> equal) {
  public InhibitRule {
    equal = List.copyOf(equal);
  }

  LabelSet equalLabels(LabelSet labels) {
    return labels.only(equal);
  }
}
