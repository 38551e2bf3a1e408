package io.tidemark.server;

import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.TimeRange;
import io.tidemark.storage.SampleBuffer;
import io.tidemark.storage.Selection;
import io.tidemark.storage.SeriesView;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;

/// Picks what {@link WarmUp} asks for: shapes of queries that dashboards have, over few series of what the node stores, in the hours before
/// its newest samples. Blocks on disk.
final class WarmUpPaths {
  private static final String QUERY = "&query=";
  private static final long HOUR_MILLIS = 3_600_000;
  private static final long HOUR_SECONDS = HOUR_MILLIS / 1_000;
  private static final long REACH_MILLIS_MAX = 5 * 365 * 24 * HOUR_MILLIS;
  private static final long END_MILLIS = 600_000;
  /// What is in memory tells its times by windows of this length, unless it is asked for samples.
  private static final long WINDOW_MILLIS = 2 * HOUR_MILLIS;
  private static final int STEP_SECONDS = 15;
  /// Names that are looked at, and the most series of one that is taken.
  private static final int NAMES_MAX = 100;
  private static final int SERIES_MAX = 1_000;
  /// `g` is one gauge, `c` one counter, `b` all buckets of a name.
  private static final List<String> RANGES = List.of("<g>", "rate(<c>[5m])", "100 * (1 - avg by (instance) (rate(<c>[5m])))",
      "sum by (job) (rate(<c>[5m]))", "(irate(<c>[5m]) > 0) or <g> * 0", "max by (job) (max_over_time(<g>[5m]))",
      "<c> / on (instance) <c>", "histogram_quantile(0.9, sum by (le) (rate(<b>[5m])))");
  private static final List<String> INSTANTS = List.of("<g>", "topk(5, rate(<c>[5m]))", "count by (job) (<g>)");

  private final SeriesView view;
  private final TimeRange range;

  /// @param view stays the caller's
  WarmUpPaths(SeriesView view, long nowMillis) {
    this.view = view;
    long end = endMillis(view, nowMillis);
    end = newest(view, new TimeRange(end - WINDOW_MILLIS - END_MILLIS, end + 1)).orElse(end);
    range = new TimeRange(end - HOUR_MILLIS, end + 1);
  }

  /// When some series within the range has its newest sample.
  private static OptionalLong newest(SeriesView view, TimeRange range) {
    for (String name : view.labelValues(LabelSet.NAME, List.of(), range).stream().limit(NAMES_MAX).toList()) {
      List<Matcher> named = List.of(Matcher.equal(LabelSet.NAME, name));
      if (view.estimate(named, range).series() <= SERIES_MAX) {
        try (Selection selection = view.select(named, range, SERIES_MAX)) {
          var samples = new SampleBuffer();
          for (int i = 0; i < selection.count(); i++) {
            selection.readNewest(i, samples);
            if (samples.count > 0) {
              return OptionalLong.of(samples.timestampsMillis[0]);
            }
          }
        }
      }
    }
    return OptionalLong.empty();
  }

  /// About where the newest samples are, to a window of memory: a node may have been down for long.
  private static long endMillis(SeriesView view, long nowMillis) {
    long reach = HOUR_MILLIS;
    while (reach < REACH_MILLIS_MAX && !hasSamples(view, nowMillis - reach, nowMillis)) {
      reach *= 2;
    }
    long low = nowMillis - reach;
    long high = reach == HOUR_MILLIS ? nowMillis : nowMillis - reach / 2;
    while (high - low > END_MILLIS) {
      long middle = low + (high - low) / 2;
      if (hasSamples(view, middle, nowMillis)) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return high;
  }

  private static boolean hasSamples(SeriesView view, long from, long to) {
    return view.estimate(List.of(), new TimeRange(from, to + 1)).samples() > 0;
  }

  /// Kinds of requests; empty when there is nothing stored that fits.
  List<Asked> choose() {
    List<String> names = view.labelValues(LabelSet.NAME, List.of(), range);
    Optional<String> counter = first(names, name -> name.endsWith("_total"));
    Optional<String> bucket = first(names, name -> name.endsWith("_bucket"));
    Optional<String> gauge = first(names, name -> !name.endsWith("_total") && !name.endsWith("_bucket") && !name.endsWith("_count")
        && !name.endsWith("_sum"));
    var asked = new ArrayList<Asked>();
    long end = range.endMillis() / 1000 / STEP_SECONDS * STEP_SECONDS;
    for (String shape : RANGES) {
      filled(shape, gauge, counter, bucket).ifPresent(text -> asked.add(round -> overRange(text, end, round)));
    }
    for (String shape : INSTANTS) {
      filled(shape, gauge, counter, bucket).ifPresent(text -> asked.add(round -> "/api/v1/query?time=" + end + QUERY
          + numbered(text, round)));
    }
    gauge.map(name -> "start=" + (end - HOUR_SECONDS) + "&end=" + end + "&match%5B%5D=" + encoded(all(name))).ifPresent(selected -> {
      asked.add(_ -> "/api/v1/series?" + selected);
      asked.add(_ -> "/api/v1/label/job/values?" + selected);
    });
    return asked;
  }

  /// One kind of request.
  interface Asked {
    /// The path below the node's address.
    ///
    /// @param round how often this was called before
    String path(int round);
  }

  /// In turns an hour past the result cache, and as a dashboard is refreshed: a step further each time.
  private static String overRange(String text, long end, int round) {
    long back = round % 2 == 0 ? 0 : HOUR_SECONDS - (long) round / 2 * STEP_SECONDS % HOUR_SECONDS;
    return "/api/v1/query_range?nocache=" + (round % 2 == 0 ? 1 : 0) + "&start=" + (end - back - HOUR_SECONDS) + "&end=" + (end - back)
        + "&step=" + STEP_SECONDS + QUERY + numbered(text, round);
  }

  /// The query with another comment each time, so that it is parsed again.
  private static String numbered(String text, int round) {
    return encoded(text + " #" + round);
  }

  private Optional<String> first(List<String> names, Predicate<String> fits) {
    return names.stream().filter(fits).limit(NAMES_MAX).filter(this::isSmall).findFirst();
  }

  private boolean isSmall(String name) {
    long series = view.estimate(List.of(Matcher.equal(LabelSet.NAME, name)), range).series();
    return series > 0 && series <= SERIES_MAX;
  }

  private Optional<String> filled(String shape, Optional<String> gauge, Optional<String> counter, Optional<String> bucket) {
    if (shape.contains("<g>") && gauge.isEmpty() || shape.contains("<c>") && counter.isEmpty()
        || shape.contains("<b>") && bucket.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(shape.replace("<g>", gauge.map(this::one).orElse("")).replace("<c>", counter.map(this::one).orElse(""))
        .replace("<b>", bucket.map(WarmUpPaths::all).orElse("")));
  }

  private static String all(String name) {
    return "{" + Matcher.equal(LabelSet.NAME, name) + "}";
  }

  private String one(String name) {
    try (Selection selection = view.select(List.of(Matcher.equal(LabelSet.NAME, name)), range, SERIES_MAX)) {
      var matchers = new ArrayList<String>();
      LabelSet labels = selection.count() == 0 ? LabelSet.of(LabelSet.NAME, name) : selection.labels(0);
      for (int i = 0; i < labels.count(); i++) {
        matchers.add(Matcher.equal(labels.name(i), labels.value(i)).toString());
      }
      return "{" + String.join(",", matchers) + "}";
    }
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
