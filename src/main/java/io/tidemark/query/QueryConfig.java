package io.tidemark.query;

import io.tidemark.config.Item;
import io.tidemark.config.Section;
import io.tidemark.promql.Features;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/// What queries may cost, and how they behave unless they say otherwise. Section `query` of the configuration.
///
/// @param timeoutMillis        longest run, waiting included
/// @param lookbackMillis       how far back an instant selector looks
/// @param subqueryStepMillis   step of subqueries that name none
/// @param samplesMax           most samples one query may read
/// @param seriesMax            most series one query may touch
/// @param pointsMax            most evaluation times of a range query
/// @param subqueryPointsMax    most evaluation times of one subquery
/// @param memoryBytesMax       most memory that one query's columns may take
/// @param textCharsMax         longest query text
/// @param concurrency          how many queries run at once
/// @param queueMax             how many more may wait
/// @param threads              on how many threads one query may run
/// @param slowMillis           from how long on a query counts as slow
/// @param features             optional parts of the language that are on, by the names of Prometheus' `--enable-feature`
public record QueryConfig(long timeoutMillis, long lookbackMillis, long subqueryStepMillis, long samplesMax, int seriesMax, int pointsMax,
    int subqueryPointsMax, long memoryBytesMax, int textCharsMax, int concurrency, int queueMax, int threads, long slowMillis,
    Features features) {
  public static final QueryConfig DEFAULT = new QueryConfig(120_000, 300_000, 60_000, 1_000_000_000L, 2_000_000, 11_000, 1_100_000,
      1L << 30, 1 << 20, 20, 1_000, Runtime.getRuntime().availableProcessors(), 5_000, Features.STANDARD);

  /// Reads the section; the caller ends it with {@link Section#done}.
  public static QueryConfig read(Section section) {
    QueryConfig d = DEFAULT;
    return new QueryConfig(
        section.durationMillis("timeout", d.timeoutMillis),
        section.durationMillis("lookback", d.lookbackMillis),
        section.durationMillis("subquery_step", d.subqueryStepMillis),
        section.number("samples_max", d.samplesMax, 1, Long.MAX_VALUE),
        (int) section.number("series_max", d.seriesMax, 1, Integer.MAX_VALUE),
        (int) section.number("points_max", d.pointsMax, 1, 10_000_000),
        (int) section.number("subquery_points_max", d.subqueryPointsMax, 1, 100_000_000),
        section.bytes("memory_max", d.memoryBytesMax),
        (int) section.number("text_chars_max", d.textCharsMax, 1, Integer.MAX_VALUE),
        (int) section.number("concurrency", d.concurrency, 1, 10_000),
        (int) section.number("queue_max", d.queueMax, 0, 1_000_000),
        (int) section.number("threads", d.threads, 1, 1_024),
        section.durationMillis("slow", d.slowMillis),
        features(section, d.features));
  }

  private static Features features(Section section, Features always) {
    Features features = always;
    for (Item item : section.items("features")) {
      Optional<Features.Flag> flag = Features.Flag.named(item.text());
      if (flag.isEmpty()) {
        section.problems().add(item.line(), item.column(), "unknown feature \"" + item.text() + "\" in query.features; known are "
            + Arrays.stream(Features.Flag.values()).map(Features.Flag::text).collect(Collectors.joining(", ")));
      }
      features = flag.map(features::with).orElse(features);
    }
    return features;
  }

  /// Whether metric names go at the end of the query and not function by function.
  public boolean delayedNameRemoval() {
    return features.has(Features.Flag.DELAYED_NAME_REMOVAL);
  }

  /// The same with other features.
  public QueryConfig withFeatures(Features other) {
    return with(other, subqueryStepMillis);
  }

  /// The same with another meaning of queries.
  public QueryConfig with(Features other, long otherSubqueryStepMillis) {
    return new QueryConfig(timeoutMillis, lookbackMillis, otherSubqueryStepMillis, samplesMax, seriesMax, pointsMax, subqueryPointsMax,
        memoryBytesMax, textCharsMax, concurrency, queueMax, threads, slowMillis, other);
  }
}
