package io.tidemark.api.prometheus;

import io.tidemark.api.Answers;
import io.tidemark.api.Operations;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.Matcher;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.promql.PromQL;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.List;

/// Deletes as Prometheus' `/api/v1/admin/tsdb` takes them. Reading methods are refused: a link must not erase anything.
public final class AdminRoutes {
  private final Operations operations;

  public AdminRoutes(Operations operations) {
    this.operations = operations;
  }

  public void mount(Router router) {
    change(router, "/api/v1/admin/tsdb/delete_series", this::deleteSeries);
    change(router, "/api/v1/admin/tsdb/clean_tombstones", (context, _) -> answer(context, operations.clean()));
    change(router, "/api/v1/admin/tsdb/:action", (context, _) -> {
      throw new TidemarkException(ErrorCode.NOT_FOUND, "this server has no " + context.pathParam("action")
          + "; there are delete_series and clean_tombstones");
    });
  }

  private static void change(Router router, String path, Handling.Handler handler) {
    router.route(path).method(HttpMethod.POST).method(HttpMethod.PUT).handler(Handling.guarded(handler));
  }

  private void deleteSeries(RoutingContext context, Parameters parameters) {
    List<List<Matcher>> selectors = Handling.ofParameter("match[]",
        () -> parameters.texts("match[]").stream().map(PromQL::parseSelector).toList());
    if (selectors.isEmpty()) {
      throw new TidemarkException(ErrorCode.BAD_DATA, "no match[] parameter provided");
    }
    long start = parameters.timeMillis("start", Long.MIN_VALUE);
    long end = parameters.timeMillis("end", Long.MAX_VALUE - 1);
    if (end < start) {
      throw Parameters.invalid("end", "end timestamp must not be before start time");
    }
    answer(context, operations.erase(selectors, new TimeRange(start, end + 1)));
  }

  private static void answer(RoutingContext context, Future<Void> work) {
    work.onSuccess(_ -> context.response().setStatusCode(204).end()).onFailure(e -> Answers.failure(context, e));
  }
}
