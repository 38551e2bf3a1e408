package io.tidemark.api.prometheus;

import io.tidemark.api.Answers;
import io.tidemark.api.ApiParts;
import io.tidemark.api.Body;
import io.tidemark.api.Outflow;
import io.tidemark.api.Piece;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.Exemplar;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.promql.Features;
import io.tidemark.promql.PromQL;
import io.tidemark.query.LookUp;
import io.tidemark.query.QueryEngine;
import io.tidemark.storage.ReadPolicy;
import io.tidemark.storage.SeriesExemplars;
import io.tidemark.storage.SeriesReader;
import io.tidemark.storage.SeriesView;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.stream.Stream;

/// What there is to query: series, label names and values, metadata, exemplars.
public final class LookupRoutes {
  /// Series of one request.
  private static final int SERIES_MAX = 1_000_000;
  /// What bytes that are no UTF-8 are decoded to.
  private static final char NOT_UTF_8 = '\ufffd';
  private static final byte[] TYPE = Piece.ascii("{\"type\":");
  private static final byte[] UNIT = Piece.ascii(",\"unit\":");
  private static final byte[] HELP = Piece.ascii(",\"help\":");
  private static final byte[] SERIES_LABELS = Piece.ascii("{\"seriesLabels\":");
  private static final byte[] EXEMPLARS = Piece.ascii(",\"exemplars\":[");
  private static final byte[] LABELS = Piece.ascii("{\"labels\":");
  private static final byte[] NEXT_LABELS = Piece.ascii(",{\"labels\":");
  private static final byte[] VALUE = Piece.ascii(",\"value\":\"");
  private static final byte[] TIMESTAMP = Piece.ascii("\",\"timestamp\":");

  private final QueryEngine engine;
  private final SeriesReader reader;
  private final Features features;
  private final Outflow outflow;

  public LookupRoutes(ApiParts.QueryParts parts, Outflow outflow) {
    engine = parts.engine();
    reader = parts.reader();
    features = parts.features();
    this.outflow = outflow;
  }

  public void mount(Router router) {
    Handling.both(router, "/api/v1/series", this::series);
    Handling.both(router, "/api/v1/labels", this::labels);
    Handling.get(router, "/api/v1/label/:name/values", this::labelValues);
    Handling.get(router, "/api/v1/metadata", this::metadata);
    Handling.both(router, "/api/v1/query_exemplars", this::exemplars);
  }

  /// What is read from a view before its warnings are asked for.
  private interface Look<T> {
    Collection<T> at(SeriesView view);
  }

  /// Answers with what `look` finds, on a worker.
  private <T> void answer(RoutingContext context, Parameters parameters, String brackets, int limit, Look<T> look,
      BiConsumer<Piece, T> writer) {
    LookUp account = engine.lookUp();
    context.addEndHandler(_ -> account.close());
    var policy = new ReadPolicy(QueryRoutes.partial(parameters), ReadPolicy.DEFAULT.timeoutMillis(), account);
    reader.view(policy).compose(view -> outflow.workers().executeBlocking(() -> {
      Body body;
      try (view) {
        Collection<T> found = look.at(view);
        List<String> warnings = Stream.concat(view.warnings().stream(), Limits.warning(found.size(), limit).stream()).toList();
        body = new ListBody<>(brackets, found.stream().limit(limit > 0 ? limit : Long.MAX_VALUE).iterator(), writer, warnings);
      }
      outflow.send(context, 200, "application/json", body);
      return true;
    }, false)).onFailure(e -> Answers.failure(context, e));
  }

  private static TimeRange range(Parameters parameters) {
    long start = parameters.timeMillis("start", Long.MIN_VALUE);
    long end = parameters.timeMillis("end", Long.MAX_VALUE - 1);
    if (end < start) {
      throw Parameters.invalid("end", "end timestamp must not be before start time");
    }
    return new TimeRange(start, end + 1);
  }

  private List<List<Matcher>> matchers(Parameters parameters) {
    return Handling.ofParameter("match[]", () -> parameters.texts("match[]").stream().map(PromQL::parseSelector).toList());
  }

  private void series(RoutingContext context, Parameters parameters) {
    List<List<Matcher>> sets = matchers(parameters);
    if (sets.isEmpty()) {
      throw new TidemarkException(ErrorCode.BAD_DATA, "no match[] parameter provided");
    }
    TimeRange range = range(parameters);
    answer(context, parameters, "[]", parameters.limit("limit"), view -> {
      // One selection is in order and has no series twice.
      Collection<LabelSet> found = sets.size() == 1 ? new ArrayList<>() : new TreeSet<>();
      for (List<Matcher> set : sets) {
        try (var selection = view.select(set, range, SERIES_MAX)) {
          for (int i = 0; i < selection.count(); i++) {
            found.add(selection.labels(i));
          }
        }
      }
      return found;
    }, new LabelsJson()::add);
  }

  private void labels(RoutingContext context, Parameters parameters) {
    union(context, parameters, SeriesView::labelNames);
  }

  private void labelValues(RoutingContext context, Parameters parameters) {
    String name = unescape(context.pathParam("name"));
    if (name.isEmpty() || name.indexOf(NOT_UTF_8) >= 0) {
      throw Parameters.invalid("name", "invalid label name: \"" + name + "\"");
    }
    union(context, parameters, (view, set, range) -> view.labelValues(name, set, range));
  }

  /// Label names that are no plain identifiers come in the path as `U__name_2e_x`; see Prometheus' `model.UnescapeName`.
  private static String unescape(String name) {
    if (!name.startsWith("U__")) {
      return name;
    }
    var out = new StringBuilder();
    for (int i = 3; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c != '_') {
        out.append(c);
      } else if (i + 1 < name.length() && name.charAt(i + 1) == '_') {
        out.append('_');
        i++;
      } else {
        int end = name.indexOf('_', i + 1);
        try {
          out.appendCodePoint(Integer.parseInt(name.substring(i + 1, end < 0 ? name.length() : end), 16));
        } catch (IllegalArgumentException e) {
          return name;
        }
        i = end < 0 ? name.length() : end;
      }
    }
    return out.toString();
  }

  private interface LabelLook {
    List<String> at(SeriesView view, List<Matcher> matchers, TimeRange range);
  }

  private void union(RoutingContext context, Parameters parameters, LabelLook look) {
    List<List<Matcher>> sets = matchers(parameters);
    TimeRange range = range(parameters);
    answer(context, parameters, "[]", parameters.limit("limit"), view -> {
      if (sets.size() <= 1) {
        return look.at(view, sets.isEmpty() ? List.of() : sets.getFirst(), range);
      }
      var found = new TreeSet<String>();
      for (List<Matcher> set : sets) {
        found.addAll(look.at(view, set, range));
      }
      return found;
    }, JsonPiece::string);
  }

  /// Other than elsewhere, a `limit` of 0 is no entry here and a negative one no limit, and nobody is warned.
  private void metadata(RoutingContext context, Parameters parameters) {
    int limit = parameters.number("limit", -1);
    int perMetric = parameters.number("limit_per_metric", -1);
    String only = parameters.text("metric").orElse("");
    answer(context, parameters, "{}", 0, view -> {
      Map<String, List<SeriesReader.Metadata>> all = view.metadata();
      if (!only.isEmpty()) {
        all = all.containsKey(only) ? Map.of(only, all.get(only)) : Map.of();
      }
      return new TreeMap<>(all).entrySet().stream().limit(limit < 0 ? Long.MAX_VALUE : limit).toList();
    }, (out, entry) -> {
      JsonPiece.string(out, entry.getKey());
      out.add(':');
      List<SeriesReader.Metadata> texts = entry.getValue();
      for (int i = 0; i < texts.size() && (perMetric <= 0 || i < perMetric); i++) {
        out.add(i == 0 ? '[' : ',');
        metadata(out, texts.get(i));
      }
      out.add(']');
    });
  }

  private static void metadata(Piece out, SeriesReader.Metadata metadata) {
    out.add(TYPE);
    JsonPiece.string(out, metadata.type());
    out.add(UNIT);
    JsonPiece.string(out, metadata.unit());
    out.add(HELP);
    JsonPiece.string(out, metadata.help());
    out.add('}');
  }

  /// Exemplars of every series that some selector of the query names; their offsets and ranges do not count, as in Prometheus.
  private void exemplars(RoutingContext context, Parameters parameters) {
    long start = parameters.timeMillis("start", Long.MIN_VALUE);
    long end = parameters.timeMillis("end", Long.MAX_VALUE - 1);
    if (end < start) {
      throw Parameters.invalid("end", "end timestamp must not be before start timestamp");
    }
    List<List<Matcher>> sets = SelectorsOf.expr(LanguageRoutes.parsed(parameters, features)).distinct().toList();
    answer(context, parameters, "[]", 0, view -> {
      var found = new TreeMap<LabelSet, SeriesExemplars>();
      for (List<Matcher> set : sets) {
        view.exemplars(set, new TimeRange(start, end + 1)).forEach(series -> found.put(series.series(), series));
      }
      return found.values();
    }, LookupRoutes::exemplars);
  }

  private static void exemplars(Piece out, SeriesExemplars series) {
    out.add(SERIES_LABELS);
    JsonPiece.labels(out, series.series());
    out.add(EXEMPLARS);
    var numbers = new NumberText();
    for (int i = 0; i < series.exemplars().size(); i++) {
      Exemplar exemplar = series.exemplars().get(i);
      out.add(i == 0 ? LABELS : NEXT_LABELS);
      JsonPiece.labels(out, exemplar.labels());
      out.add(VALUE);
      numbers.add(out, exemplar.value(), NumberText.Style.JSON);
      out.add(TIMESTAMP);
      byte[] bytes = out.reserve(NumberText.BYTES_MAX);
      out.advance(NumberText.seconds(bytes, out.count(), exemplar.timestampMillis()));
      out.add('}');
    }
    out.add(']');
    out.add('}');
  }
}
