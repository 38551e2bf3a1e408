package io.tidemark.template;

import io.tidemark.model.LabelSet;
import java.util.List;
import java.util.Optional;

/// One element of the answer that the `query` function gives.
public record QuerySample(LabelSet labels, double value) implements TemplateObject {
  @Override
  public Optional<Object> member(String name, List<Object> arguments) {
    return switch (name) {
      case "Labels" -> Optional.of(KeyValues.of(labels));
      case "Value" -> Optional.of(value);
      default -> Optional.empty();
    };
  }

  @Override
  public String typeName() {
    return "*template.sample";
  }
}
