package io.tidemark.api;

import io.tidemark.collector.IngestRoutes;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Ends requests: JSON answers, and errors in the form and with the status codes of Prometheus' API. Call from any thread.
public final class Answers {
  /// The key under which a request's correlation id lies in its context.
  public static final String CORRELATION = IngestRoutes.CORRELATION;
  private static final Logger LOG = LoggerFactory.getLogger(Answers.class);

  private Answers() {}

  /// Ends with `json` as the body.
  public static void json(RoutingContext context, int status, String json) {
    send(context, status, "application/json", json);
  }

  /// Ends with a plain text.
  public static void text(RoutingContext context, int status, String text) {
    send(context, status, "text/plain; charset=utf-8", text);
  }

  /// Ends with `body` of the given content type.
  public static void send(RoutingContext context, int status, String contentType, String body) {
    context.vertx().runOnContext(_ -> {
      var response = context.response();
      if (!response.ended() && !response.closed()) {
        response.setStatusCode(status).putHeader("Content-Type", contentType).end(body);
      }
    });
  }

  /// Ends with the error that `failure` stands for; a defect of Tidemark is logged with the request's correlation id.
  public static void failure(RoutingContext context, Throwable failure) {
    ErrorCode code = failure instanceof TidemarkException known ? known.code() : ErrorCode.INTERNAL;
    if (code == ErrorCode.INTERNAL) {
      LOG.atError().addKeyValue("correlation_id", correlation(context)).addKeyValue("path", context.request().path())
          .setCause(failure).log("Request failed by a defect.");
    }
    String message = String.valueOf(failure.getMessage());
    if (code == ErrorCode.RATE_LIMITED || code == ErrorCode.UNAVAILABLE) {
      context.response().putHeader("Retry-After", "1");
    }
    json(context, status(code), new JsonObject().put("status", "error").put("errorType", type(code)).put("error", message).encode());
  }

  /// The id that follows this request through every log line.
  public static String correlation(RoutingContext context) {
    return String.valueOf(context.<Object>get(CORRELATION));
  }

  /// The HTTP status of each code; the only place where the two meet.
  static int status(ErrorCode code) {
    return switch (code) {
      case BAD_DATA -> 400;
      case NOT_FOUND -> 404;
      case CONFLICT -> 412;
      case TOO_LARGE -> 413;
      case EXECUTION, TOO_EXPENSIVE, NOT_SUPPORTED -> 422;
      case RATE_LIMITED -> 429;
      case INTERNAL, CORRUPT, DISK_FAILED -> 500;
      case TIMEOUT, CANCELED, UNAVAILABLE -> 503;
      case DISK_FULL -> 507;
    };
  }

  /// Prometheus' `errorType`.
  private static String type(ErrorCode code) {
    return switch (code) {
      case BAD_DATA, TOO_LARGE, CONFLICT -> "bad_data";
      case EXECUTION, TOO_EXPENSIVE, NOT_SUPPORTED -> "execution";
      case TIMEOUT -> "timeout";
      case CANCELED -> "canceled";
      case NOT_FOUND -> "not_found";
      case UNAVAILABLE, RATE_LIMITED, DISK_FULL -> "unavailable";
      case CORRUPT, DISK_FAILED, INTERNAL -> "internal";
    };
  }
}
