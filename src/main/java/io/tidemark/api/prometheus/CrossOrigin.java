package io.tidemark.api.prometheus;

import io.tidemark.regex.Regex;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;

/// Lets pages of other sites read `/api/v1` as Prometheus does: an origin that the pattern matches is named in the answer, and a browser's
/// question beforehand (`OPTIONS`) is answered for every path. Without a login there are no credentials that a page could use.
public final class CrossOrigin {
  private static final CharSequence VARY = HttpHeaders.createOptimized("Vary");
  private static final CharSequence BY_ENCODING_AND_ORIGIN = HttpHeaders.createOptimized("Accept-Encoding, Origin");

  private final Regex origins;

  /// @param origins whose pages may read
  public CrossOrigin(Regex origins) {
    this.origins = origins;
  }

  public void mount(Router router) {
    router.route("/api/v1/*").handler(this::allow);
  }

  private void allow(RoutingContext context) {
    String origin = context.request().getHeader(HttpHeaders.ORIGIN);
    if (origin != null && origins.matches(origin)) {
      context.response().putHeader("Access-Control-Allow-Origin", origin)
          .putHeader("Access-Control-Allow-Methods", "GET, POST, OPTIONS")
          .putHeader("Access-Control-Allow-Headers", "Accept, Authorization, Content-Type, Origin")
          .putHeader("Access-Control-Expose-Headers", "Date");
    }
    context.response().putHeader(VARY, BY_ENCODING_AND_ORIGIN);
    if (context.request().method().equals(HttpMethod.OPTIONS)) {
      context.response().setStatusCode(204).end();
    } else {
      context.next();
    }
  }
}
