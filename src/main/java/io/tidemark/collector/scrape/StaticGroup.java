package io.tidemark.collector.scrape;

import java.util.List;
import java.util.Map;

/// An entry of `static_configs`: addresses that share labels.
public record StaticGroup(List<String> targets, Map<String, String> labels) {
  public StaticGroup {
    targets = List.copyOf(targets);
    labels = Map.copyOf(labels);
  }
}
