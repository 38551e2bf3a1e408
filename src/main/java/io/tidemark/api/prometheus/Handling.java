package io.tidemark.api.prometheus;

import io.tidemark.api.Answers;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.function.Supplier;

/// What the routes of this room have in common: parameters from query string or form, failures as Prometheus words them.
final class Handling {
  /// Answers one request, or throws what becomes its error.
  interface Handler {
    void handle(RoutingContext context, Parameters parameters);
  }

  private Handling() {}

  static void get(Router router, String path, Handler handler) {
    router.get(path).handler(guarded(handler));
  }

  /// GET, and POST with the parameters as a form.
  static void both(Router router, String path, Handler handler) {
    get(router, path, handler);
    router.post(path).handler(guarded(handler));
  }

  static io.vertx.core.Handler<RoutingContext> guarded(Handler handler) {
    return context -> {
      try {
        handler.handle(context, new Parameters(context.request().params()));
      } catch (RuntimeException e) {
        Answers.failure(context, e);
      }
    };
  }

  /// Names the parameter that a failure is about, as Prometheus does for everything that is wrong with a request.
  static Throwable ofParameter(String name, Throwable failure) {
    return failure instanceof TidemarkException known && known.code() == ErrorCode.BAD_DATA
        ? new TidemarkException(ErrorCode.BAD_DATA, "invalid parameter \"" + name + "\": " + known.getMessage(), known) : failure;
  }

  static <T> T ofParameter(String name, Supplier<T> parse) {
    try {
      return parse.get();
    } catch (TidemarkException e) {
      throw new TidemarkException(e.code(), "invalid parameter \"" + name + "\": " + e.getMessage(), e);
    }
  }
}
