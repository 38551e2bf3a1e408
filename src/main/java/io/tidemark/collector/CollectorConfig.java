package io.tidemark.collector;

import io.tidemark.collector.scrape.ScrapeConfig;
import io.tidemark.collector.statsd.StatsdConfig;
import io.tidemark.config.Section;
import java.util.List;

/// What the collectors read of the configuration: the sections `limits`, `cardinality`, `statsd`, `global`, `scrape_configs`.
///
/// @param limits        of pushes and of everything that enters
/// @param cardinality   how many series may be active
/// @param statsd        the StatsD server
/// @param scrapeConfigs jobs to scrape
public record CollectorConfig(IngestLimits limits, CardinalityConfig cardinality, StatsdConfig statsd, List<ScrapeConfig> scrapeConfigs) {
  public CollectorConfig {
    scrapeConfigs = List.copyOf(scrapeConfigs);
  }

  /// Whether the StatsD server is asked for.
  public boolean hasStatsd() {
    return !statsd.listen().isEmpty();
  }

  /// Reads the collectors' keys of the whole configuration; other keys are left to others.
  ///
  /// @param epochMillis age of an epoch of the batch writers
  public static CollectorConfig read(Section root, long epochMillis) {
    return new CollectorConfig(IngestLimits.read(root.sectionOrEmpty("limits")),
        CardinalityConfig.read(root.sectionOrEmpty("cardinality"), epochMillis),
        StatsdConfig.read(root.sectionOrEmpty("statsd")), ScrapeConfig.readAll(root));
  }
}
