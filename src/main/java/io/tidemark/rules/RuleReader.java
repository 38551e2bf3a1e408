package io.tidemark.rules;

import io.tidemark.config.Item;
import io.tidemark.config.Section;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.promql.Expr;
import io.tidemark.promql.Features;
import io.tidemark.promql.Printer;
import io.tidemark.promql.PromQL;
import io.tidemark.promql.ValueType;
import io.tidemark.template.Template;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Reads single rules: every key known, expression and templates checked.
final class RuleReader {
  private final Map<String, String> groupLabels;
  private final Features features;

  RuleReader(Map<String, String> groupLabels, Features features) {
    this.groupLabels = groupLabels;
    this.features = features;
  }

  /// One element of `rules`; empty when its problems leave nothing to keep.
  Optional<Rule> read(Section section) {
    boolean alert = section.has("alert");
    boolean record = section.has("record");
    String name = section.text(alert ? "alert" : "record", "");
    if (alert == record) {
      section.problem(alert ? "record" : "alert", "a rule needs either \"record\" or \"alert\", this one has "
          + (alert ? "both" : "neither"));
    } else if (name.isEmpty()) {
      section.problem(alert ? "alert" : "record", "a rule needs a name, this one's is empty");
    }
    Optional<Rule> rule = alert ? alerting(name, section) : recording(name, section);
    section.done();
    return name.isEmpty() ? Optional.empty() : rule;
  }

  /// A document of the API: `name`, and `type` which is `alerting` or `recording`.
  Optional<Rule> readDocument(Section section) {
    String name = section.requiredText("name");
    return section.oneOf("type", "alerting", "alerting", "recording").equals("alerting")
        ? alerting(name, section) : recording(name, section);
  }

  private static Rule.Place place(Section section) {
    return new Rule.Place(section.line(), section.column());
  }

  private Optional<Rule> recording(String name, Section section) {
    for (String key : List.of("for", "keep_firing_for", "annotations")) {
      if (section.has(key)) {
        section.problem(key, "\"" + key + "\" belongs to alerting rules; this one records \"" + name + "\"");
      }
    }
    if (name.indexOf('{') >= 0 || name.indexOf('}') >= 0) {
      section.problem("record", "the recorded name \"" + name + "\" holds braces; labels belong under \"labels\"");
    }
    Map<String, String> labels = labels(section);
    return expression(section).map(query -> new Rule.Recording(name, query, labels, place(section)));
  }

  private Optional<Rule> alerting(String name, Section section) {
    long forMillis = section.durationMillis("for", 0);
    long keepMillis = section.durationMillis("keep_firing_for", 0);
    Map<String, String> labels = labels(section);
    Map<String, String> annotations = section.textMap("annotations");
    section.section("annotations").ifPresent(texts -> checkNames(texts, texts.keys()));
    var texts = new Rule.Texts(templates(section, "labels", labels), templates(section, "annotations", annotations));
    return expression(section)
        .map(query -> new Rule.Alerting(name, query, forMillis, keepMillis, labels, annotations, texts, place(section)));
  }

  private Map<String, String> labels(Section section) {
    var labels = new LinkedHashMap<>(groupLabels);
    labels.putAll(section.textMap("labels"));
    section.section("labels").ifPresent(own -> checkLabels(own, own.keys()));
    return labels;
  }

  static void checkLabels(Section section, List<String> names) {
    checkNames(section, names);
    if (names.contains(LabelSet.NAME)) {
      section.problem(LabelSet.NAME, "a rule must not set the label " + LabelSet.NAME);
    }
  }

  private static void checkNames(Section section, List<String> names) {
    for (String name : names) {
      if (name.isEmpty()) {
        section.problem(name, "a label or annotation needs a name");
      }
    }
  }

  private static Map<String, Template> templates(Section section, String key, Map<String, String> texts) {
    var templates = new LinkedHashMap<String, Template>();
    texts.forEach((name, text) -> {
      try {
        templates.put(name, AlertTexts.parse(name, text));
      } catch (TidemarkException e) {
        section.section(key).filter(own -> own.has(name)).ifPresentOrElse(
            own -> own.problem(name, e.getMessage()), () -> section.problem(key, e.getMessage()));
      }
    });
    return templates;
  }

  /// The expression, checked and printed.
  private Optional<String> expression(Section section) {
    if (section.requiredText("expr").isEmpty()) {
      return Optional.empty();
    }
    String text = section.item("expr").map(Item::text).orElse("");
    try {
      Expr expr = PromQL.parse(text, features);
      if (expr.type() != ValueType.VECTOR && expr.type() != ValueType.SCALAR) {
        section.problem("expr", "a rule's expression must give an instant vector or a scalar, this one gives a " + expr.type().text());
        return Optional.empty();
      }
      return Optional.of(Printer.print(expr));
    } catch (TidemarkException e) {
      section.problem("expr", "could not parse expression: " + e.getMessage());
      return Optional.empty();
    }
  }
}
