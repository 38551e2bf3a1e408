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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
  private static final int SINGLE_SERIES_MAX = 50;
  private static final int REACH_HOURS_MAX = 16;
  /// A prime number of steps.
  private static final int SCATTER_SECONDS = 211 * STEP_SECONDS;
  private static final List<String> PLACES = List.of("<g>", "<c>", "<b>");
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
    Map<String, List<String>> places = new HashMap<>();
    gauge.ifPresent(name -> places.put("<g>", series(name)));
    counter.ifPresent(name -> places.put("<c>", series(name)));
    bucket.ifPresent(name -> places.put("<b>", List.of(all(name))));
    var asked = new ArrayList<Asked>();
    long end = range.endMillis() / 1000 / STEP_SECONDS * STEP_SECONDS;
    long reach = reachSeconds();
    for (String shape : RANGES) {
      if (isFilled(shape, places)) {
        asked.add(round -> overRange(filled(shape, places, round), end, reach, round));
      }
    }
    for (String shape : INSTANTS) {
      if (isFilled(shape, places)) {
        asked.add(round -> "/api/v1/query?time=" + (end - back(reach, round)) + QUERY + numbered(filled(shape, places, round), round));
      }
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
  private static String overRange(String text, long end, long reach, int round) {
    boolean isCached = round % 2 == 1;
    long back = isCached ? HOUR_SECONDS - (long) round / 2 * STEP_SECONDS % HOUR_SECONDS : back(reach, round);
    return "/api/v1/query_range?nocache=" + (isCached ? 0 : 1) + "&start=" + (end - back - HOUR_SECONDS) + "&end=" + (end - back)
        + "&step=" + STEP_SECONDS + QUERY + numbered(text, round);
  }

  /// Some time within the reach, another one each round: what was read lately is read by other code than what was not.
  private static long back(long reach, int round) {
    return round * (long) SCATTER_SECONDS % (reach + STEP_SECONDS);
  }

  /// How far before the newest samples there are some too.
  private long reachSeconds() {
    for (int hours = REACH_HOURS_MAX; hours > 1; hours /= 2) {
      long from = range.endMillis() - hours * HOUR_MILLIS;
      if (hasSamples(view, from, from + HOUR_MILLIS / 2)) {
        return (hours - 1) * HOUR_SECONDS;
      }
    }
    return 0;
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

  private static boolean isFilled(String shape, Map<String, List<String>> places) {
    return PLACES.stream().allMatch(place -> !shape.contains(place) || places.containsKey(place));
  }

  /// With another series each round.
  private static String filled(String shape, Map<String, List<String>> places, int round) {
    String text = shape;
    for (Map.Entry<String, List<String>> place : places.entrySet()) {
      text = text.replace(place.getKey(), place.getValue().get(round % place.getValue().size()));
    }
    return text;
  }

  private static String all(String name) {
    return "{" + Matcher.equal(LabelSet.NAME, name) + "}";
  }

  /// Selectors of single series; at least one.
  private List<String> series(String name) {
    var selectors = new ArrayList<String>();
    try (Selection selection = view.select(List.of(Matcher.equal(LabelSet.NAME, name)), range, SERIES_MAX)) {
      for (int i = 0; i < Math.min(SINGLE_SERIES_MAX, selection.count()); i++) {
        LabelSet labels = selection.labels(i);
        var matchers = new ArrayList<String>();
        for (int label = 0; label < labels.count(); label++) {
          matchers.add(Matcher.equal(labels.name(label), labels.value(label)).toString());
        }
        selectors.add("{" + String.join(",", matchers) + "}");
      }
    }
    return selectors.isEmpty() ? List.of(all(name)) : selectors;
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
