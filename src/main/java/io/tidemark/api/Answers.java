package io.tidemark.api;

import io.tidemark.collector.IngestRoutes;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Ends requests: JSON answers, and errors in the form and with the status codes of Prometheus' API. Call from any thread.
public final class Answers {
  /// The key under which a request's correlation id lies in its context.
  public static final String CORRELATION = IngestRoutes.CORRELATION;
  /// The key under which the context of the request's event loop lies in its context.
  static final String LOOP = "tidemark.loop";
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

  /// Ends with `body` of the given content type, compressed where the client accepts it and it pays.
  public static void send(RoutingContext context, int status, String contentType, String body) {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    Compression compression = Compression.of(context.request(), bytes.length);
    Buffer sent = Buffer.buffer(compression == Compression.NONE ? bytes : Compressor.compressed(compression, bytes));
    onLoop(context, () -> {
      var response = context.response();
      if (!response.ended() && !response.closed()) {
        if (compression != Compression.NONE) {
          response.putHeader(HttpHeaders.CONTENT_ENCODING, compression.text());
        }
        response.setStatusCode(status).putHeader(HttpHeaders.CONTENT_TYPE, contentType).end(sent);
      }
    });
  }

  /// Runs `work` on the event loop of the request. A worker that asked Vert.x for a context would get one of any loop, and what it wrote
  /// would pass through two.
  static void onLoop(RoutingContext context, Runnable work) {
    Context loop = context.get(LOOP);
    if (loop == null) {
      context.vertx().runOnContext(_ -> work.run());
    } else {
      loop.runOnContext(_ -> work.run());
    }
  }

  /// Ends with the error that `failure` stands for; a defect of Tidemark is logged with the request's correlation id.
  public static void failure(RoutingContext context, Throwable failure) {
    fail(context, failure, code -> json(context, status(code), new JsonObject().put("status", "error").put("errorType", type(code))
        .put("error", String.valueOf(failure.getMessage())).encode()));
  }

  /// As {@link #failure}, for protocols whose errors are plain text.
  public static void plainFailure(RoutingContext context, Throwable failure) {
    fail(context, failure, code -> text(context, status(code), failure.getMessage() + "\n"));
  }

  private static void fail(RoutingContext context, Throwable failure, Consumer<ErrorCode> answer) {
    ErrorCode code = failure instanceof TidemarkException known ? known.code() : ErrorCode.INTERNAL;
    if (code == ErrorCode.INTERNAL) {
      LOG.atError().addKeyValue("correlation_id", correlation(context)).addKeyValue("path", context.request().path())
          .setCause(failure).log("Request failed by a defect.");
    }
    if (code == ErrorCode.RATE_LIMITED || code == ErrorCode.UNAVAILABLE) {
      context.response().putHeader("Retry-After", "1");
    }
    answer.accept(code);
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
