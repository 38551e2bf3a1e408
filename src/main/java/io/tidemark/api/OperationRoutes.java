package io.tidemark.api;

import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.function.Supplier;

/// Health, reload, flush, compact and `/metrics`.
public final class OperationRoutes {
  private OperationRoutes() {}

  /// Mounts `/-/…` and `/metrics`.
  public static void mount(Router router, Operations operations) {
    readable(router, "/-/healthy").handler(context -> Answers.text(context, 200, "Tidemark is healthy.\n"));
    readable(router, "/-/ready").handler(context -> {
      boolean ready = operations.isReady();
      Answers.text(context, ready ? 200 : 503, ready ? "Tidemark is ready.\n" : "Tidemark is not ready.\n");
    });
    router.post("/-/reload").handler(context -> answer(context, operations::reload));
    readable(router, "/-/flush").method(HttpMethod.POST).handler(context -> answer(context, operations::flush));
    readable(router, "/-/compact").method(HttpMethod.POST).handler(context -> answer(context, operations::compact));
    router.get("/metrics").handler(
        context -> Answers.send(context, 200, "text/plain; version=0.0.4; charset=utf-8", operations.metrics()));
  }

  /// GET, and HEAD for load balancers.
  private static Route readable(Router router, String path) {
    return router.route(path).method(HttpMethod.GET).method(HttpMethod.HEAD);
  }

  private static void answer(RoutingContext context, Supplier<Future<Void>> work) {
    work.get().onSuccess(_ -> Answers.text(context, 200, "done\n")).onFailure(e -> Answers.failure(context, e));
  }
}
