package io.tidemark.server;

import io.tidemark.query.MetricUse;
import io.tidemark.storage.ReadPolicy;
import io.tidemark.storage.SeriesReader;
import io.tidemark.storage.SeriesView;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Asks the node itself for what dashboards ask, one request after the other: the compiler begins only after some thousand rounds, and what
/// it lacks until then the first people would wait for. It waits until something is stored, rests while the process has other things to do,
/// and waits after each answer as long as that took, so that it takes half a processor at most.
///
/// The requests come in by the port as all others do, so they show in the counters of requests and queries, and a few answers stay in the
/// result cache.
final class WarmUp {
  /// After the first request none begins later.
  private static final long MILLIS_MAX = 120_000;
  /// How long until it looks again whether something is stored.
  private static final long LOOK_MILLIS = 5_000;
  /// Requests between two rests, and how long a rest is.
  private static final int BURST_REQUESTS = 200;
  private static final long REST_MILLIS = 500;
  /// Other things to do is what takes more than this part of one core during a rest; the compiler's backlog counts as such.
  private static final int BUSY_PART = 2;
  private static final Logger LOG = LoggerFactory.getLogger(WarmUp.class);

  private final Vertx vertx;
  private final SeriesReader reader;
  private final MetricUse use;
  private final Clock clock;
  private final Counter sent;
  private volatile boolean stopped;

  /// @param use notes no query while requests are sent
  WarmUp(Vertx vertx, SeriesReader reader, MetricUse use, Clock clock, Metrics metrics) {
    this.vertx = vertx;
    this.reader = reader;
    this.use = use;
    this.clock = clock;
    sent = metrics.counter("tidemark_warm_up_requests_total", "Requests that the node sent to itself after its start (query.warm_up).");
  }

  /// Completes when all requests are answered, two minutes of them are over, or one fails; never fails itself.
  ///
  /// @param url the node's own
  Future<Void> run(String url, int requests) {
    HttpClient client = vertx.createHttpClient();
    Promise<Void> done = Promise.promise();
    look(client, url, requests, done);
    return done.future().onFailure(e -> LOG.atInfo().addKeyValue("reason", String.valueOf(e.getMessage())).log("Warming up ended early."))
        .eventually(client::close).otherwiseEmpty();
  }

  private void look(HttpClient client, String url, int requests, Promise<Void> done) {
    if (stopped) {
      done.complete();
      return;
    }
    reader.view(ReadPolicy.DEFAULT).compose(view -> vertx.executeBlocking(() -> choose(view), false)).onComplete(asked -> {
      if (asked.failed()) {
        done.fail(asked.cause());
      } else if (asked.result().isEmpty()) {
        vertx.setTimer(LOOK_MILLIS, _ -> look(client, url, requests, done));
      } else {
        rest(done, () -> {
          use.pause(true);
          done.future().onComplete(_ -> use.pause(false));
          next(new Course(client, url, asked.result(), requests, clock.nanos() + MILLIS_MAX * 1_000_000, done), 0);
        });
      }
    });
  }

  private List<WarmUpPaths.Asked> choose(SeriesView view) {
    try (view) {
      return new WarmUpPaths(view, clock.millis()).choose();
    }
  }

  private record Course(HttpClient client, String url, List<WarmUpPaths.Asked> asked, int requests, long deadlineNanos,
      Promise<Void> done) {}

  /// Goes on with `then` after a rest in which nothing else was done.
  private void rest(Promise<Void> done, Runnable then) {
    long nanos = clock.nanos();
    long cpu = HeapMarking.cpuNanos();
    vertx.setTimer(REST_MILLIS, _ -> {
      if (stopped) {
        done.complete();
      } else if ((HeapMarking.cpuNanos() - cpu) * BUSY_PART > clock.nanos() - nanos) {
        rest(done, then);
      } else {
        then.run();
      }
    });
  }

  private void next(Course course, int number) {
    if (stopped || number >= course.requests || clock.nanos() - course.deadlineNanos > 0) {
      course.done.complete();
      return;
    }
    long startNanos = clock.nanos();
    String url = course.url + course.asked.get(number % course.asked.size()).path(number / course.asked.size());
    course.client.request(new RequestOptions().setMethod(HttpMethod.GET).setAbsoluteURI(url)).compose(HttpClientRequest::send)
        .compose(HttpClientResponse::body).onComplete(answer -> {
          if (answer.failed()) {
            course.done.fail(answer.cause());
            return;
          }
          sent.increment();
          if (number % BURST_REQUESTS == BURST_REQUESTS - 1) {
            rest(course.done, () -> next(course, number + 1));
          } else {
            vertx.setTimer(Math.max(1, (clock.nanos() - startNanos) / 1_000_000), _ -> next(course, number + 1));
          }
        });
  }

  /// Sends nothing more.
  void stop() {
    stopped = true;
  }
}
