package io.tidemark.query.evaluate;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.promql.Expr;
import io.tidemark.query.QueryConfig;
import io.tidemark.query.QueryEstimate;
import io.tidemark.query.QueryRequest;
import io.tidemark.query.QueryResult;
import io.tidemark.storage.ReadWatch;
import io.tidemark.storage.Resolution;
import io.tidemark.storage.Selection;
import io.tidemark.storage.SeriesView;
import io.tidemark.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ObjLongConsumer;
import java.util.function.Supplier;

/// One query under way: what it asks, what it may still cost, whether it should stop. `check` and the budgets are safe on any
/// thread.
public final class Run implements ReadWatch, AutoCloseable {
  /// Of a row beside its values: labels, the array's header, its places in lists and sets.
  static final long ROW_BYTES = 160;

  final QueryRequest request;
  final QueryConfig config;
  final Fanout fanout;
  final Notes notes;
  final StepCounts steps;
  final Resolutions resolutions = new Resolutions();
  private final Clock clock;
  private final long deadlineNanos;
  /// Guarded by itself: a query may be let go on one thread while it ends on another.
  private final Map<Selected, Selection> selections = new HashMap<>();
  private final AtomicLong samples = new AtomicLong();
  private final AtomicLong cells = new AtomicLong();
  private final AtomicLong held = new AtomicLong();
  private final AtomicLong peak = new AtomicLong();
  private final MemoryPool memory;
  private volatile long series;
  private long sortNanos;
  private volatile Optional<SeriesView> view = Optional.empty();
  private volatile Optional<QueryEstimate> estimate = Optional.empty();
  private volatile Optional<Estimator.Bound> bound = Optional.empty();
  private volatile boolean canceled;

  /// @param deadlineNanos by the clock
  public Run(QueryRequest request, QueryConfig config, Fanout fanout, MemoryPool memory, Clock clock, long deadlineNanos) {
    this.request = request;
    this.config = config;
    this.fanout = fanout;
    this.memory = memory;
    this.clock = clock;
    this.deadlineNanos = deadlineNanos;
    this.notes = new Notes(request.text());
    steps = new StepCounts(request);
  }

  /// Where the query reads; given before it is evaluated, closed with it.
  public void readFrom(SeriesView opened) {
    view = Optional.of(opened);
  }

  /// Whether it asks for what a dashboard asks for again and again.
  boolean comesAgain() {
    return request.cacheAllowed() && !request.isInstant();
  }

  /// Whether it has a place to read from.
  public boolean isReading() {
    return view.isPresent();
  }

  /// Whether what `expr` reads over the evaluation times `[startMillis, endMillis]` is in memory or mapped files, so that a short query
  /// may run on an event loop. Any thread.
  public boolean isNear(Expr expr, long startMillis, long endMillis) {
    return bound(expr, startMillis, endMillis).isNear();
  }

  /// How many samples `expr` reads over these evaluation times at most, as if its selectors matched everything. Any thread, while it is
  /// reading.
  public long samplesAtMost(Expr expr, long startMillis, long endMillis) {
    return bound(expr, startMillis, endMillis).estimate().samples();
  }

  /// That of the whole request is found once.
  private Estimator.Bound bound(Expr expr, long startMillis, long endMillis) {
    if (startMillis != request.startMillis() || endMillis != request.endMillis()) {
      return Estimator.bound(this, expr, startMillis, endMillis);
    }
    Estimator.Bound known = bound.orElseGet(() -> Estimator.bound(this, expr, startMillis, endMillis));
    bound = Optional.of(known);
    return known;
  }

  SeriesView view() {
    return view.orElseThrow();
  }

  /// What `aggregation` comes to on the node that has all of it; nothing when this node evaluates it.
  Optional<Table> elsewhere(Expr.Aggregation aggregation, Grid grid) {
    return view() instanceof PartView parts && !request.countsSteps()
        ? parts.onlyShard(aggregation).flatMap(shard -> parts.evaluate(part(aggregation, grid), shard)).map(result -> take(result, grid))
        : Optional.empty();
  }

  private Part part(Expr.Aggregation aggregation, Grid grid) {
    var whole = new QueryRequest(request.text(), request.startMillis(), request.endMillis(), request.stepMillis(), lookbackMillis(),
        request.timeoutMillis(), request.partialAllowed());
    return new Part(whole, aggregation.span(), grid.firstMillis(), grid.stepMillis(), grid.count(), config.features(),
        config.subqueryStepMillis(), cost());
  }

  private Table take(PartResult result, Grid grid) {
    check();
    count(new Part.Cost(result.cost().samples(), 0, result.cost().series()));
    reserve(result.columns().length, grid.count());
    notes.add(result.warnings(), result.infos());
    return new Table(result.labels(), result.drops(), result.columns(), result.isOrdered());
  }

  /// Ends also what the query waits for on other nodes. Any thread.
  public void cancel() {
    canceled = true;
    view.ifPresent(SeriesView::close);
  }

  /// Throws when the query was cancelled or is past its deadline. Cheap; called for every series and every few thousand values.
  void check() {
    if (canceled) {
      throw new TidemarkException(ErrorCode.CANCELED, "query was canceled in expression evaluation");
    }
    if (clock.nanos() - deadlineNanos > 0) {
      throw new TidemarkException(ErrorCode.TIMEOUT, "query timed out in expression evaluation");
    }
  }

  /// {@link #check} at every thousandth of a loop's rounds.
  void checkEach(int round) {
    if ((round & 1023) == 0) {
      check();
    }
  }

  /// Counts samples that were read.
  void read(long count) {
    if (samples.addAndGet(count) > config.samplesMax()) {
      throw new TidemarkException(ErrorCode.TOO_EXPENSIVE, "query processing would load too many samples into memory in query execution: "
          + "more than query.samples_max = " + config.samplesMax() + "; narrow the selector or the range");
    }
  }

  /// Asks for memory of `count` columns of `steps` values and their labels, before it is taken.
  void reserve(long count, long steps) {
    long values = Math.multiplyExact(count, steps);
    cells.addAndGet(values);
    hold(Math.addExact(Math.multiplyExact(values, Double.BYTES), Math.multiplyExact(count, ROW_BYTES)));
  }

  /// Asks for memory of `count` numbers of histograms.
  void reserveCells(long count) {
    cells.addAndGet(count);
    hold(Math.multiplyExact(count, (long) Double.BYTES));
  }

  /// Asks for memory that the query keeps until it ends or gives it back by {@link #release}.
  @Override
  public void hold(long bytes) {
    long now = held.addAndGet(bytes);
    if (now > config.memoryBytesMax()) {
      held.addAndGet(-bytes);
      throw new TidemarkException(ErrorCode.TOO_EXPENSIVE, "query needs " + mebibytes(now) + " MiB of memory; query.memory_max allows "
          + mebibytes(config.memoryBytesMax()) + " MiB; ask for fewer series or a wider step");
    }
    if (!memory.take(bytes)) {
      held.addAndGet(-bytes);
      throw new TidemarkException(ErrorCode.UNAVAILABLE, "query needs " + mebibytes(now) + " MiB of memory, and all queries hold "
          + mebibytes(memory.held()) + " of the " + mebibytes(memory.bytesMax()) + " MiB of query.memory_total_max; try again later, "
          + "or ask for fewer series or a wider step");
    }
    peak.accumulateAndGet(now, Math::max);
  }

  private static long mebibytes(long bytes) {
    return Math.ceilDiv(bytes, 1L << 20);
  }

  /// Gives back memory that was held for a while.
  void release(long bytes) {
    held.addAndGet(-bytes);
    memory.give(bytes);
  }

  /// Bytes that the query holds now.
  public long held() {
    return held.get();
  }

  /// The most bytes that it held at once.
  public long peakBytes() {
    return peak.get();
  }

  @Override
  public void beat() {
    check();
  }

  /// Refuses the query if what it would read over the evaluation times `[startMillis, endMillis]` is more than it may. Looks at indexes
  /// only, and not even at those while all that is stored is less. On a worker.
  public void refuseIfTooExpensive(Expr expr, long startMillis, long endMillis) {
    if (exceeds(bound(expr, startMillis, endMillis).estimate())) {
      estimate = Optional.of(Estimator.of(this, expr, startMillis, endMillis));
      estimate.filter(this::exceeds).ifPresent(this::refuse);
    }
  }

  private boolean exceeds(QueryEstimate estimate) {
    return estimate.samples() > config.samplesMax() || estimate.series() > config.seriesMax();
  }

  private void refuse(QueryEstimate estimate) {
    throw new TidemarkException(ErrorCode.TOO_EXPENSIVE, "query would read " + estimate + "; query.samples_max allows "
        + config.samplesMax() + " samples, query.series_max " + config.seriesMax() + " series; narrow its selectors or its range");
  }

  /// What the query would cost. Looks at indexes, once, so on a worker; any thread.
  public QueryEstimate estimate(Expr expr) {
    QueryEstimate known = estimate.orElseGet(() -> Estimator.of(this, expr, request.startMillis(), request.endMillis()));
    estimate = Optional.of(known);
    return known;
  }

  private record Selected(List<Matcher> matchers, TimeRange range) {}

  /// The series of a selector, open until the query ends. Looked up once however often the query has that selector over that range.
  Selection select(List<Matcher> matchers, TimeRange range) {
    check();
    var selected = new Selected(matchers, range);
    Selection known;
    synchronized (selections) {
      known = selections.get(selected);
    }
    if (known != null) {
      return known;
    }
    Selection selection = view().select(matchers, range, (int) Math.max(0, config.seriesMax() - series));
    synchronized (selections) {
      selections.put(selected, selection);
    }
    series += selection.count();
    checkSeries();
    return selection;
  }

  /// What the reads lacked, then what evaluation noticed.
  public List<String> warnings() {
    var warnings = new ArrayList<>(view.map(SeriesView::warnings).orElse(List.of()));
    warnings.addAll(notes.warnings());
    return warnings;
  }

  public List<String> infos() {
    return notes.infos();
  }

  /// Samples that each step looks at, if the request asks for them.
  public long[] samplesPerStep() {
    return steps.perStep();
  }

  /// Tells what each selector read here, also when this query has been let go.
  public Supplier<List<QueryResult.SelectorRead>> selectors() {
    return resolutions::all;
  }

  /// Gives the samples that were read, by who told them.
  public void countByResolution(ObjLongConsumer<Resolution> counter) {
    resolutions.count(counter);
  }

  /// Time spent on putting the answer in order.
  public long sortNanos() {
    return sortNanos;
  }

  /// Runs a sort of the answer.
  void sorting(Runnable sort) {
    long begin = clock.nanos();
    sort.run();
    sortNanos += clock.nanos() - begin;
  }

  public long samples() {
    return samples.get();
  }

  public long cells() {
    return cells.get();
  }

  public long series() {
    return series;
  }

  Part.Cost cost() {
    return new Part.Cost(samples.get(), cells.get(), series);
  }

  /// Adds what was spent on this query elsewhere, before or now; fails when that is too much.
  void count(Part.Cost cost) {
    read(cost.samples());
    cells.addAndGet(cost.cells());
    series += cost.series();
    checkSeries();
  }

  private void checkSeries() {
    if (series > config.seriesMax()) {
      throw new TidemarkException(ErrorCode.TOO_EXPENSIVE, "query touches " + series + " series; query.series_max allows "
          + config.seriesMax() + "; narrow its selectors");
    }
  }

  long lookbackMillis() {
    return request.lookbackMillis() > 0 ? request.lookbackMillis() : config.lookbackMillis();
  }

  /// A failure of evaluation in Prometheus' words.
  static TidemarkException failed(String text) {
    return new TidemarkException(ErrorCode.EXECUTION, text);
  }

  static TidemarkException sameLabelset() {
    return failed("vector cannot contain metrics with the same labelset");
  }

  /// `labels` without the metric name and what goes with it, `__type__` and `__unit__`.
  static LabelSet withoutName(LabelSet labels) {
    for (int i = 0; i < labels.count() && maybeNameLabel(labels.name(i)); i++) {
      if (isNameLabel(labels.name(i))) {
        return hasOtherNameLabel(labels) ? labels.without(NAME_LABELS) : labels.without(LabelSet.NAME);
      }
    }
    return labels;
  }

  /// Whether a label beside the metric name goes with it.
  static boolean hasOtherNameLabel(LabelSet labels) {
    for (int i = 0; i < labels.count() && maybeNameLabel(labels.name(i)); i++) {
      if (isNameLabel(labels.name(i)) && !labels.name(i).equals(LabelSet.NAME)) {
        return true;
      }
    }
    return false;
  }

  /// False for a label that comes after all of those, in the order of labels.
  private static boolean maybeNameLabel(String name) {
    return name.isEmpty() || name.charAt(0) <= '_';
  }

  static boolean isNameLabel(String name) {
    return NAME_LABELS.contains(name);
  }

  private static final List<String> NAME_LABELS = List.of(LabelSet.NAME, "__type__", "__unit__");

  /// Ends all reads and keeps no other memory than that of the answer, which took part of what is held.
  ///
  /// @param answerBytes of the answer in all the forms it has until it is sent; asked for if it is more than what is held
  public void finish(long answerBytes) {
    closeSelections();
    view.ifPresent(SeriesView::close);
    long more = answerBytes - held.get();
    if (more > 0) {
      hold(more);
    } else {
      release(-more);
    }
  }

  private void closeSelections() {
    List<Selection> open;
    synchronized (selections) {
      open = List.copyOf(selections.values());
      selections.clear();
    }
    open.forEach(Selection::close);
  }

  @Override
  public void close() {
    closeSelections();
    view.ifPresent(SeriesView::close);
    memory.give(held.getAndSet(0));
  }
}
