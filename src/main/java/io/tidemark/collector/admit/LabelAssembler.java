package io.tidemark.collector.admit;

import io.tidemark.model.LabelBytes;
import io.tidemark.model.LabelSet;
import java.nio.charset.StandardCharsets;

/// Collects the labels of one new series in any order and makes them canonical, or says which rule they break.
///
/// Used once per series, not per sample; makes no texts of what it takes. The first broken rule wins; later labels of a broken series are
/// ignored. One thread.
public final class LabelAssembler {
  private final SampleLimits limits;
  private final LabelBytes labels = new LabelBytes();
  private boolean broken;
  private Rule rule = Rule.SYNTAX;
  private String detail = "";

  public LabelAssembler(SampleLimits limits) {
    this.limits = limits;
  }

  public void reset() {
    labels.clear();
    broken = false;
    detail = "";
  }

  /// Adds a label from UTF-8 bytes; names from `nameFrom` to `nameTo` of `names`, values alike. An empty value is no label.
  public void add(byte[] names, int nameFrom, int nameTo, byte[] values, int valueFrom, int valueTo) {
    if (broken) {
      return;
    }
    if (nameTo - nameFrom > limits.labelNameBytesMax()) {
      fail(Rule.LABEL_NAME_TOO_LONG, "label name of " + (nameTo - nameFrom) + " bytes, at most " + limits.labelNameBytesMax()
          + " are allowed: " + shown(names, nameFrom, nameTo));
    } else if (!Utf8.isValid(names, nameFrom, nameTo)) {
      fail(Rule.NOT_UTF8, "label name " + shown(names, nameFrom, nameTo) + " is not valid UTF-8");
    } else if (valueTo - valueFrom > limits.labelValueBytesMax()) {
      fail(Rule.LABEL_VALUE_TOO_LONG, "value of label " + shown(names, nameFrom, nameTo) + " has " + (valueTo - valueFrom)
          + " bytes, at most " + limits.labelValueBytesMax() + " are allowed");
    } else if (!Utf8.isValid(values, valueFrom, valueTo)) {
      fail(Rule.NOT_UTF8, "value of label " + shown(names, nameFrom, nameTo) + " is not valid UTF-8: "
          + shown(values, valueFrom, valueTo));
    } else {
      keep(names, nameFrom, nameTo, values, valueFrom, valueTo);
    }
  }

  /// Adds a label from texts.
  public void add(String name, String value) {
    if (broken) {
      return;
    }
    // A lone surrogate becomes '?' on encoding: such a text did not come from UTF-8.
    byte[] nameBytes = name.getBytes(StandardCharsets.UTF_8);
    byte[] valueBytes = value.getBytes(StandardCharsets.UTF_8);
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(name) || !StandardCharsets.UTF_8.newEncoder().canEncode(value)) {
      fail(Rule.NOT_UTF8, "label " + name + " holds half of a surrogate pair");
      return;
    }
    add(nameBytes, 0, nameBytes.length, valueBytes, 0, valueBytes.length);
  }

  private void keep(byte[] names, int nameFrom, int nameTo, byte[] values, int valueFrom, int valueTo) {
    if (nameFrom == nameTo) {
      fail(Rule.LABEL_NAME_EMPTY, "a label has an empty name and the value " + shown(values, valueFrom, valueTo));
      return;
    }
    if (valueFrom == valueTo) {
      return;
    }
    if (labels.count() >= limits.labelsMax()) {
      fail(Rule.LABELS_TOO_MANY, "more than " + limits.labelsMax() + " labels");
      return;
    }
    int same = labels.add(names, nameFrom, nameTo, values, valueFrom, valueTo);
    if (same >= 0) {
      fail(Rule.LABEL_DUPLICATE, "label \"" + labels.name(same) + "\" is given twice, as \""
          + Tally.shorten(labels.value(same), 60) + "\" and " + shown(values, valueFrom, valueTo));
    }
  }

  /// Marks the series as broken for a reason that the decoder found.
  public void fail(Rule brokenRule, String why) {
    if (!broken) {
      broken = true;
      rule = brokenRule;
      detail = why;
    }
  }

  /// Ends the collecting; true when the labels name a series.
  public boolean isComplete() {
    if (!broken && labels.indexOfMetricName() < 0) {
      fail(Rule.NAME_MISSING, "no metric name (label " + LabelSet.NAME + ")");
    }
    return !broken;
  }

  /// Whether no label breaks a rule; there may be no name, as in an exemplar.
  public boolean isSound() {
    return !broken;
  }

  /// The labels as canonical bytes, until {@link #reset}.
  public LabelBytes bytes() {
    labels.arrange();
    return labels;
  }

  public LabelSet labels() {
    return labels.toLabelSet();
  }

  public Rule rule() {
    return rule;
  }

  /// What is wrong, with the labels that were read until then.
  public String problem() {
    String read = labels.count() == 0 ? "" : labels + ": ";
    return Tally.shorten(read, 200) + detail;
  }

  private static String shown(byte[] bytes, int from, int to) {
    return "\"" + Tally.shorten(new String(bytes, from, Math.min(to - from, 200), StandardCharsets.UTF_8), 60) + "\"";
  }
}
