package io.tidemark.collector.statsd;

import io.tidemark.config.Section;

/// The section `statsd`.
///
/// @param listen              `host:port` of the UDP socket, or empty for none
/// @param flushIntervalMillis from write to write
/// @param keepNames           whether dots and other signs stay in names, or become underscores as in statsd_exporter
/// @param metersMax           meters (name, tags and kind) kept
/// @param timersMax           how many of them may be timers, histograms or sets, which need more memory
/// @param expireMillis        idle time after which a meter ends
public record StatsdConfig(String listen, long flushIntervalMillis, boolean keepNames, int metersMax, int timersMax, long expireMillis) {
  public static final StatsdConfig OFF = new StatsdConfig("", 10_000, false, 100_000, 5_000, 3_600_000);

  /// Reads the section.
  public static StatsdConfig read(Section section) {
    long interval = section.durationMillis("flush_interval", OFF.flushIntervalMillis);
    if (interval < 100) {
      section.problem("flush_interval", "statsd.flush_interval must be at least 100ms");
      interval = OFF.flushIntervalMillis;
    }
    var config = new StatsdConfig(section.text("listen", OFF.listen), interval,
        section.oneOf("names", "underscore", "underscore", "keep").equals("keep"),
        (int) section.number("meters", OFF.metersMax, 1, 10_000_000),
        (int) section.number("timers", OFF.timersMax, 0, 1_000_000),
        Math.max(interval, section.durationMillis("expire_after", OFF.expireMillis)));
    if (!config.listen.isEmpty() && !config.listen.matches(".+:\\d{1,5}")) {
      section.problem("listen", "statsd.listen: expected host:port, found \"" + config.listen + "\"");
    }
    section.done();
    return config;
  }

  /// The host part of `listen`, without the brackets of an IPv6 address.
  public String host() {
    String host = listen.substring(0, Math.max(0, listen.lastIndexOf(':')));
    return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
  }

  /// The port part of `listen`.
  public int port() {
    return Integer.parseInt(listen.substring(listen.lastIndexOf(':') + 1));
  }
}
