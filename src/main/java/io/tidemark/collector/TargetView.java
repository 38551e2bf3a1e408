package io.tidemark.collector;

import io.tidemark.model.LabelSet;

/// What is known about one scrape target at one moment.
///
/// @param job              name of its scrape configuration
/// @param url              where it is scraped
/// @param discovered       labels before relabelling
/// @param labels           labels that its series get
/// @param health           outcome of the last scrape
/// @param lastError        why the last scrape failed, or empty
/// @param lastScrapeMillis when it began; 0 before the first
/// @param lastSeconds      how long it took
/// @param intervalMillis   from scrape to scrape
/// @param timeoutMillis    of one scrape
public record TargetView(String job, String url, LabelSet discovered, LabelSet labels, Health health, String lastError,
    long lastScrapeMillis, double lastSeconds, long intervalMillis, long timeoutMillis) {
  /// Outcome of the last scrape.
  public enum Health { UNKNOWN, UP, DOWN }

  /// An address that relabelling dropped.
  ///
  /// @param job        name of its scrape configuration
  /// @param discovered its labels before relabelling
  public record Dropped(String job, LabelSet discovered) {}
}
