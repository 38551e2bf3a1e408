package io.tidemark.collector.scrape;

import io.tidemark.config.Section;

/// The part of `global` that scrapes inherit. The other keys of that section belong to other houses.
///
/// @param intervalMillis from scrape to scrape
/// @param timeoutMillis  of one scrape
/// @param nativeHistograms     whether native histograms are asked for and kept
/// @param classicHistogramsToo whether the classic buckets beside native ones are kept too
/// @param limits         bounds of one scrape
public record ScrapeGlobals(long intervalMillis, long timeoutMillis, boolean nativeHistograms, boolean classicHistogramsToo,
    ScrapeLimits limits) {
  private static final long INTERVAL_MILLIS = 15_000;
  private static final long TIMEOUT_MILLIS = 10_000;

  static ScrapeGlobals read(Section global) {
    long interval = global.durationMillis("scrape_interval", INTERVAL_MILLIS);
    if (interval == 0) {
      global.problem("scrape_interval", "scrape_interval must be above 0");
      interval = INTERVAL_MILLIS;
    }
    long timeout = global.durationMillis("scrape_timeout", Math.min(TIMEOUT_MILLIS, interval));
    if (timeout == 0 || timeout > interval) {
      global.problem("scrape_timeout", "scrape_timeout must be above 0 and at most scrape_interval");
      timeout = interval;
    }
    for (String key : new String[] {"scrape_protocols", "target_limit", "keep_dropped_targets", "metric_name_validation_scheme",
        "metric_name_escaping_scheme", "scrape_failure_log_file", "query_log_file",
        "convert_classic_histograms_to_nhcb"}) {
      if (global.has(key)) {
        global.problem(key, key + " is not supported yet; leave it out");
      }
    }
    return new ScrapeGlobals(interval, timeout, global.flag("scrape_native_histograms", false),
        global.flag("always_scrape_classic_histograms", false), ScrapeLimits.read(global, ScrapeLimits.DEFAULT));
  }
}
