package io.tidemark.api.ui;

import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.handler.StaticHandler;
import java.util.List;

/// Serves the user interface from the jar's `webroot` and answers its client-side paths with the one page.
public final class UiRoutes {
  private static final String POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; "
      + "frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
  /// Below these an unknown path is an error of an API, and a GET of what only takes POST must be answered with 405.
  private static final String NOT_API = "/(?!(?:api|v1|v2|-)/).*";
  private static final int MAX_AGE_SECONDS = 3600;
  private static final List<String> PAGES = List.of("/explore", "/alerts", "/rules", "/targets", "/status", "/graph");

  private UiRoutes() {}

  /// Mounts `/` and everything below that no other route took.
  public static void mount(Router router) {
    router.routeWithRegex(NOT_API).method(HttpMethod.GET).method(HttpMethod.HEAD).handler(context -> {
      context.response().putHeader("Content-Security-Policy", POLICY).putHeader("Referrer-Policy", "no-referrer")
          .putHeader("X-Frame-Options", "DENY");
      context.next();
    });
    for (String page : PAGES) {
      router.get(page).handler(context -> context.reroute("/"));
    }
    router.routeWithRegex(NOT_API).method(HttpMethod.GET).handler(new TextFiles("webroot", MAX_AGE_SECONDS)::handle);
    router.routeWithRegex(NOT_API).method(HttpMethod.GET).method(HttpMethod.HEAD)
        .handler(StaticHandler.create("webroot").setIndexPage("index.html").setDirectoryListing(false)
        .setIncludeHidden(false).setCachingEnabled(true).setMaxAgeSeconds(MAX_AGE_SECONDS));
  }
}
