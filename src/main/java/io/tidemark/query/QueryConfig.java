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
/// @param pointsMax            most evaluation times of a range query after its first one
/// @param subqueryPointsMax    most evaluation times of one subquery
/// @param memoryBytesMax       most memory that one query may take
/// @param memoryTotalBytesMax  most memory that all queries may take together, answers that are not sent yet included
/// @param textCharsMax         longest query text
/// @param concurrency          how many queries run at once
/// @param queueMax             how many more may wait
/// @param threads              on how many threads one query may run
/// @param slowMillis           from how long on a query counts as slow
/// @param principal            what each principal may have
/// @param cache                for steps of range queries
/// @param features             optional parts of the language that are on, by the names of Prometheus' `--enable-feature`
public record QueryConfig(long timeoutMillis, long lookbackMillis, long subqueryStepMillis, long samplesMax, int seriesMax, int pointsMax,
    int subqueryPointsMax, long memoryBytesMax, long memoryTotalBytesMax, int textCharsMax, int concurrency, int queueMax, int threads,
    long slowMillis, Share principal, Cache cache, Features features) {
  /// Share of the heap that queries may take together. The rest is for the head, caches, requests under way, and what is about to be
  /// collected.
  private static final double HEAP_SHARE = 0.35;
  private static final double CACHE_SHARE = 0.05;
  private static final long MEMORY_TOTAL_BYTES = (long) (Runtime.getRuntime().maxMemory() * HEAP_SHARE);

  /// What one principal may have.
  ///
  /// @param concurrency      queries that run at once
  /// @param samplesPerMinute samples read within a minute of the clock; 0 for any number
  public record Share(int concurrency, long samplesPerMinute) {}

  /// Earlier answers that are used again.
  ///
  /// @param edgeMillis     age from which on steps are kept
  /// @param memoryBytesMax most memory of all kept steps
  public record Cache(boolean enabled, long edgeMillis, long memoryBytesMax) {}

  public static final QueryConfig DEFAULT = new QueryConfig(120_000, 300_000, 60_000, 1_000_000_000L, 2_000_000, 11_000, 1_100_000,
      Math.min(1L << 30, MEMORY_TOTAL_BYTES / 2), MEMORY_TOTAL_BYTES, 1 << 20, 20, 1_000, Runtime.getRuntime().availableProcessors(),
      5_000, new Share(16, 0), new Cache(true, 60_000, (long) (Runtime.getRuntime().maxMemory() * CACHE_SHARE)), Features.STANDARD);

  /// On how many threads one query may run while pushes come in: one processor is left to these.
  int threadsBesidePushes() {
    return Math.max(1, Math.min(threads, Runtime.getRuntime().availableProcessors() - 1));
  }

  /// Reads the section; the caller ends it with {@link Section#done}.
  public static QueryConfig read(Section section) {
    QueryConfig d = DEFAULT;
    long memoryTotal = section.bytes("memory_total_max", d.memoryTotalBytesMax);
    return new QueryConfig(
        section.durationMillis("timeout", d.timeoutMillis),
        section.durationMillis("lookback", d.lookbackMillis),
        section.durationMillis("subquery_step", d.subqueryStepMillis),
        section.number("samples_max", d.samplesMax, 1, Long.MAX_VALUE),
        (int) section.number("series_max", d.seriesMax, 1, Integer.MAX_VALUE),
        (int) section.number("points_max", d.pointsMax, 1, 10_000_000),
        (int) section.number("subquery_points_max", d.subqueryPointsMax, 1, 100_000_000),
        section.bytes("memory_max", Math.min(d.memoryBytesMax, Math.max(1, memoryTotal / 2))),
        memoryTotal,
        (int) section.number("text_chars_max", d.textCharsMax, 1, Integer.MAX_VALUE),
        (int) section.number("concurrency", d.concurrency, 1, 10_000),
        (int) section.number("queue_max", d.queueMax, 0, 1_000_000),
        (int) section.number("threads", d.threads, 1, 1_024),
        section.durationMillis("slow", d.slowMillis),
        share(section.sectionOrEmpty("principal"), d.principal),
        cache(section.sectionOrEmpty("cache"), d.cache),
        features(section, d.features));
  }

  private static Share share(Section section, Share d) {
    var share = new Share((int) section.number("concurrency", d.concurrency, 1, 10_000),
        section.number("samples_per_minute", d.samplesPerMinute, 0, Long.MAX_VALUE));
    section.done();
    return share;
  }

  private static Cache cache(Section section, Cache d) {
    var cache = new Cache(section.flag("enabled", d.enabled), section.durationMillis("edge", d.edgeMillis),
        section.bytes("memory_max", d.memoryBytesMax));
    section.done();
    return cache;
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
        memoryBytesMax, memoryTotalBytesMax, textCharsMax, concurrency, queueMax, threads, slowMillis, principal, cache, other);
  }

  /// The same with other budgets.
  public QueryConfig withBudgets(long samples, int series, long memoryBytes, long memoryTotalBytes) {
    return new QueryConfig(timeoutMillis, lookbackMillis, subqueryStepMillis, samples, series, pointsMax, subqueryPointsMax, memoryBytes,
        memoryTotalBytes, textCharsMax, concurrency, queueMax, threads, slowMillis, principal, cache, features);
  }

  /// The same for other numbers of queries at once, in the queue, and of threads.
  public QueryConfig withPlaces(int running, int waiting, int threadsEach, Share each) {
    return new QueryConfig(timeoutMillis, lookbackMillis, subqueryStepMillis, samplesMax, seriesMax, pointsMax, subqueryPointsMax,
        memoryBytesMax, memoryTotalBytesMax, textCharsMax, running, waiting, threadsEach, slowMillis, each, cache, features);
  }

  /// The same with another cache.
  public QueryConfig withCache(Cache other) {
    return new QueryConfig(timeoutMillis, lookbackMillis, subqueryStepMillis, samplesMax, seriesMax, pointsMax, subqueryPointsMax,
        memoryBytesMax, memoryTotalBytesMax, textCharsMax, concurrency, queueMax, threads, slowMillis, principal, other, features);
  }
}
