package io.tidemark.query.evaluate;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.promql.Expr;
import io.tidemark.query.QueryConfig;
import io.tidemark.query.QueryRequest;
import io.tidemark.storage.Selection;
import io.tidemark.storage.SeriesView;
import io.tidemark.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/// One query under way: what it asks, what it may still cost, whether it should stop. `check` and the budgets are safe on any
/// thread.
public final class Run implements AutoCloseable {
  final QueryRequest request;
  final QueryConfig config;
  final Fanout fanout;
  final Notes notes;
  private final Clock clock;
  private final long deadlineNanos;
  private final List<Selection> selections = new ArrayList<>();
  private final AtomicLong samples = new AtomicLong();
  private final AtomicLong cells = new AtomicLong();
  private long series;
  private volatile Optional<SeriesView> view = Optional.empty();
  private volatile boolean canceled;

  /// @param deadlineNanos by the clock
  public Run(QueryRequest request, QueryConfig config, Fanout fanout, Clock clock, long deadlineNanos) {
    this.request = request;
    this.config = config;
    this.fanout = fanout;
    this.clock = clock;
    this.deadlineNanos = deadlineNanos;
    this.notes = new Notes(request.text());
  }

  /// Where the query reads; given before it is evaluated, closed with it.
  public void readFrom(SeriesView opened) {
    view = Optional.of(opened);
  }

  SeriesView view() {
    return view.orElseThrow();
  }

  /// What `aggregation` comes to on the node that has all of it; nothing when this node evaluates it.
  Optional<Table> elsewhere(Expr.Aggregation aggregation, Grid grid) {
    return view() instanceof PartView parts
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
    count(new Part.Cost(result.cost().samples(), (long) result.columns().length * grid.count(), result.cost().series()));
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

  /// Asks for memory of `count` columns of `steps` values, before it is taken.
  void reserve(long count, long steps) {
    long now = cells.addAndGet(Math.multiplyExact(count, steps));
    if (now > config.memoryBytesMax() / Double.BYTES) {
      throw new TidemarkException(ErrorCode.TOO_EXPENSIVE, "query needs memory for " + now + " values, " + now / 128 / 1024
          + " MiB; query.memory_max allows " + config.memoryBytesMax() / 1024 / 1024 + " MiB; ask for fewer series or a wider step");
    }
  }

  /// Keeps a selection open until the query ends.
  Selection keep(Selection selection) {
    selections.add(selection);
    series += selection.count();
    checkSeries();
    return selection;
  }

  int seriesLeft() {
    return (int) Math.max(0, config.seriesMax() - series);
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
    reserve(cost.cells(), 1);
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
    for (int i = 0; i < labels.count(); i++) {
      String name = labels.name(i);
      if (isNameLabel(name)) {
        return labels.without(NAME_LABELS);
      }
      if (name.compareTo("__unit__") > 0) {
        break;
      }
    }
    return labels;
  }

  static boolean isNameLabel(String name) {
    return NAME_LABELS.contains(name);
  }

  private static final List<String> NAME_LABELS = List.of(LabelSet.NAME, "__type__", "__unit__");

  @Override
  public void close() {
    selections.forEach(Selection::close);
    view.ifPresent(SeriesView::close);
  }
}
