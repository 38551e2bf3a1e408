package io.tidemark.rules;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.query.Value;
import io.tidemark.template.Functions;
import io.tidemark.template.KeyValues;
import io.tidemark.template.PrometheusScope;
import io.tidemark.template.QuerySample;
import io.tidemark.template.RenderOptions;
import io.tidemark.template.Template;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Expands the labels and annotations of alerts. Waits for the queries that templates ask for, so it runs on workers only.
final class AlertTexts {
  private static final Functions NAMES = Functions.prometheus(PrometheusScope.NOTHING);
  private static final Map<String, String> VARIABLES =
      Map.of("labels", "Labels", "value", "Value", "externalLabels", "ExternalLabels", "externalURL", "ExternalURL");

  /// One element of an answer with its texts.
  record Expanded(LabelSet labels, LabelSet annotations, double value) {}

  private final RuleSettings settings;
  private final RuleQueries queries;

  AlertTexts(RuleSettings settings, RuleQueries queries) {
    this.settings = settings;
    this.queries = queries;
  }

  /// @throws TidemarkException `BAD_DATA` with line and column within the text
  static Template parse(String name, String text) {
    return Template.parse(name, text, NAMES, VARIABLES);
  }

  /// The alerts that an answer stands for, in its order. A text that cannot be expanded says why in its place.
  List<Expanded> expand(Rule.Alerting rule, List<Value.Element> elements, long atMillis, long queryAtMillis) {
    var scope = new PrometheusScope(atMillis, settings.externalUrl(), text -> query(text, queryAtMillis));
    Functions functions = Functions.prometheus(scope);
    var expanded = new ArrayList<Expanded>(elements.size());
    for (Value.Element element : elements) {
      Map<String, Object> data = Map.of("Labels", KeyValues.of(element.labels()), "Value", element.value(),
          "ExternalLabels", KeyValues.of(settings.externalLabels()), "ExternalURL", settings.externalUrl().toString());
      var labels = element.labels().toMap();
      labels.remove(LabelSet.NAME);
      rule.texts().labels().forEach((name, template) -> labels.put(name, render(template, data, functions)));
      labels.put("alertname", rule.name());
      var annotations = new TreeMap<String, String>();
      rule.texts().annotations().forEach((name, template) -> annotations.put(name, render(template, data, functions)));
      expanded.add(new Expanded(LabelSet.of(labels), LabelSet.of(annotations), element.value()));
    }
    return expanded;
  }

  private static String render(Template template, Map<String, Object> data, Functions functions) {
    try {
      return template.render(data, functions, RenderOptions.TEXT);
    } catch (TidemarkException e) {
      return "<error expanding template: " + e.getMessage() + ">";
    }
  }

  private List<QuerySample> query(String text, long atMillis) {
    long timeout = settings.evaluationTimeoutMillis();
    try {
      Value value = queries.instant(text, atMillis, timeout).toCompletionStage().toCompletableFuture().get(timeout, TimeUnit.MILLISECONDS);
      return elements(value).stream().map(e -> new QuerySample(e.labels(), e.value())).toList();
    } catch (ExecutionException e) {
      String reason = e.getCause() == null ? "unknown" : String.valueOf(e.getCause().getMessage());
      throw new TidemarkException(ErrorCode.EXECUTION, "query \"" + text + "\" in a template failed: " + reason, e);
    } catch (TimeoutException e) {
      throw new TidemarkException(ErrorCode.TIMEOUT, "query \"" + text + "\" in a template took longer than " + timeout + " ms", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TidemarkException(ErrorCode.CANCELED, "query \"" + text + "\" in a template was interrupted", e);
    }
  }

  /// The samples of an answer; a scalar is one sample without labels.
  static List<Value.Element> elements(Value value) {
    return switch (value) {
      case Value.Vector vector -> vector.elements();
      case Value.Scalar scalar -> List.of(new Value.Element(LabelSet.EMPTY, scalar.value()));
      case Value.Text _, Value.Matrix _ ->
          throw new TidemarkException(ErrorCode.EXECUTION, "rule result is not a vector or scalar");
    };
  }
}
