package io.tidemark.api;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Entropy;
import io.vertx.core.Context;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One event loop's share of the HTTP port: all instances listen on the same address and share its connections.
///
/// Ingest routes come first and read their bodies themselves; every other route sees a body of at most {@link #BODY_BYTES_MAX}. A verticle
/// may begin with the ingest routes alone; the others are answered with 503 until {@link #open}.
public final class ApiVerticle extends VerticleBase {
  /// Largest body of a request that is not ingestion; a PromQL text of 1 MiB fits.
  public static final int BODY_BYTES_MAX = 4 * 1024 * 1024;
  /// What changes something other than by bringing samples.
  private static final Pattern CHANGES =
      Pattern.compile("/(?:-/(?:reload|flush|compact)|v1/alerts/|v1/queries/|v1/scrub|api/v1/(?:admin|status/cardinality)/).*");
  private static final List<HttpMethod> WITH_BODY = List.of(HttpMethod.POST, HttpMethod.PUT, HttpMethod.PATCH, HttpMethod.DELETE);
  private static final int LINE_BYTES_MAX = 128 * 1024;
  private static final int IDLE_SECONDS_MIN = 120;
  /// What an answer has beyond the longest evaluation to begin.
  private static final int IDLE_SECONDS_BEYOND_QUERY = 30;
  /// A part of a route's path that stands for any text.
  private static final Pattern PARAMETER = Pattern.compile(":[a-z]+");
  private static final CharSequence CORRELATION_ID = HttpHeaders.createOptimized("X-Correlation-ID");
  private static final CharSequence CONTENT_TYPE_OPTIONS = HttpHeaders.createOptimized("X-Content-Type-Options");
  private static final CharSequence NO_SNIFF = HttpHeaders.createOptimized("nosniff");
  private static final CharSequence FETCH_SITE = HttpHeaders.createOptimized("Sec-Fetch-Site");
  private static final CharSequence VARY = HttpHeaders.createOptimized("Vary");
  private static final CharSequence BY_ENCODING = HttpHeaders.createOptimized("Accept-Encoding");
  private static final Logger LOG = LoggerFactory.getLogger(ApiVerticle.class);

  private final ListenConfig listen;
  private final Function<Context, Consumer<Router>> ingest;
  private final int idleSeconds;
  private final Metrics metrics;
  /// Asked on this verticle's loop only.
  private final Entropy ids;
  /// By status.
  private final Map<Integer, Counter> answered = new ConcurrentHashMap<>();
  private final List<Consumer<Router>> routes;
  /// Called once this verticle has its loop; completes when those that start with it have theirs.
  private Supplier<Future<Void>> place = Future::succeededFuture;
  private Router router;
  /// Answers what is not served yet.
  private Optional<Route> starting = Optional.empty();
  private HttpServer server;

  /// A verticle whose answers never take long.
  public ApiVerticle(ListenConfig listen, Function<Context, Consumer<Router>> ingest, List<Consumer<Router>> routes, Metrics metrics,
      Entropy entropy) {
    this(listen, ingest, routes, 0, metrics, entropy);
  }

  /// @param ingest             makes the routes of this verticle's loop that read their own bodies
  /// @param routes             all others, in the order they are tried; none when they come with {@link #open}
  /// @param queryTimeoutMillis how long a query may run
  public ApiVerticle(ListenConfig listen, Function<Context, Consumer<Router>> ingest, List<Consumer<Router>> routes,
      long queryTimeoutMillis, Metrics metrics, Entropy entropy) {
    this.listen = listen;
    idleSeconds = idleSeconds(queryTimeoutMillis);
    this.ingest = ingest;
    this.routes = List.copyOf(routes);
    this.metrics = metrics;
    ids = entropy.cheap();
  }

  /// Starts all of them as one deployment, each on a loop of its own as long as there are loops. Loops are given out in turn, and clients
  /// that a verticle makes when it starts take a turn as well: so none starts before all have their loops.
  public static Future<String> deploy(Vertx vertx, List<ApiVerticle> faces) {
    var unplaced = new AtomicInteger(faces.size());
    Promise<Void> placed = Promise.promise();
    faces.forEach(face -> face.place = () -> {
      if (unplaced.decrementAndGet() == 0) {
        placed.complete();
      }
      return placed.future();
    });
    return vertx.deployVerticle(faces.iterator()::next, new DeploymentOptions().setInstances(faces.size()));
  }

  /// How long a connection may be silent. While a query is evaluated nothing is sent, so it is longer than one may take.
  static int idleSeconds(long queryTimeoutMillis) {
    return Math.clamp(Math.ceilDiv(queryTimeoutMillis, 1_000) + IDLE_SECONDS_BEYOND_QUERY, IDLE_SECONDS_MIN, Integer.MAX_VALUE);
  }

  @Override
  public Future<?> start() {
    Promise<HttpServer> started = Promise.promise();
    place.get().onComplete(_ -> context.runOnContext(_ -> serve().onComplete(started)));
    return started.future();
  }

  private Future<HttpServer> serve() {
    router = Router.router(vertx);
    router.route().handler(this::follow);
    ingest.apply(context).accept(router);
    if (routes.isEmpty()) {
      starting = Optional.of(router.route().handler(ApiVerticle::notYet));
    } else {
      mount(routes);
    }
    router.route().failureHandler(this::failed);
    for (int status : new int[] {404, 405, 413}) {
      router.errorHandler(status, this::failed);
    }
    router.errorHandler(400, ApiVerticle::malformed);
    server = vertx.createHttpServer(new HttpServerOptions()
        // No route is a WebSocket; their handlers would see every request.
        .setPerFrameWebSocketCompressionSupported(false).setPerMessageWebSocketCompressionSupported(false)
        // Nor HTTP/2 without TLS, which Prometheus does not speak either: after an upgrade, frames of some answers of more than 16 KiB were
        // broken, three in a hundred.
        .setHttp2ClearTextEnabled(false)
        .setMaxChunkSize(64 * 1024).setIdleTimeout(idleSeconds).setIdleTimeoutUnit(TimeUnit.SECONDS)
        .setMaxInitialLineLength(LINE_BYTES_MAX).setMaxHeaderSize(64 * 1024).setMaxFormAttributeSize(BODY_BYTES_MAX)
        .setMaxFormBufferedBytes(BODY_BYTES_MAX));
    // Any free port, but the same one for all instances.
    int port = listen.port() == 0 ? -1 : listen.port();
    return server.requestHandler(router).listen(port, listen.host()).recover(this::refused);
  }

  /// Answers everything from now on.
  ///
  /// @param later besides ingestion, in the order they are tried
  public Future<Void> open(List<Consumer<Router>> later) {
    Promise<Void> opened = Promise.promise();
    context.runOnContext(_ -> {
      mount(later);
      starting.ifPresent(Route::remove);
      opened.complete();
    });
    return opened.future();
  }

  private void mount(List<Consumer<Router>> all) {
    router.route().handler(ApiVerticle::decodeParameters);
    Route bodies = router.route();
    WITH_BODY.forEach(bodies::method);
    bodies.handler(BodyHandler.create(false).setBodyLimit(BODY_BYTES_MAX));
    all.forEach(mount -> mount.accept(router));
  }

  private static void notYet(RoutingContext context) {
    if (context.request().path().equals("/-/healthy")) {
      Answers.text(context, 200, "Tidemark is starting.\n");
      return;
    }
    Answers.json(context, 503, new JsonObject().put("status", "error").put("errorType", "unavailable")
        .put("error", "Tidemark is starting: it takes samples, and answers queries when it has read its data").encode());
  }

  private <T> Future<T> refused(Throwable failure) {
    return Future.failedFuture(new TidemarkException(ErrorCode.CONFLICT, "cannot listen on " + listen.host() + ":" + listen.port() + ": "
        + failure.getMessage() + "; stop what listens there, or choose another address with --listen", failure));
  }

  /// The port that the server listens on; other than the configured one when that was 0.
  public int port() {
    return server.actualPort();
  }

  /// Every path that is served with the methods that its route names, `METHOD /path`, parts that stand for any text as `:name`. Routes for
  /// any method or path, such as the one of the user interface, are not among them.
  public Set<String> operations() {
    var operations = new TreeSet<String>();
    for (Route route : router.getRoutes()) {
      if (route.getPath() != null && route.methods() != null) {
        route.methods().forEach(method -> operations.add(method.name() + " " + route.getPath()));
      }
    }
    return operations;
  }

  @Override
  public Future<?> stop() {
    return server == null ? Future.succeededFuture() : server.shutdown(10, TimeUnit.SECONDS);
  }

  /// Gives the request its correlation id, counts it, and sets the headers that every answer carries.
  private void follow(RoutingContext context) {
    String given = context.request().getHeader(CORRELATION_ID);
    String id = given != null && given.length() <= 128 && given.chars().allMatch(c -> c > 0x20 && c < 0x7f)
        ? given : HexFormat.of().toHexDigits(ids.nextLong());
    context.put(Answers.CORRELATION, id);
    context.put(Answers.LOOP, this.context);
    String trace = context.request().getHeader("traceparent");
    context.response().putHeader(CORRELATION_ID, id).putHeader(CONTENT_TYPE_OPTIONS, NO_SNIFF).putHeader(VARY, BY_ENCODING);
    context.addEndHandler(_ -> {
      int status = context.response().getStatusCode();
      answered.computeIfAbsent(status, this::counter).increment();
      if (status >= 500) {
        LOG.atWarn().addKeyValue("correlation_id", id).addKeyValue("traceparent", trace == null ? "" : trace)
            .addKeyValue("method", context.request().method().name()).addKeyValue("path", context.request().path())
            .addKeyValue("status", status).log("Request answered with a server error.");
      }
    });
    if (comesFromOtherSite(context)) {
      refuseOtherSite(context);
    } else {
      context.next();
    }
  }

  private Counter counter(int status) {
    return metrics.counter("tidemark_http_requests_total", "HTTP requests by status.", "code", String.valueOf(status));
  }

  /// Nobody logs in to this version, so a page of another site must not change anything only because it is open in the browser of somebody
  /// who can reach this port. Samples it may bring, as any program may.
  private static boolean comesFromOtherSite(RoutingContext context) {
    HttpServerRequest request = context.request();
    return OtherSite.sent(request.getHeader(FETCH_SITE), request.getHeader(HttpHeaders.ORIGIN),
        Optional.ofNullable(request.authority()).map(Object::toString)) && CHANGES.matcher(context.normalizedPath()).matches();
  }

  private static void refuseOtherSite(RoutingContext context) {
    context.response().setStatusCode(403).putHeader("Content-Type", "application/json").end(new JsonObject().put("status", "error")
        .put("errorType", "bad_data").put("error", "refused: a page of another site sent this request").encode());
  }

  /// A request whose path cannot be decoded. Vert.x writes a page of its own unless the answer has ended when this returns.
  private static void malformed(RoutingContext context) {
    context.response().setStatusCode(400).putHeader("Content-Type", "application/json").end(new JsonObject().put("status", "error")
        .put("errorType", "bad_data").put("error", "the request's path is not valid").encode());
  }

  /// Parameters are decoded when they are asked for first, which is here, before a handler does it and takes a failure for its own.
  private static void decodeParameters(RoutingContext context) {
    try {
      context.request().params();
    } catch (IllegalArgumentException e) {
      Answers.failure(context, new TidemarkException(ErrorCode.BAD_DATA, "error parsing form values: " + e.getMessage(), e));
      return;
    }
    context.next();
  }

  /// The methods that a path takes, from those routes that name their methods.
  private String allowed(String path) {
    var methods = new TreeSet<String>();
    for (String operation : operations()) {
      int space = operation.indexOf(' ');
      if (path.matches(PARAMETER.matcher(operation.substring(space + 1)).replaceAll("[^/]+"))) {
        methods.add(operation.substring(0, space));
      }
    }
    if (path.startsWith("/api/v1/")) {
      methods.add("OPTIONS");
    }
    return String.join(", ", methods);
  }

  private void failed(RoutingContext context) {
    int status = context.statusCode();
    if (status == 405) {
      String allowed = allowed(context.request().path());
      if (allowed.isEmpty()) {
        // Matched by nothing but a route that looks at all paths with some methods, as the one that reads bodies does.
        status = 404;
      } else {
        context.response().putHeader("Allow", allowed);
      }
    }
    Throwable failure = context.failure();
    if (failure != null && (status == -1 || status == 500)) {
      Answers.failure(context, failure);
      return;
    }
    String error = switch (status) {
      case 404 -> "no such path: " + context.request().path();
      case 405 -> "method " + context.request().method() + " is not allowed here";
      case 413 -> "body larger than " + BODY_BYTES_MAX + " bytes";
      default -> "request failed with status " + status;
    };
    var out = new JsonObject().put("status", "error").put("errorType", status == 404 ? "not_found" : "bad_data")
        .put("error", error);
    Answers.json(context, status, out.encode());
  }
}
