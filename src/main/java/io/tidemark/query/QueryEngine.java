package io.tidemark.query;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.promql.Expr;
import io.tidemark.promql.PromQL;
import io.tidemark.promql.ValueType;
import io.tidemark.query.cache.ResultCache;
import io.tidemark.query.evaluate.Evaluator;
import io.tidemark.query.evaluate.Explain;
import io.tidemark.query.evaluate.Fanout;
import io.tidemark.query.evaluate.MemoryPool;
import io.tidemark.query.evaluate.Placement;
import io.tidemark.query.evaluate.Run;
import io.tidemark.storage.ReadPolicy;
import io.tidemark.storage.Resolution;
import io.tidemark.storage.SeriesReader;
import io.tidemark.storage.SeriesView;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Histogram;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Answers PromQL queries. The front door of this house; safe on any thread, never blocks its caller.
///
/// At most `concurrency` queries run at once, on the executor given; more wait in a bounded queue in the order they came. A query
/// first waits until all that was durable when it came is visible, for a second at most, so that a client reads its own writes.
/// What it would read is estimated from indexes before it reads, and its memory is taken from a pool that all queries share. A client's
/// query that was answered within {@link ParsedText#QUICK_NANOS} before, reads nothing that is far and hardly more than then, is evaluated
/// by its caller at once.
public final class QueryEngine {
  /// Farthest evaluation time from 1970, so that no sum of times overflows.
  public static final long TIME_MILLIS_MAX = Long.MAX_VALUE / 8;

  private static final Logger LOG = LoggerFactory.getLogger(QueryEngine.class);
  /// Characters of a query's text that a log line shows.
  private static final int LOGGED_CHARS_MAX = 1_000;
  /// Longer texts are parsed on a worker, not on the caller's thread.
  private static final int SHORT_CHARS_MAX = ParsedTexts.TEXT_CHARS_MAX;
  /// Memory of a parsed text for each of its characters, at most.
  static final long TREE_BYTES = 128;

  private final SeriesReader reader;
  private final QueryConfig config;
  private final Executor workers;
  private final Clock clock;
  private final Fanout fanout;
  private final MemoryPool memory;
  private final Admission admission;
  private final ParsedTexts texts;
  private final CachedAnswers cached;
  private final MetricUse use;
  private final Histogram seconds;
  private final Counter slow;
  private final Counter quick;
  private final Counter samples;
  /// Of samples that selectors read, by who told them.
  private final Map<Resolution, Counter> resolutions = new EnumMap<>(Resolution.class);
  private final Metrics metrics;
  private final AtomicLong lastId = new AtomicLong();

  public QueryEngine(SeriesReader reader, QueryConfig config, Executor workers, Clock clock, Metrics metrics) {
    this(reader, config, workers, () -> false, clock, metrics);
  }

  /// @param pushesComeIn whether a processor is to be left to those who wait for an acknowledgement
  public QueryEngine(SeriesReader reader, QueryConfig config, Executor workers, BooleanSupplier pushesComeIn, Clock clock,
      Metrics metrics) {
    this.reader = reader;
    this.config = config;
    this.workers = workers;
    this.clock = clock;
    this.metrics = metrics;
    fanout = new Fanout(workers, () -> pushesComeIn.getAsBoolean() ? config.threadsBesidePushes() : config.threads());
    memory = new MemoryPool(config.memoryTotalBytesMax());
    admission = new Admission(config, clock, metrics);
    texts = new ParsedTexts(config.features(), ParsedTexts.CHARS_MAX, metrics);
    use = new MetricUse(clock, metrics);
    cached = new CachedAnswers(reader.revisions(), config, clock, metrics);
    seconds = metrics.histogram("tidemark_query_duration_seconds", "Time from a query's arrival to its answer.", Histogram.SECONDS);
    slow = metrics.counter("tidemark_query_slow_total", "Queries that took longer than query.slow.");
    quick = metrics.counter("tidemark_query_quick_total", "Queries that were evaluated at once where they came in, without a worker.");
    samples = metrics.counter("tidemark_query_samples_total", "Samples read by queries.");
    for (Resolution resolution : Resolution.values()) {
      resolutions.put(resolution, metrics.counter("tidemark_query_selected_samples_total",
          "Samples read by selectors, by the resolution of the companions that told them.", "resolution", resolution.text()));
    }
    metrics.gauge("tidemark_query_memory_bytes", "Memory that queries hold, and answers that are not sent yet.", memory::held);
    metrics.gauge("tidemark_query_memory_max_bytes", "query.memory_total_max.", memory::bytesMax);
  }

  /// A query that was taken in. Whoever submits it closes it: when the answer is sent, or nobody waits for it any more.
  ///
  /// @param answer as {@link #run(QueryRequest)} gives it
  /// @param closer stops the query if it still waits or runs, and gives back the memory of its answer
  public record Submitted(Future<QueryResult> answer, Runnable closer) implements AutoCloseable {
    @Override
    public void close() {
      closer.run();
    }
  }

  /// As {@link #run(QueryRequest)}, with a way to stop it; the answer's memory counts until it is closed.
  public Submitted submit(QueryRequest request) {
    Job job;
    try {
      job = take(request);
    } catch (TidemarkException e) {
      count(e.code());
      return new Submitted(Future.failedFuture(e), () -> { });
    }
    return new Submitted(job.answer.future(), () -> {
      cancel(job);
      job.letGo();
    });
  }

  /// Parses and evaluates `request.text()`; a syntax error fails with `BAD_DATA` in Prometheus' words, else as the other `run`.
  public Future<QueryResult> run(QueryRequest request) {
    try {
      return runToEnd(take(request));
    } catch (TidemarkException e) {
      count(e.code());
      return Future.failedFuture(e);
    }
  }

  /// Evaluates a tree that was parsed from `request.text()`.
  ///
  /// Fails with `BAD_DATA` for a request that cannot be evaluated, `EXECUTION` as PromQL defines it, `TOO_EXPENSIVE`, `TIMEOUT`,
  /// `CANCELED`, `RATE_LIMITED` when its principal has read too much, or `UNAVAILABLE` when too many queries wait or hold memory.
  public Future<QueryResult> run(Expr expr, QueryRequest request) {
    try {
      check(request);
      check(expr, request);
      return runToEnd(admit(Optional.of(new ParsedText(expr)), request));
    } catch (TidemarkException e) {
      count(e.code());
      return Future.failedFuture(e);
    }
  }

  private static Future<QueryResult> runToEnd(Job job) {
    job.letGo();
    return job.answer.future();
  }

  private Job take(QueryRequest request) {
    check(request);
    int chars = request.text().length();
    // The parser refuses a text that is too long at a glance.
    return admit(chars <= SHORT_CHARS_MAX || chars > PromQL.TEXT_CHARS_MAX ? Optional.of(parse(request)) : Optional.empty(), request);
  }

  private ParsedText parse(QueryRequest request) {
    ParsedText text = texts.parse(request.text());
    check(text.tree, request);
    return text;
  }

  private void check(QueryRequest request) {
    if (request.text().length() > config.textCharsMax()) {
      throw new TidemarkException(ErrorCode.BAD_DATA, "query text of " + request.text().length()
          + " characters; query.text_chars_max allows " + config.textCharsMax());
    }
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
    // As Prometheus counts: the first evaluation time comes on top.
    if (request.steps() - 1 > config.pointsMax()) {
      throw new TidemarkException(ErrorCode.BAD_DATA, "exceeded maximum resolution of " + String.format(Locale.ROOT, "%,d",
          config.pointsMax()) + " points per timeseries. Try decreasing the query resolution (?step=XX)");
    }
  }

  private static void check(Expr expr, QueryRequest request) {
    if (!request.isInstant() && (expr.type() == ValueType.MATRIX || expr.type() == ValueType.STRING)) {
      throw new TidemarkException(ErrorCode.BAD_DATA, "invalid expression type \"" + expr.type().text()
          + "\" for range query, must be Scalar or instant Vector");
    }
  }

  private Job newJob(long id, Optional<ParsedText> text, QueryRequest request) {
    long now = clock.nanos();
    long timeoutMillis = request.timeoutMillis() > 0 ? Math.min(request.timeoutMillis(), config.timeoutMillis()) : config.timeoutMillis();
    var run = new Run(request, config, fanout, memory, clock, now + timeoutMillis * 1_000_000);
    return new Job(id, text, request, run, clock.millis(), now);
  }

  private Job admit(Optional<ParsedText> text, QueryRequest request) {
    Job job = newJob(lastId.incrementAndGet(), text, request);
    boolean hasPlace;
    try {
      job.run.hold(TREE_BYTES * request.text().length());
      hasPlace = admission.take(job);
    } catch (TidemarkException e) {
      job.run.close();
      throw e;
    }
    if (hasPlace) {
      start(job, true);
    }
    return job;
  }

  /// @param byCaller whether the caller may evaluate the query; one that ends another must not, for a queue of them would nest
  private void start(Job job, boolean byCaller) {
    job.revision = cached.revision();
    Future<SeriesView> view = view(job);
    readOn(job, view, byCaller && view.succeeded() ? () -> isQuick(job) : () -> false, () -> finish(job, work(job)),
        e -> finish(job, Future.failedFuture(e)));
  }

  private boolean isQuick(Job job) {
    // A worker tells what is wrong with a query that cannot be looked through.
    return !job.request.principal().equals(QueryRequest.RULES)
        && job.text.filter(text -> Boolean.TRUE.equals(guarded(() -> isQuick(job, text)).result())).isPresent();
  }

  private boolean isQuick(Job job, ParsedText text) {
    CachedAnswers.Lack lack = cached.key(text.tree, job.request).map(key -> cached.lack(key, job.request))
        .orElseGet(() -> CachedAnswers.Lack.all(job.request));
    return lack.keptSamples() <= ParsedText.QUICK_CELLS && (lack.steps() == 0
        || text.isQuick(lack.steps(), () -> job.run.samplesAtMost(text.tree, lack.firstMillis(), lack.lastMillis()))
        && job.run.isNear(text.tree, lack.firstMillis(), lack.lastMillis()));
  }

  /// Goes on with `work` when the job's view is open: here if `isQuick`, else on a worker.
  private void readOn(Job job, Future<SeriesView> opened, BooleanSupplier isQuick, Runnable work, Consumer<Throwable> failed) {
    opened.onComplete(view -> {
      if (view.failed()) {
        failed.accept(view.cause());
        return;
      }
      job.run.readFrom(view.result());
      try {
        if (isQuick.getAsBoolean()) {
          quick.increment();
          work.run();
        } else {
          workers.execute(work);
        }
      } catch (RejectedExecutionException e) {
        failed.accept(new TidemarkException(ErrorCode.UNAVAILABLE, "query workers take no more work; try again later", e));
      }
    });
  }

  private Future<SeriesView> view(Job job) {
    try {
      long timeout = job.request.timeoutMillis();
      return reader.view(new ReadPolicy(job.request.partialAllowed(),
          timeout > 0 ? Math.min(timeout, config.timeoutMillis()) : config.timeoutMillis(), job.run));
    } catch (TidemarkException e) {
      return Future.failedFuture(e);
    }
  }

  private Future<QueryResult> work(Job job) {
    return guarded(() -> {
      Run run = job.run;
      long begunNanos = clock.nanos();
      ParsedText text = parsed(job);
      Expr expr = text.tree;
      use.note(expr);
      Optional<ResultCache.Key> key = cached.key(expr, job.request);
      if (key.isEmpty()) {
        run.refuseIfTooExpensive(expr, job.request.startMillis(), job.request.endMillis());
      }
      long preparedNanos = clock.nanos();
      Optional<CachedAnswers.Answer> joined = key.map(found -> cached.answer(found, job.request, job.revision.orElseThrow(), run,
          (start, end, isRefresh) -> steps(run, expr, start, end, isRefresh)));
      Value value = joined.isPresent() ? joined.get().value() : new Evaluator(run).evaluate(expr);
      long evaluatedNanos = clock.nanos();
      CachedAnswers.Lack lack = joined.map(CachedAnswers.Answer::lack).orElseGet(() -> CachedAnswers.Lack.all(job.request));
      long samplesAtMost = run.samplesAtMost(expr, lack.firstMillis(), lack.lastMillis());
      List<String> warnings = run.warnings();
      run.finish(AnswerSize.bytes(value));
      text.took(clock.nanos() - begunNanos, run.cells() + lack.keptSamples(), lack.steps(), samplesAtMost);
      return new QueryResult(value, warnings, run.infos(), new QueryResult.Stats(run.samples(), run.cells(), run.series(),
          job.placedNanos - job.startNanos, preparedNanos - job.placedNanos, evaluatedNanos - preparedNanos - run.sortNanos(),
          run.sortNanos(), run.samplesPerStep(), run.selectors()));
    });
  }

  private static Value.Matrix steps(Run run, Expr expr, long startMillis, long endMillis, boolean isRefresh) {
    if (!isRefresh) {
      run.refuseIfTooExpensive(expr, startMillis, endMillis);
    }
    return (Value.Matrix) new Evaluator(run).evaluate(expr, startMillis, endMillis);
  }

  /// What is answered in place of a failure of this node or another, when an earlier answer is at hand and lacks may be told.
  private Future<QueryResult> orStale(Job job, Future<QueryResult> result) {
    if (result.failed() && job.request.partialAllowed() && result.cause() instanceof TidemarkException e && isPassing(e.code())) {
      return job.text.flatMap(text -> cached.key(text.tree, job.request)).flatMap(key -> cached.stale(key, job.request, e))
          .map(earlier -> guarded(() -> {
            job.run.finish(AnswerSize.bytes(earlier.value()));
            return earlier;
          })).filter(Future::succeeded).orElse(result);
    }
    return result;
  }

  private static boolean isPassing(ErrorCode code) {
    return switch (code) {
      case UNAVAILABLE, TIMEOUT, CORRUPT, DISK_FAILED -> true;
      default -> false;
    };
  }

  private ParsedText parsed(Job job) {
    ParsedText text = job.text.orElseGet(() -> parse(job.request));
    job.text = Optional.of(text);
    return text;
  }

  private static <T> Future<T> guarded(Supplier<T> work) {
    try {
      return Future.succeededFuture(work.get());
    } catch (TidemarkException e) {
      return Future.failedFuture(e);
    } catch (StackOverflowError e) {
      return Future.failedFuture(new TidemarkException(ErrorCode.TOO_EXPENSIVE, "expression nests too deeply to be evaluated", e));
    } catch (ArithmeticException e) {
      return Future.failedFuture(new TidemarkException(ErrorCode.TOO_EXPENSIVE, "query is too large to be counted: " + e.getMessage(), e));
    } catch (RuntimeException | Error e) {
      return Future.failedFuture(new TidemarkException(ErrorCode.INTERNAL, "query failed inside the engine: " + e, e));
    }
  }

  private void finish(Job job, Future<QueryResult> ended) {
    Admission.End end = admission.end(job);
    if (!end.isFirst()) {
      return;
    }
    Future<QueryResult> result = orStale(job, ended);
    job.finished(result.succeeded());
    long nanos = clock.nanos() - job.startNanos;
    seconds.observe(nanos / 1e9);
    samples.add(job.run.samples());
    job.run.countByResolution((resolution, read) -> resolutions.get(resolution).add(read));
    if (nanos > config.slowMillis() * 1_000_000) {
      slow.increment();
      tellSlow(job, nanos, result);
    }
    if (ended.failed() && ended.cause() instanceof TidemarkException e) {
      count(e.code());
    }
    job.answer.handle(result);
    end.next().ifPresent(next -> start(next, false));
  }

  private static void tellSlow(Job job, long nanos, Future<QueryResult> result) {
    QueryRequest request = job.request;
    LOG.atWarn().addKeyValue("id", job.id).addKeyValue("principal", request.principal()).addKeyValue("milliseconds", nanos / 1_000_000)
        .addKeyValue("samples", job.run.samples()).addKeyValue("series", job.run.series()).addKeyValue("memory", job.run.peakBytes())
        .addKeyValue("start", request.startMillis()).addKeyValue("end", request.endMillis()).addKeyValue("step", request.stepMillis())
        .addKeyValue("outcome", result.succeeded() ? "answered" : String.valueOf(result.cause().getMessage()))
        .addKeyValue("query", shortened(request.text())).log("Slow query");
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
    return Explain.print(texts.parse(text).tree, placement());
  }

  private Optional<Placement> placement() {
    return reader instanceof Placement where ? Optional.of(where) : Optional.empty();
  }

  /// As {@link #explain(String)}, with what the query would cost at these times: no sample is read.
  ///
  /// Fails as {@link #run(QueryRequest)} does before it evaluates.
  public Future<Explanation> explain(QueryRequest request) {
    Job job;
    try {
      check(request);
      job = newJob(0, Optional.empty(), request);
    } catch (TidemarkException e) {
      return Future.failedFuture(e);
    }
    Promise<Explanation> explained = Promise.promise();
    explained.future().onComplete(_ -> job.run.close());
    readOn(job, view(job), () -> false, () -> explained.handle(guarded(() -> {
      Expr expr = parsed(job).tree;
      QueryEstimate estimate = job.run.estimate(expr);
      return new Explanation(estimate, Explain.print(expr, placement(), estimate.selectors()));
    })), explained::fail);
    return explained.future();
  }

  /// @param plan a line for each node, indented under the one that consumes it
  public record Explanation(QueryEstimate estimate, String plan) {}

  /// Which metrics were asked for.
  public MetricUse metricUse() {
    return use;
  }

  /// An account for a read that is no query, to be the watch of its view.
  public LookUp lookUp() {
    return new LookUp(newJob(0, Optional.empty(), QueryRequest.instant("", 0)).run);
  }

  /// Queries that run or wait, oldest first.
  public List<ActiveQuery> active() {
    var active = new ArrayList<ActiveQuery>();
    for (Job job : admission.jobs()) {
      active.add(new ActiveQuery(job.id, job.request, job.startMillis, !admission.waits(job), job.run.samples(), job.run.series(),
          job.run.held(), () -> estimate(job), () -> cancel(job)));
    }
    return active;
  }

  /// Nothing for a query that has not begun, or ends meanwhile.
  private static Optional<QueryEstimate> estimate(Job job) {
    return job.run.isReading() ? job.text.flatMap(text -> Optional.ofNullable(guarded(() -> job.run.estimate(text.tree)).result()))
        : Optional.empty();
  }

  private void cancel(Job job) {
    job.run.cancel();
    if (admission.withdraw(job)) {
      finish(job, Future.failedFuture(new TidemarkException(ErrorCode.CANCELED, "query was canceled in query queue")));
    }
  }
}
