package io.tidemark.collector;

import io.tidemark.collector.admit.Tally;
import io.tidemark.log.Trace;
import io.tidemark.model.ErrorCode;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Locale;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The HTTP side of the pushes: reads bodies within their bounds, calls {@link Ingest}, answers with Prometheus' status codes.
///
/// | outcome | status |
/// |---|---|
/// | all stored | 204, JSON pushes 200 with counts |
/// | some or all samples break a rule; the others are stored | 400, counts and first reasons in the text |
/// | another method than POST | 405 |
/// | body too large, as sent or inflated | 413 |
/// | another message than those of remote write 1.0 and 2.0, unknown compression | 415 |
/// | over the rate of its service | 429 and `Retry-After` |
/// | too many bytes in flight, or the log is full | 503 and `Retry-After` |
/// | no room on the disk | 507 |
public final class IngestRoutes {
  /// Names the service that a push is accounted to.
  public static final String SERVICE_HEADER = "X-Tidemark-Service";
  /// `true` marks a push as a backfill, whose samples may be as old as the retention.
  public static final String BACKFILL_HEADER = "X-Tidemark-Backfill";
  /// The key under which a request's correlation id lies in its context.
  public static final String CORRELATION = "tidemark.correlation";
  private static final Logger LOG = LoggerFactory.getLogger(IngestRoutes.class);
  private static final String SECOND_VERSION = "io.prometheus.write.v2.Request";
  private static final int REASONS_SHOWN_MAX = 5;
  private static final int SERVICE_CHARS_MAX = 200;

  private final Ingest ingest;
  private final Gate gate;
  private final IngestLimits limits;

  /// How one protocol answers what was stored.
  private interface StoredAnswer {
    void send(HttpServerResponse response, IngestResult.Stored stored);
  }

  /// How one protocol takes a body.
  private interface Push {
    Future<IngestResult> take(byte[] body);
  }

  private IngestRoutes(Ingest ingest) {
    this.ingest = ingest;
    this.gate = ingest.gate();
    this.limits = ingest.limits();
  }

  /// Adds the push routes of the event loop that owns `ingest`. No handler before them may read the body; the server must not answer
  /// `Expect: 100-continue` by itself, so that an oversized body is refused before it is sent.
  public static void mount(Router router, Ingest ingest) {
    var routes = new IngestRoutes(ingest);
    mount(router, "/api/v1/write", routes::remoteWrite);
    mount(router, "/api/v1/import/prometheus", routes::text);
    mount(router, "/v1/metrics", routes::json);
  }

  private static void mount(Router router, String path, Handler<RoutingContext> push) {
    router.post(path).handler(push);
    // Routes for any path and method come behind, after which the router would say that there is no such path.
    router.route(path).handler(context -> {
      if (context.request().method().equals(HttpMethod.OPTIONS)) {
        context.next();
      } else {
        context.fail(405);
      }
    });
  }

  private static String header(RoutingContext context, CharSequence name) {
    String value = context.request().getHeader(name);
    return value == null ? "" : value;
  }

  private static String service(RoutingContext context) {
    String service = header(context, SERVICE_HEADER).strip();
    return service.isEmpty() ? Gate.DEFAULT_SERVICE : service.substring(0, Math.min(SERVICE_CHARS_MAX, service.length()));
  }

  /// Where the samples of a push go.
  private Ingest ingest(RoutingContext context) {
    return header(context, BACKFILL_HEADER).strip().equalsIgnoreCase("true") ? ingest.backfill() : ingest;
  }

  /// What follows the request: the id that the server gave or took over, and the caller's trace.
  private static Trace trace(RoutingContext context) {
    Object correlation = context.get(CORRELATION);
    String id = correlation == null ? "" : correlation.toString();
    return Trace.of(header(context, "traceparent"), id.substring(0, Math.min(Trace.CORRELATION_CHARS_MAX, id.length())));
  }

  private void remoteWrite(RoutingContext context) {
    Optional<Boolean> isSecond = isSecondVersion(header(context, HttpHeaders.CONTENT_TYPE));
    if (isSecond.isEmpty()) {
      refuse(context, 415, "remote write with content type \"" + Tally.shorten(header(context, HttpHeaders.CONTENT_TYPE), 120)
          + "\"; send application/x-protobuf with proto=prometheus.WriteRequest (1.0) or proto=" + SECOND_VERSION + " (2.0)");
      return;
    }
    String encoding = header(context, HttpHeaders.CONTENT_ENCODING).strip().toLowerCase(Locale.ROOT);
    if (!encoding.isEmpty() && !encoding.equals("snappy")) {
      refuse(context, 415, "remote write with content encoding \"" + Tally.shorten(encoding, 40) + "\"; send snappy");
      return;
    }
    Push push = isSecond.get() ? body -> ingest(context).remoteWrite2(body, service(context), trace(context))
        : body -> ingest(context).remoteWrite(body, service(context), trace(context));
    receive(context, push, (response, stored) -> {
      response.putHeader("X-Prometheus-Remote-Write-Samples-Written", Long.toString(stored.samples() - stored.histograms()));
      response.putHeader("X-Prometheus-Remote-Write-Histograms-Written", Long.toString(stored.histograms()));
      response.putHeader("X-Prometheus-Remote-Write-Exemplars-Written", Long.toString(stored.exemplars()));
      answerText(response, stored);
    });
  }

  /// Whether a content type names the message of remote write 2.0, or that of 1.0, as one without a name does; nothing for another name.
  static Optional<Boolean> isSecondVersion(String contentType) {
    for (String parameter : contentType.split(";")) {
      int equals = parameter.indexOf('=');
      if (equals > 0 && parameter.substring(0, equals).strip().equalsIgnoreCase("proto")) {
        return switch (parameter.substring(equals + 1).strip().replace("\"", "")) {
          case SECOND_VERSION -> Optional.of(true);
          case "prometheus.WriteRequest" -> Optional.of(false);
          default -> Optional.empty();
        };
      }
    }
    return Optional.of(false);
  }

  private void text(RoutingContext context) {
    Optional<BodyEncoding> encoding = encoding(context);
    encoding.ifPresent(known -> receive(context,
        body -> ingest(context).text(body, known, header(context, HttpHeaders.CONTENT_TYPE), service(context), trace(context)),
        IngestRoutes::answerText));
  }

  private void json(RoutingContext context) {
    Optional<BodyEncoding> encoding = encoding(context);
    encoding.ifPresent(known -> receive(context, body -> ingest(context).json(body, known, service(context), trace(context)),
        IngestRoutes::answerJson));
  }

  /// The body's compression; answers the request itself when there is none that is known.
  private Optional<BodyEncoding> encoding(RoutingContext context) {
    String header = header(context, HttpHeaders.CONTENT_ENCODING);
    Optional<BodyEncoding> encoding = BodyEncoding.of(header);
    if (encoding.isEmpty()) {
      refuse(context, 415, "content encoding \"" + Tally.shorten(header, 40) + "\"; send gzip or none");
    }
    return encoding;
  }

  private void receive(RoutingContext context, Push push, StoredAnswer answer) {
    HttpServerRequest request = context.request();
    var receipt = new BodyReceipt(gate, limits.requestBytesMax());
    receipt.read(request).onComplete(read -> {
      if (read.failed()) {
        receipt.release();
        return;
      }
      switch (read.result()) {
        // Composed, so that a defect that throws is answered too.
        case BodyReceipt.Body body -> Future.succeededFuture(body.bytes()).compose(push::take).onComplete(taken -> {
          receipt.release();
          if (taken.succeeded()) {
            answer(context, taken.result(), answer);
          } else {
            LOG.error("A push failed path={} bytes={}", request.path(), body.bytes().length, taken.cause());
            send(context.response(), 500, "internal error: the push failed in an unexpected way; see the log");
          }
        });
        case BodyReceipt.TooLarge large -> {
          receipt.release();
          refuse(context, 413, "body of more than " + limits.requestBytesMax() + " bytes (limits.request_bytes); send smaller requests");
        }
        case BodyReceipt.NoRoom _ -> {
          receipt.release();
          context.response().putHeader(HttpHeaders.RETRY_AFTER, "1");
          refuse(context, 503, "too many bytes are being received (limits.inflight_bytes); come again in 1 s");
        }
      }
    });
  }

  private static void answer(RoutingContext context, IngestResult result, StoredAnswer answer) {
    HttpServerResponse response = context.response();
    if (response.closed()) {
      return;
    }
    switch (result) {
      case IngestResult.Stored stored -> answer.send(response, stored);
      case IngestResult.Refused refused -> {
        if (refused.retryAfterMillis() > 0) {
          response.putHeader(HttpHeaders.RETRY_AFTER, Long.toString((refused.retryAfterMillis() + 999) / 1000));
        }
        send(response, status(refused.code()), refused.message());
      }
    }
  }

  private static int status(ErrorCode code) {
    return switch (code) {
      case BAD_DATA, EXECUTION -> 400;
      case TOO_LARGE -> 413;
      case NOT_SUPPORTED -> 415;
      case RATE_LIMITED -> 429;
      case UNAVAILABLE, CANCELED, TIMEOUT, TOO_EXPENSIVE -> 503;
      case DISK_FULL -> 507;
      case NOT_FOUND -> 404;
      case CONFLICT -> 409;
      case DISK_FAILED, CORRUPT, INTERNAL -> 500;
    };
  }

  private static void answerText(HttpServerResponse response, IngestResult.Stored stored) {
    if (stored.rejections().isEmpty()) {
      response.setStatusCode(204).end();
    } else {
      send(response, 400, summary(stored));
    }
  }

  private static String summary(IngestResult.Stored stored) {
    var text = new StringBuilder();
    text.append(stored.rejected()).append(" samples rejected, ").append(stored.samples()).append(" stored");
    int shown = 0;
    for (IngestResult.Rejection rejection : stored.rejections()) {
      if (shown++ == REASONS_SHOWN_MAX) {
        text.append("\nand ").append(stored.rejections().size() - REASONS_SHOWN_MAX).append(" more reasons");
        break;
      }
      text.append('\n').append(rejection.samples()).append(' ').append(rejection.rule()).append(": ").append(rejection.example());
    }
    return text.toString();
  }

  private static void answerJson(HttpServerResponse response, IngestResult.Stored stored) {
    var reasons = new JsonArray();
    stored.rejections().forEach(rejection -> reasons.add(new JsonObject().put("rule", rejection.rule())
        .put("samples", rejection.samples()).put("example", rejection.example())));
    var body = new JsonObject().put("status", reasons.isEmpty() ? "success" : "error");
    if (!reasons.isEmpty()) {
      body.put("errorType", "bad_data").put("error", summary(stored)).put("reasons", reasons);
    }
    body.put("accepted", stored.samples()).put("rejected", stored.rejected());
    response.setStatusCode(reasons.isEmpty() ? 200 : 400).putHeader(HttpHeaders.CONTENT_TYPE, "application/json").end(body.encode());
  }

  private static void send(HttpServerResponse response, int status, String text) {
    if (!response.closed()) {
      response.setStatusCode(status).putHeader(HttpHeaders.CONTENT_TYPE, "text/plain; charset=utf-8").end(text + "\n");
    }
  }

  /// Answers before the body was read; the connection ends, because what follows on it is that body.
  private static void refuse(RoutingContext context, int status, String text) {
    HttpServerResponse response = context.response();
    if (response.closed() || response.ended()) {
      return;
    }
    context.request().resume();
    response.putHeader(HttpHeaders.CONNECTION, "close").setStatusCode(status)
        .putHeader(HttpHeaders.CONTENT_TYPE, "text/plain; charset=utf-8").end(text + "\n");
  }
}
