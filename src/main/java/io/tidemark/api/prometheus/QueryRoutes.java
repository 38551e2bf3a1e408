package io.tidemark.api.prometheus;

import io.tidemark.api.Answers;
import io.tidemark.api.ApiParts;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.promql.Expr;
import io.tidemark.promql.Features;
import io.tidemark.promql.PrettyPrinter;
import io.tidemark.promql.PromQL;
import io.tidemark.query.LookUp;
import io.tidemark.query.QueryEngine;
import io.tidemark.query.QueryRequest;
import io.tidemark.storage.ReadPolicy;
import io.tidemark.storage.SeriesReader;
import io.tidemark.storage.SeriesView;
import io.tidemark.time.Clock;
import io.vertx.core.Future;
import io.vertx.core.WorkerExecutor;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/// The part of Prometheus' API that reads data: queries, series, labels, metadata, and the language's own tools.
public final class QueryRoutes {
  private static final int POINTS_MAX = 11_000;
  /// Series of one `/series` or labels request.
  private static final int SERIES_MAX = 1_000_000;
  /// What bytes that are no UTF-8 are decoded to.
  private static final char NOT_UTF_8 = '\ufffd';

  private final QueryEngine engine;
  private final SeriesReader reader;
  private final Features features;
  private final Clock clock;
  private final WorkerExecutor workers;

  public QueryRoutes(ApiParts.QueryParts parts, Clock clock) {
    engine = parts.engine();
    reader = parts.reader();
    features = parts.features();
    workers = parts.workers();
    this.clock = clock;
  }

  /// Mounts everything below `/api/v1`.
  public void mount(Router router) {
    both(router, "/api/v1/query", this::query);
    both(router, "/api/v1/query_range", this::queryRange);
    both(router, "/api/v1/series", this::series);
    both(router, "/api/v1/labels", this::labels);
    router.get("/api/v1/label/:name/values").handler(guarded(this::labelValues));
    router.get("/api/v1/metadata").handler(guarded(this::metadata));
    both(router, "/api/v1/query_exemplars", this::exemplars);
    both(router, "/api/v1/format_query", this::formatQuery);
    both(router, "/api/v1/parse_query", this::parseQuery);
  }

  private interface Handler {
    void handle(RoutingContext context, Parameters parameters);
  }

  private static void both(Router router, String path, Handler handler) {
    router.get(path).handler(guarded(handler));
    router.post(path).handler(guarded(handler));
  }

  private static io.vertx.core.Handler<RoutingContext> guarded(Handler handler) {
    return context -> {
      try {
        handler.handle(context, new Parameters(context.request().params()));
      } catch (RuntimeException e) {
        Answers.failure(context, e);
      }
    };
  }

  private void query(RoutingContext context, Parameters parameters) {
    long at = parameters.timeMillis("time", clock.millis());
    run(context, parameters, new QueryRequest(parameters.text("query").orElse(""), at, at, 0, lookback(parameters), timeout(parameters),
        partial(parameters)));
  }

  private void queryRange(RoutingContext context, Parameters parameters) {
    long start = parameters.requiredTimeMillis("start");
    long end = parameters.requiredTimeMillis("end");
    if (end < start) {
      throw Parameters.invalid("end", "end timestamp must not be before start time");
    }
    long step = parameters.requiredDurationMillis("step");
    if (step <= 0) {
      throw Parameters.invalid("step", "zero or negative query resolution step widths are not accepted. Try a positive integer");
    }
    if ((end - start) / step >= POINTS_MAX) {
      throw new TidemarkException(ErrorCode.BAD_DATA, "exceeded maximum resolution of 11,000 points per timeseries."
          + " Try decreasing the query resolution (?step=XX)");
    }
    String query = parameters.text("query").orElse("");
    run(context, parameters, new QueryRequest(query, start, end, step, lookback(parameters), timeout(parameters),
        partial(parameters)).cached(!flag(parameters, "nocache", false)));
  }

  /// `partial_response=0` refuses answers that lack the series of nodes that are away.
  private static boolean partial(Parameters parameters) {
    return flag(parameters, "partial_response", true);
  }

  private static boolean flag(Parameters parameters, String name, boolean without) {
    String text = parameters.text(name).orElse(without ? "1" : "0");
    return switch (text) {
      case "1", "true" -> true;
      case "0", "false" -> false;
      default -> throw Parameters.invalid(name, "expected 0 or 1, found \"" + text + "\"");
    };
  }

  private static long lookback(Parameters parameters) {
    return parameters.durationMillis("lookback_delta").orElse(0);
  }

  private static long timeout(Parameters parameters) {
    return parameters.durationMillis("timeout").orElse(0);
  }

  private void run(RoutingContext context, Parameters parameters, QueryRequest request) {
    Optional<String> stats = parameters.text("stats").filter(text -> !text.isEmpty());
    int limit = parameters.limit("limit");
    QueryEngine.Submitted query = engine.submit(request.countingSteps(stats.isPresent()));
    // Nobody reads the answer of a client that has gone. After an ordinary end the answer's memory is free.
    context.addEndHandler(_ -> query.close());
    query.answer().map(result -> JsonText.answer(Limits.cut(result, limit), request, stats))
        .onSuccess(json -> Answers.json(context, 200, json)).onFailure(e -> Answers.failure(context, ofParameter("query", e)));
  }

  /// Names the parameter that a failure is about, as Prometheus does for everything that is wrong with a request.
  private static Throwable ofParameter(String name, Throwable failure) {
    return failure instanceof TidemarkException known && known.code() == ErrorCode.BAD_DATA
        ? new TidemarkException(ErrorCode.BAD_DATA, "invalid parameter \"" + name + "\": " + known.getMessage(), known) : failure;
  }

  private static <T> T ofParameter(String name, Supplier<T> parse) {
    try {
      return parse.get();
    } catch (TidemarkException e) {
      throw new TidemarkException(e.code(), "invalid parameter \"" + name + "\": " + e.getMessage(), e);
    }
  }

  private Expr parsed(Parameters parameters) {
    String text = parameters.text("query").orElse("");
    return ofParameter("query", () -> PromQL.parse(text, features));
  }

  /// What is read from a view, and how it is written once the view's warnings are known.
  private interface Look {
    Function<List<String>, String> at(SeriesView view);
  }

  private void onWorker(RoutingContext context, Parameters parameters, Look look) {
    LookUp account = engine.lookUp();
    context.addEndHandler(_ -> account.close());
    var policy = new ReadPolicy(partial(parameters), ReadPolicy.DEFAULT.timeoutMillis(), account);
    Future<String> json = reader.view(policy).compose(view -> workers.executeBlocking(() -> {
      try (view) {
        Function<List<String>, String> answer = look.at(view);
        return answer.apply(view.warnings());
      }
    }, false));
    json.onSuccess(text -> Answers.json(context, 200, text)).onFailure(e -> Answers.failure(context, e));
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
    return ofParameter("match[]", () -> parameters.texts("match[]").stream().map(PromQL::parseSelector).toList());
  }

  private void series(RoutingContext context, Parameters parameters) {
    List<List<Matcher>> sets = matchers(parameters);
    if (sets.isEmpty()) {
      throw new TidemarkException(ErrorCode.BAD_DATA, "no match[] parameter provided");
    }
    TimeRange range = range(parameters);
    int limit = parameters.limit("limit");
    onWorker(context, parameters, view -> {
      var found = new TreeSet<LabelSet>();
      for (List<Matcher> set : sets) {
        try (var selection = view.select(set, range, SERIES_MAX)) {
          for (int i = 0; i < selection.count(); i++) {
            found.add(selection.labels(i));
          }
        }
      }
      return warnings -> {
        var out = new StringBuilder("{\"status\":\"success\",\"data\":[");
        int written = 0;
        for (LabelSet labels : found) {
          if (limit > 0 && written == limit) {
            break;
          }
          out.append(written++ == 0 ? "" : ",");
          JsonText.labels(out, labels);
        }
        out.append(']');
        JsonText.notes(out, "warnings", both(warnings, Limits.warning(found.size(), limit)));
        return out.append('}').toString();
      };
    });
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

  private static List<String> both(List<String> first, List<String> second) {
    return Stream.concat(first.stream(), second.stream()).toList();
  }

  private void union(RoutingContext context, Parameters parameters, LabelLook look) {
    List<List<Matcher>> sets = matchers(parameters);
    TimeRange range = range(parameters);
    int limit = parameters.limit("limit");
    onWorker(context, parameters, view -> {
      var found = new TreeSet<String>();
      if (sets.isEmpty()) {
        found.addAll(look.at(view, List.of(), range));
      }
      for (List<Matcher> set : sets) {
        found.addAll(look.at(view, set, range));
      }
      List<String> shown = new ArrayList<>(found);
      return warnings -> {
        var out = new StringBuilder("{\"status\":\"success\",\"data\":");
        JsonText.strings(out, limit > 0 && shown.size() > limit ? shown.subList(0, limit) : shown);
        JsonText.notes(out, "warnings", both(warnings, Limits.warning(shown.size(), limit)));
        return out.append('}').toString();
      };
    });
  }

  private void metadata(RoutingContext context, Parameters parameters) {
    // Other than elsewhere, 0 is no entry here.
    int limit = parameters.text("limit").isPresent() ? parameters.limit("limit") : Integer.MAX_VALUE;
    int perMetric = parameters.limit("limit_per_metric");
    String only = parameters.text("metric").orElse("");
    onWorker(context, parameters, view -> {
      var out = new StringBuilder("{\"status\":\"success\",\"data\":{");
      int written = 0;
      for (var entry : new TreeMap<>(view.metadata()).entrySet()) {
        if (!only.isEmpty() && !only.equals(entry.getKey())) {
          continue;
        }
        if (written == limit) {
          break;
        }
        out.append(written++ == 0 ? "" : ",");
        JsonText.string(out, entry.getKey());
        out.append(":[");
        List<SeriesReader.Metadata> texts = entry.getValue();
        for (int i = 0; i < texts.size() && (perMetric == 0 || i < perMetric); i++) {
          out.append(i == 0 ? "" : ",").append("{\"type\":");
          JsonText.string(out, texts.get(i).type());
          out.append(",\"help\":");
          JsonText.string(out, texts.get(i).help());
          out.append(",\"unit\":");
          JsonText.string(out, texts.get(i).unit());
          out.append('}');
        }
        out.append(']');
      }
      return warnings -> {
        out.append('}');
        JsonText.notes(out, "warnings", warnings);
        return out.append('}').toString();
      };
    });
  }

  /// Exemplars are not kept, so there are none; dashboards ask for them beside every graph.
  private void exemplars(RoutingContext context, Parameters parameters) {
    long start = parameters.timeMillis("start", Long.MIN_VALUE);
    if (parameters.timeMillis("end", Long.MAX_VALUE) < start) {
      throw Parameters.invalid("end", "end timestamp must not be before start timestamp");
    }
    parsed(parameters);
    Answers.json(context, 200, "{\"status\":\"success\",\"data\":[]}");
  }

  private void formatQuery(RoutingContext context, Parameters parameters) {
    Expr expr = parsed(parameters);
    var out = new StringBuilder("{\"status\":\"success\",\"data\":");
    JsonText.string(out, PrettyPrinter.print(expr));
    Answers.json(context, 200, out.append('}').toString());
  }

  private void parseQuery(RoutingContext context, Parameters parameters) {
    Expr expr = parsed(parameters);
    Answers.json(context, 200, "{\"status\":\"success\",\"data\":" + TreeJson.of(expr).encode() + "}");
  }
}
