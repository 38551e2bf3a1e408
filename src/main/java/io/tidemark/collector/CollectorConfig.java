package io.tidemark.collector;

import io.tidemark.collector.scrape.ScrapeConfig;
import io.tidemark.config.Section;
import java.util.List;

/// What the collectors read of the configuration: the sections `limits`, `global`, `scrape_configs`.
///
/// @param limits        of pushes and of everything that enters
/// @param scrapeConfigs jobs to scrape
public record CollectorConfig(IngestLimits limits, List<ScrapeConfig> scrapeConfigs) {
  public CollectorConfig {
    scrapeConfigs = List.copyOf(scrapeConfigs);
  }

  /// Reads the collectors' keys of the whole configuration; other keys are left to others.
  public static CollectorConfig read(Section root) {
    return new CollectorConfig(IngestLimits.read(root.sectionOrEmpty("limits")), ScrapeConfig.readAll(root));
  }
}
