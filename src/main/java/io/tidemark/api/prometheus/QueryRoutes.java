package io.tidemark.api.prometheus;

import io.tidemark.api.Answers;
import io.tidemark.api.ApiParts;
import io.tidemark.api.Outflow;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.query.QueryEngine;
import io.tidemark.query.QueryRequest;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Optional;

/// `/api/v1/query` and `/api/v1/query_range`.
public final class QueryRoutes {
  private static final int STEPS_MAX = 11_000;

  private final QueryEngine engine;
  private final Clock clock;
  private final Outflow outflow;
  private final AnswerTexts texts;

  public QueryRoutes(ApiParts.QueryParts parts, Clock clock, Outflow outflow, Metrics metrics) {
    this.outflow = outflow;
    texts = new AnswerTexts(metrics);
    engine = parts.engine();
    this.clock = clock;
  }

  public void mount(Router router) {
    Handling.both(router, "/api/v1/query", this::query);
    Handling.both(router, "/api/v1/query_range", this::queryRange);
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
    if ((end - start) / step > STEPS_MAX) {
      throw new TidemarkException(ErrorCode.BAD_DATA, "exceeded maximum resolution of 11,000 points per timeseries."
          + " Try decreasing the query resolution (?step=XX)");
    }
    String query = parameters.text("query").orElse("");
    run(context, parameters, new QueryRequest(query, start, end, step, lookback(parameters), timeout(parameters),
        partial(parameters)).cached(!flag(parameters, "nocache", false)));
  }

  /// `partial_response=0` refuses answers that lack the series of nodes that are away.
  static boolean partial(Parameters parameters) {
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
    Optional<String> stats = parameters.text("stats");
    int limit = parameters.limit("limit");
    QueryEngine.Submitted query = engine.submit(request.countingSteps(stats.isPresent()));
    // Nobody reads the answer of a client that has gone. After an ordinary end the answer's memory is free.
    context.addEndHandler(_ -> query.close());
    query.answer().map(result -> {
      outflow.send(context, 200, "application/json", new AnswerBody(Limits.cut(result, limit), request, stats,
          request.cacheAllowed() ? texts.take(request) : Optional.empty()));
      return result;
    }).onFailure(e -> Answers.failure(context, Handling.ofParameter("query", e)));
  }
}
