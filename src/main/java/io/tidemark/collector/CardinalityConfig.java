package io.tidemark.collector;

import io.tidemark.config.Section;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// How many series may be active: the section `cardinality`.
///
/// @param action        what becomes of a new series beyond its budget
/// @param sampleShare   with {@link Action#SAMPLE}: the share of such series that is kept, of 1
/// @param serviceLabels labels that tell the service of a series, the first that it has; without any the sender counts
/// @param periodMillis  a series is active in the period of its last definition and the one after
/// @param nodeSeries    active series of this process
/// @param series        by default: of a service, of a metric of it, and values of a label of such a metric
/// @param services      budgets of services by name
/// @param metrics       budgets of metrics by name, each in every service
/// @param labels        budgets of label values by label name, each in every metric
/// @param tracked       accounts that are kept, by kind
public record CardinalityConfig(Action action, double sampleShare, List<String> serviceLabels, long periodMillis, long nodeSeries,
    Limits series, Map<String, Long> services, Map<String, Long> metrics, Map<String, Long> labels, Limits tracked) {
  private static final long HOUR_MILLIS = 3_600_000;
  private static final long PERIOD_MILLIS_MAX = 24 * HOUR_MILLIS;
  /// Bytes of the largest heap for each series of the process, as a default.
  private static final long HEAP_BYTES_PER_SERIES = 512;

  /// What becomes of a new series beyond its budget.
  public enum Action {
    /// It is refused.
    REFUSE,
    /// A share of them is kept, chosen by the hash of the labels, until there are twice as many as the budget says.
    SAMPLE,
    /// It is kept; only the ledger says so.
    OBSERVE
  }

  /// One number for each kind of account.
  public record Limits(long service, long metric, long label) {}

  public CardinalityConfig {
    serviceLabels = List.copyOf(serviceLabels);
    services = Map.copyOf(services);
    metrics = Map.copyOf(metrics);
    labels = Map.copyOf(labels);
  }

  /// Budgets that suit a heap of at most so many bytes.
  public static CardinalityConfig of(long heapBytes) {
    long series = Math.max(100_000, heapBytes / HEAP_BYTES_PER_SERIES);
    return new CardinalityConfig(Action.REFUSE, 0.01, List.of("service", "job"), 2 * HOUR_MILLIS, series,
        new Limits(series / 2, series / 4, series / 8), Map.of(), Map.of(), Map.of(), new Limits(1000, 20_000, 100_000));
  }

  /// Reads the section `cardinality`.
  ///
  /// @param epochMillis how long a batch writer knows a series without defining it again
  public static CardinalityConfig read(Section section, long epochMillis) {
    CardinalityConfig byDefault = of(Runtime.getRuntime().maxMemory());
    long node = limit(section, "series", byDefault.nodeSeries);
    var series = new Limits(limit(section, "service_series", Math.min(node, byDefault.series.service)),
        limit(section, "metric_series", Math.min(node, byDefault.series.metric)),
        limit(section, "label_values", Math.min(node, byDefault.series.label)));
    List<String> labels = section.has("service_labels") ? section.texts("service_labels") : byDefault.serviceLabels;
    var read = new CardinalityConfig(
        Action.valueOf(section.oneOf("action", "refuse", "refuse", "sample", "observe").toUpperCase(Locale.ROOT)),
        section.decimal("sample_share", byDefault.sampleShare, 0, 1), labels, period(section, byDefault.periodMillis, epochMillis), node,
        series, limits(section, "services"), limits(section, "metrics"), limits(section, "labels"),
        new Limits(section.number("services_tracked", byDefault.tracked.service, 1, 100_000),
            section.number("metrics_tracked", byDefault.tracked.metric, 1, 1_000_000),
            section.number("labels_tracked", byDefault.tracked.label, 1, 10_000_000)));
    section.done();
    return read;
  }

  private static long period(Section section, long byDefault, long epochMillis) {
    long millis = section.durationMillis("period", Math.max(byDefault, 2 * epochMillis));
    if (millis < 2 * epochMillis || millis > PERIOD_MILLIS_MAX * 2) {
      section.problem("period", "cardinality.period: expected at least twice batch.epoch_age, which is when a writer shows a series again, "
          + "and at most 48h");
      return byDefault;
    }
    return millis;
  }

  private static Map<String, Long> limits(Section section, String key) {
    var limits = new HashMap<String, Long>();
    section.section(key).ifPresent(names -> names.keys().forEach(name -> limits.put(name, limit(names, name, Long.MAX_VALUE))));
    return limits;
  }

  private static long limit(Section section, String key, long byDefault) {
    return section.text(key, "").equals("unlimited") ? Long.MAX_VALUE : section.number(key, byDefault, 1, Integer.MAX_VALUE);
  }
}
