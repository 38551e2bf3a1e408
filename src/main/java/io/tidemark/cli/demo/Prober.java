package io.tidemark.cli.demo;

import io.tidemark.time.Clock;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.client.HttpResponse;
import io.vertx.ext.web.client.WebClient;
import io.vertx.ext.web.client.WebClientOptions;
import java.util.List;

/// Somebody who asks: one query, ten times a second, the query nodes in turn, and keeps account of what became of it.
///
/// A query counts for the moment at which it was asked, so that "the last one that failed" says how long the trouble lasted and not how
/// long the answer took. The query sums counters that never restart, so an answer smaller than one that had come before it was asked is
/// counted as gone back: it would have lost what somebody already saw.
final class Prober extends VerticleBase {
  private static final long ASK_MILLIS = 100;
  private static final long TIMEOUT_MILLIS = 5_000;
  /// Queries that may wait for an answer at once.
  private static final int CONNECTIONS = 100;

  /// What became of the queries since {@link #begin}.
  ///
  /// @param partial         answered with a warning that something is missing
  /// @param wentBack        whole answers that were behind an earlier one
  /// @param firstFailedNanos when the first that failed was asked, since the beginning; 0 when none failed
  /// @param lastFailedNanos  when the last that failed was asked, since the beginning; 0 when none failed
  /// @param slowestNanos    the longest that one took
  record Report(long asked, long answered, long failed, long partial, long wentBack, long firstFailedNanos, long lastFailedNanos,
      long slowestNanos) {
    static final Report NONE = new Report(0, 0, 0, 0, 0, 0, 0, 0);
  }

  private final List<String> urls;
  private final String query;
  private final Clock clock;
  private WebClient client;
  private Report report = Report.NONE;
  private long beganNanos;
  private long turn;
  private double highest = Double.NEGATIVE_INFINITY;

  /// @param urls of the query nodes
  Prober(List<String> urls, String query, Clock clock) {
    this.urls = List.copyOf(urls);
    this.query = query;
    this.clock = clock;
    beganNanos = clock.nanos();
  }

  @Override
  public Future<?> start() {
    client = WebClient.create(vertx, new WebClientOptions().setConnectTimeout((int) TIMEOUT_MILLIS).setKeepAlive(true),
        new PoolOptions().setHttp1MaxSize(CONNECTIONS));
    vertx.setPeriodic(ASK_MILLIS, _ -> ask());
    return Future.succeededFuture();
  }

  private void ask() {
    long askedNanos = clock.nanos();
    double seenBefore;
    String url;
    synchronized (this) {
      url = urls.get((int) (turn++ % urls.size()));
      seenBefore = highest;
    }
    client.getAbs(url + "/api/v1/query").addQueryParam("query", query).timeout(TIMEOUT_MILLIS).send()
        .onComplete(answer -> note(askedNanos, seenBefore, answer.succeeded() ? read(answer.result()) : Answer.FAILED));
  }

  /// @param value NaN when there is none
  private record Answer(double value, boolean partial) {
    static final Answer FAILED = new Answer(Double.NaN, false);
  }

  private static Answer read(HttpResponse<?> response) {
    try {
      JsonObject body = response.bodyAsJsonObject();
      if (response.statusCode() != 200 || body == null || !"success".equals(body.getString("status"))) {
        return Answer.FAILED;
      }
      JsonArray result = body.getJsonObject("data").getJsonArray("result");
      boolean partial = !body.getJsonArray("warnings", new JsonArray()).isEmpty();
      return result.isEmpty() ? new Answer(Double.NaN, partial)
          : new Answer(Double.parseDouble(result.getJsonObject(0).getJsonArray("value").getString(1)), partial);
    } catch (DecodeException e) {
      return Answer.FAILED;
    }
  }

  private synchronized void note(long askedNanos, double seenBefore, Answer answer) {
    long since = askedNanos - beganNanos;
    if (since < 0) {
      return;
    }
    boolean failed = Double.isNaN(answer.value) && !answer.partial;
    boolean back = !answer.partial && answer.value < seenBefore;
    if (!answer.partial && answer.value > highest) {
      highest = answer.value;
    }
    report = new Report(report.asked + 1, report.answered + (failed ? 0 : 1), report.failed + (failed ? 1 : 0),
        report.partial + (answer.partial ? 1 : 0), report.wentBack + (back ? 1 : 0),
        failed && report.failed == 0 ? since : report.firstFailedNanos, failed ? Math.max(report.lastFailedNanos, since)
            : report.lastFailedNanos, Math.max(report.slowestNanos, clock.nanos() - askedNanos));
  }

  /// Starts the account anew, from the queries asked from now on.
  synchronized void begin() {
    report = Report.NONE;
    beganNanos = clock.nanos();
  }

  /// Of the queries that are through.
  synchronized Report report() {
    return report;
  }
}
