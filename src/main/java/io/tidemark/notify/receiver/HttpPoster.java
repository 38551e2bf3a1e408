package io.tidemark.notify.receiver;

import io.tidemark.notify.Outcome;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Optional;

/// Posts JSON and turns what comes back into an outcome.
///
/// The status line decides. A reply that breaks off, hangs or never ends after a good status was still a delivery: repeating it would
/// page twice. At most {@link #REPLY_BYTES_MAX} bytes of a reply are read. Redirects are not followed: they would carry credentials on.
final class HttpPoster {
  /// How much of a reply is read; the rest is cut by closing the stream.
  static final int REPLY_BYTES_MAX = 8 * 1024;
  static final long TIMEOUT_MILLIS = 10_000;
  private static final int CONNECT_MILLIS = 5_000;
  private static final int CONNECTIONS_MAX = 16;
  private static final int WAITING_MAX = 256;
  private static final int DETAIL_CHARS_MAX = 200;
  private static final int CAUSES_MAX = 10;
  private static final long RETRY_AFTER_MAX_MILLIS = 3_600_000;

  /// What came back.
  record Reply(int status, String body, long retryAfterMillis) {}

  /// Tells an outcome from a reply.
  interface Judge {
    Outcome judge(Reply reply);
  }

  private final Vertx vertx;
  private final HttpClient client;

  HttpPoster(Vertx vertx) {
    this.vertx = vertx;
    var options = new HttpClientOptions().setConnectTimeout(CONNECT_MILLIS);
    client = vertx.createHttpClient(options, new PoolOptions().setHttp1MaxSize(CONNECTIONS_MAX).setMaxWaitQueueSize(WAITING_MAX));
  }

  /// 2xx delivered; 408, 429 and 5xx later again; the rest rejected.
  static Outcome byStatus(Reply reply) {
    String detail = "HTTP " + reply.status + (reply.body.isBlank() ? "" : ": " + shortened(reply.body.strip()));
    if (reply.status >= 200 && reply.status < 300) {
      return new Outcome.Delivered(detail);
    }
    boolean later = reply.status == 408 || reply.status == 429 || reply.status >= 500;
    return later ? new Outcome.Retry(detail, reply.retryAfterMillis) : new Outcome.Rejected(detail);
  }

  static String shortened(String text) {
    return text.length() <= DETAIL_CHARS_MAX ? text : text.substring(0, DETAIL_CHARS_MAX) + "…";
  }

  /// What failed and, where it lies deeper, why: a failed handshake names the bad certificate only in its root cause.
  private static String reason(Throwable failure) {
    String text = failure.getClass().getSimpleName() + ": " + failure.getMessage();
    Throwable root = failure;
    for (int depth = 0; root.getCause() != null && depth < CAUSES_MAX; depth++) {
      root = root.getCause();
    }
    boolean isNews = root.getMessage() != null && !text.contains(root.getMessage());
    return isNews ? text + ": " + root.getMessage() : text;
  }

  /// @param idempotencyKey sent as header `Idempotency-Key`: a receiver that honours it takes a repeated notification once
  Future<Outcome> post(Endpoint endpoint, Buffer json, String idempotencyKey, long timeoutMillis, Judge judge) {
    Promise<Outcome> promise = Promise.promise();
    Context context = vertx.getOrCreateContext();
    context.runOnContext(_ -> new Exchange(endpoint, idempotencyKey, timeoutMillis, judge, promise).start(json));
    return promise.future();
  }

  /// One request and its answer; all of it on one Vert.x context.
  private final class Exchange {
    private final Endpoint endpoint;
    private final String idempotencyKey;
    private final long timeoutMillis;
    private final Judge judge;
    private final Promise<Outcome> promise;
    private final Buffer body = Buffer.buffer();
    private long timer;
    private Optional<HttpClientRequest> request = Optional.empty();
    private Optional<HttpClientResponse> response = Optional.empty();

    Exchange(Endpoint endpoint, String idempotencyKey, long timeoutMillis, Judge judge, Promise<Outcome> promise) {
      this.endpoint = endpoint;
      this.idempotencyKey = idempotencyKey;
      this.timeoutMillis = timeoutMillis;
      this.judge = judge;
      this.promise = promise;
    }

    void start(Buffer json) {
      timer = vertx.setTimer(timeoutMillis, _ -> {
        ended("no answer within " + timeoutMillis + " ms");
        request.ifPresent(HttpClientRequest::reset);
      });
      var options = new RequestOptions().setMethod(HttpMethod.POST).setHost(endpoint.host().replaceAll("[\\[\\]]", ""))
          .setPort(endpoint.port()).setSsl(endpoint.isTls()).setURI(endpoint.path()).putHeader("Content-Type", "application/json")
          .putHeader("User-Agent", "Tidemark").putHeader("Idempotency-Key", idempotencyKey);
      if (!endpoint.authorization().isEmpty()) {
        options.putHeader("Authorization", endpoint.authorization().reveal());
      }
      client.request(options).compose(opened -> {
        request = Optional.of(opened);
        return opened.send(json);
      }).onSuccess(this::read).onFailure(e -> ended(reason(e)));
    }

    private void read(HttpClientResponse answer) {
      response = Optional.of(answer);
      answer.handler(chunk -> {
        body.appendBuffer(chunk, 0, Math.min(chunk.length(), REPLY_BYTES_MAX - body.length()));
        if (body.length() >= REPLY_BYTES_MAX) {
          ended("");
          answer.request().reset();
        }
      });
      answer.endHandler(_ -> ended(""));
      answer.exceptionHandler(e -> ended("the reply broke off: " + e.getMessage()));
    }

    /// The first end counts.
    private void ended(String trouble) {
      vertx.cancelTimer(timer);
      Outcome outcome = response.map(answer -> judge.judge(new Reply(answer.statusCode(), endpoint.redact(body.toString()),
          retryAfterMillis(answer)))).orElseGet(() -> new Outcome.Retry(shortened(endpoint.redact(trouble)), 0));
      promise.tryComplete(outcome);
    }
  }

  /// The Retry-After header, seconds or a date, as a wait from the reply's own date on; 0 when there is none that makes sense.
  private static long retryAfterMillis(HttpClientResponse response) {
    String text = response.getHeader("Retry-After");
    if (text == null) {
      return 0;
    }
    try {
      if (text.matches("\\d{1,9}")) {
        return Math.min(RETRY_AFTER_MAX_MILLIS, Long.parseLong(text) * 1_000);
      }
      String date = response.getHeader("Date");
      ZonedDateTime then = ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME);
      long wait = date == null ? 0
          : Duration.between(ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME), then).toMillis();
      return Math.clamp(wait, 0, RETRY_AFTER_MAX_MILLIS);
    } catch (DateTimeParseException _) {
      // A header that nobody can read says nothing.
      return 0;
    }
  }

  Future<Void> close() {
    return client.close();
  }
}
