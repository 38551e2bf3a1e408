package io.tidemark.query;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.promql.Expr;
import io.tidemark.promql.PromQL;
import io.tidemark.promql.ValueType;
import io.tidemark.query.evaluate.Evaluator;
import io.tidemark.query.evaluate.Explain;
import io.tidemark.query.evaluate.Fanout;
import io.tidemark.query.evaluate.Placement;
import io.tidemark.query.evaluate.Run;
import io.tidemark.storage.ReadPolicy;
import io.tidemark.storage.SeriesReader;
import io.tidemark.storage.SeriesView;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Histogram;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Answers PromQL queries. The front door of this house; safe on any thread, never blocks its caller.
///
/// At most `concurrency` queries run at once, on the executor given; more wait in a bounded queue in the order they came. A query
/// first waits until all that was durable when it came is visible, for a second at most, so that a client reads its own writes.
public final class QueryEngine {
  /// Farthest evaluation time from 1970, so that no sum of times overflows.
  public static final long TIME_MILLIS_MAX = Long.MAX_VALUE / 8;

  private static final Logger LOG = LoggerFactory.getLogger(QueryEngine.class);
  /// Characters of a query's text that a log line shows.
  private static final int LOGGED_CHARS_MAX = 1_000;

  private final SeriesReader reader;
  private final QueryConfig config;
  private final Executor workers;
  private final Clock clock;
  private final Fanout fanout;
  private final Histogram seconds;
  private final Counter slow;
  private final Counter refused;
  private final Counter samples;
  private final Metrics metrics;
  private final Map<Long, Job> jobs = new LinkedHashMap<>();
  private final ArrayDeque<Job> queue = new ArrayDeque<>();
  private int running;
  private long lastId;

  public QueryEngine(SeriesReader reader, QueryConfig config, Executor workers, Clock clock, Metrics metrics) {
    this.reader = reader;
    this.config = config;
    this.workers = workers;
    this.clock = clock;
    this.metrics = metrics;
    fanout = new Fanout(workers, config.threads());
    seconds = metrics.histogram("tidemark_query_duration_seconds", "Time from a query's arrival to its answer.", Histogram.SECONDS);
    slow = metrics.counter("tidemark_query_slow_total", "Queries that took longer than query.slow.");
    refused = metrics.counter("tidemark_query_refused_total", "Queries refused because query.queue_max others were waiting.");
    samples = metrics.counter("tidemark_query_samples_total", "Samples read by queries.");
    metrics.gauge("tidemark_query_queue_length", "Queries waiting for a place among query.concurrency.", this::queueLength);
    metrics.gauge("tidemark_query_running", "Queries being evaluated.", this::runningCount);
  }

  private synchronized double queueLength() {
    return queue.size();
  }

  private synchronized double runningCount() {
    return running;
  }

  /// A query that was taken in.
  ///
  /// @param answer   as {@link #run(QueryRequest)} gives it
  /// @param canceler stops the query, for instance when its client has gone; does nothing once it is answered
  public record Submitted(Future<QueryResult> answer, Runnable canceler) {}

  /// As {@link #run(QueryRequest)}, with a way to stop it.
  public Submitted submit(QueryRequest request) {
    Expr expr;
    try {
      checkText(request);
      expr = PromQL.parse(request.text(), config.features());
      check(expr, request);
    } catch (TidemarkException e) {
      count(e.code());
      return new Submitted(Future.failedFuture(e), () -> { });
    }
    Job job = admit(expr, request);
    return new Submitted(job.answer.future(), () -> cancel(job));
  }

  /// Parses and evaluates `request.text()`; a syntax error fails with `BAD_DATA` in Prometheus' words, else as the other `run`.
  public Future<QueryResult> run(QueryRequest request) {
    return submit(request).answer;
  }

  /// Evaluates a tree that was parsed from `request.text()`.
  ///
  /// Fails with `BAD_DATA` for a request that cannot be evaluated, `EXECUTION` as PromQL defines it, `TOO_EXPENSIVE`, `TIMEOUT`,
  /// `CANCELED`, or `UNAVAILABLE` when too many queries wait.
  public Future<QueryResult> run(Expr expr, QueryRequest request) {
    try {
      check(expr, request);
    } catch (TidemarkException e) {
      count(e.code());
      return Future.failedFuture(e);
    }
    return admit(expr, request).answer.future();
  }

  private void checkText(QueryRequest request) {
    if (request.text().length() > config.textCharsMax()) {
      throw new TidemarkException(ErrorCode.BAD_DATA, "query text of " + request.text().length()
          + " characters; query.text_chars_max allows " + config.textCharsMax());
    }
  }

  private void check(Expr expr, QueryRequest request) {
    checkText(request);
    if (request.stepMillis() < 0) {
      throw new TidemarkException(ErrorCode.BAD_DATA,
          "zero or negative query resolution step widths are not accepted. Try a positive integer");
    }
    if (request.startMillis() < -TIME_MILLIS_MAX || request.endMillis() > TIME_MILLIS_MAX) {
      throw new TidemarkException(ErrorCode.BAD_DATA, "evaluation time out of range: " + request.startMillis() + " to "
          + request.endMillis() + " ms; at most " + TIME_MILLIS_MAX + " ms on either side of 1970");
    }
    if (request.endMillis() < request.startMillis()) {
      throw new TidemarkException(ErrorCode.BAD_DATA, "end timestamp must not be before start time");
    }
    if (request.isInstant()) {
      return;
    }
    if ((request.endMillis() - request.startMillis()) / request.stepMillis() >= config.pointsMax()) {
      throw new TidemarkException(ErrorCode.BAD_DATA, "exceeded maximum resolution of " + String.format(Locale.ROOT, "%,d",
          config.pointsMax()) + " points per timeseries. Try decreasing the query resolution (?step=XX)");
    }
    if (expr.type() == ValueType.MATRIX || expr.type() == ValueType.STRING) {
      throw new TidemarkException(ErrorCode.BAD_DATA, "invalid expression type \"" + expr.type().text()
          + "\" for range query, must be Scalar or instant Vector");
    }
  }

  private Job admit(Expr expr, QueryRequest request) {
    long timeoutMillis = request.timeoutMillis() > 0 ? Math.min(request.timeoutMillis(), config.timeoutMillis()) : config.timeoutMillis();
    long now = clock.nanos();
    var run = new Run(request, config, fanout, clock, now + timeoutMillis * 1_000_000);
    Job job;
    synchronized (this) {
      job = new Job(++lastId, expr, request, run, clock.millis(), now);
      if (running >= config.concurrency()) {
        if (queue.size() >= config.queueMax()) {
          refused.increment();
          count(ErrorCode.UNAVAILABLE);
          job.answer.fail(new TidemarkException(ErrorCode.UNAVAILABLE, "too many queries: " + running + " run and " + queue.size()
              + " wait (query.concurrency, query.queue_max); try again later"));
          return job;
        }
        jobs.put(job.id, job);
        queue.add(job);
        return job;
      }
      jobs.put(job.id, job);
      running++;
      job.started = true;
    }
    start(job);
    return job;
  }

  private void start(Job job) {
    view(job).onComplete(view -> {
      if (view.failed()) {
        finish(job, Future.failedFuture(view.cause()));
        return;
      }
      job.run.readFrom(view.result());
      try {
        workers.execute(() -> work(job));
      } catch (RejectedExecutionException e) {
        job.run.close();
        finish(job, Future.failedFuture(new TidemarkException(ErrorCode.UNAVAILABLE,
            "query workers take no more work; try again later", e)));
      }
    });
  }

  private Future<SeriesView> view(Job job) {
    try {
      long timeout = job.request.timeoutMillis();
      return reader.view(new ReadPolicy(job.request.partialAllowed(),
          timeout > 0 ? Math.min(timeout, config.timeoutMillis()) : config.timeoutMillis()));
    } catch (TidemarkException e) {
      return Future.failedFuture(e);
    }
  }

  private void work(Job job) {
    Future<QueryResult> result;
    long startNanos = clock.nanos();
    try (Run run = job.run) {
      Value value = new Evaluator(run).evaluate(job.expr);
      long endNanos = clock.nanos();
      result = Future.succeededFuture(new QueryResult(value, run.warnings(), run.infos(), new QueryResult.Stats(run.samples(), run.cells(),
          run.series(), startNanos - job.startNanos, endNanos - startNanos)));
    } catch (TidemarkException e) {
      result = Future.failedFuture(e);
    } catch (StackOverflowError e) {
      result = Future.failedFuture(new TidemarkException(ErrorCode.TOO_EXPENSIVE, "expression nests too deeply to be evaluated", e));
    } catch (ArithmeticException e) {
      result = Future.failedFuture(new TidemarkException(ErrorCode.TOO_EXPENSIVE,
          "query is too large to be counted: " + e.getMessage(), e));
    } catch (RuntimeException | Error e) {
      result = Future.failedFuture(new TidemarkException(ErrorCode.INTERNAL, "query failed inside the engine: " + e, e));
    }
    finish(job, result);
  }

  private void finish(Job job, Future<QueryResult> result) {
    Job next = null;
    synchronized (this) {
      if (jobs.remove(job.id) == null) {
        return;
      }
      if (job.started) {
        running--;
        next = queue.poll();
        if (next != null) {
          running++;
          next.started = true;
        }
      }
    }
    long nanos = clock.nanos() - job.startNanos;
    seconds.observe(nanos / 1e9);
    samples.add(job.run.samples());
    if (nanos > config.slowMillis() * 1_000_000) {
      slow.increment();
      LOG.warn("slow query: id={} milliseconds={} samples={} series={} outcome={} query={}", job.id, nanos / 1_000_000, job.run.samples(),
          job.run.series(), result.succeeded() ? "answered" : "failed", shortened(job.request.text()));
    }
    if (result.failed() && result.cause() instanceof TidemarkException e) {
      count(e.code());
    }
    job.answer.handle(result);
    if (next != null) {
      start(next);
    }
  }

  private static String shortened(String text) {
    return text.length() <= LOGGED_CHARS_MAX ? text : text.substring(0, LOGGED_CHARS_MAX) + "…";
  }

  private void count(ErrorCode code) {
    metrics.counter("tidemark_query_failures_total", "Queries that failed, by error code.", "code", code.name().toLowerCase(Locale.ROOT))
        .increment();
  }

  /// How `text` would be evaluated: a line for each node, indented under the one that consumes it.
  ///
  /// Throws `BAD_DATA` for a syntax error.
  public String explain(String text) {
    Optional<Placement> placement = reader instanceof Placement where ? Optional.of(where) : Optional.empty();
    return Explain.print(PromQL.parse(text, config.features()), placement);
  }

  /// Queries that run or wait, oldest first.
  public List<ActiveQuery> active() {
    var active = new ArrayList<ActiveQuery>();
    synchronized (this) {
      for (Job job : jobs.values()) {
        active.add(new ActiveQuery(job.id, job.request.text(), job.startMillis, job.started, () -> cancel(job)));
      }
    }
    return active;
  }

  private void cancel(Job job) {
    job.run.cancel();
    boolean waited;
    synchronized (this) {
      waited = queue.remove(job);
    }
    if (waited) {
      finish(job, Future.failedFuture(new TidemarkException(ErrorCode.CANCELED, "query was canceled in query queue")));
    }
  }

  private static final class Job {
    final long id;
    final Expr expr;
    final QueryRequest request;
    final Run run;
    final long startMillis;
    final long startNanos;
    final Promise<QueryResult> answer = Promise.promise();
    boolean started;

    Job(long id, Expr expr, QueryRequest request, Run run, long startMillis, long startNanos) {
      this.id = id;
      this.expr = expr;
      this.request = request;
      this.run = run;
      this.startMillis = startMillis;
      this.startNanos = startNanos;
    }
  }
}
