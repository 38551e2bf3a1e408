package io.tidemark.collector.admit;

import io.tidemark.collector.BudgetCheck;
import io.tidemark.collector.Gate;
import io.tidemark.collector.SeriesBudgets;
import io.tidemark.collector.budget.Account;
import io.tidemark.log.BatchWriter;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.Exemplar;
import io.tidemark.model.Histogram;
import io.tidemark.model.LabelBytes;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Stale;
import io.tidemark.model.TidemarkException;
import io.tidemark.time.Clock;
import io.vertx.core.Future;
import java.util.Optional;
import java.util.function.Supplier;

/// The way of every sample into the open batch.
///
/// A decoder brackets one request with {@link #begin} and {@link #finish}; for each series it asks {@link #find} with the hash of the
/// label bytes as received, and only for an unknown one parses the labels and calls {@link #define}. Owned by one loop.
public final class Admission {
  /// The answer of {@link #find} for a series not seen before.
  public static final int UNKNOWN = BatchWriter.UNKNOWN;
  /// The answer of {@link #define} for a series that breaks a rule; its samples are counted already.
  public static final int REJECTED = BatchWriter.REFUSED;

  private final Batcher batcher;
  private final BatchWriter writer;
  private final SampleLimits limits;
  private final SeriesBudgets budgets;
  private final BudgetCheck check;
  private final Clock clock;
  private final LabelAssembler labels;
  private final LabelAssembler exemplarLabels;
  /// For labels that come as texts.
  private final LabelBytes textLabels = new LabelBytes();
  private final HistogramAssembler histogram;
  private Tally tally = new Tally();
  private long nowMillis;
  private long oldestMillis;
  private long newestMillis;
  private String sender = Gate.DEFAULT_SERVICE;
  /// Of the series being defined.
  private long samplesOfNew;
  private boolean isOwn;
  private final BatchWriter.NewSeries newSeries = this::admits;

  public Admission(Batcher batcher, SampleLimits limits, SeriesBudgets budgets, Clock clock) {
    this.batcher = batcher;
    this.writer = batcher.writer();
    this.limits = limits;
    this.budgets = budgets;
    check = budgets.check();
    this.clock = clock;
    this.labels = new LabelAssembler(limits);
    exemplarLabels = new LabelAssembler(limits);
    histogram = new HistogramAssembler(limits);
  }

  /// Starts a request that names no service, whose outcome is counted in `requestTally`.
  public void begin(Tally requestTally) {
    begin(requestTally, Gate.DEFAULT_SERVICE);
  }

  /// Starts a request, whose outcome is counted in `requestTally`.
  ///
  /// @param service owns new series whose labels tell no service
  public void begin(Tally requestTally, String service) {
    tally = requestTally;
    sender = service;
    isOwn = false;
    nowMillis = clock.millis();
    oldestMillis = limits.oldestMillis(nowMillis);
    newestMillis = limits.newestMillis(nowMillis);
  }

  public Tally tally() {
    return tally;
  }

  /// The time of this request, for samples without a timestamp.
  public long nowMillis() {
    return nowMillis;
  }

  public SampleLimits limits() {
    return limits;
  }

  /// An assembler, emptied, for the labels of the next unknown series.
  public LabelAssembler assembler() {
    labels.reset();
    return labels;
  }

  /// An assembler, emptied, for the labels of the next exemplar.
  public LabelAssembler exemplarAssembler() {
    exemplarLabels.reset();
    return exemplarLabels;
  }

  /// The assembler of histograms; its user empties it.
  public HistogramAssembler histogramAssembler() {
    return histogram;
  }

  /// The handle of a known series, valid until {@link #boundary} ends it, or {@link #UNKNOWN}.
  public int find(long hashHigh, long hashLow) {
    return writer.find(hashHigh, hashLow);
  }

  /// As {@link #find} for a series that comes where it came before, by half of its hash; else {@link #UNKNOWN}.
  public int guess(long hashHigh) {
    return writer.guess(hashHigh);
  }

  /// Registers the assembled labels, or counts `samples` as rejected and answers {@link #REJECTED}.
  public int define(long hashHigh, long hashLow, LabelAssembler assembled, long samples) {
    if (!assembled.isComplete()) {
      if (tally.reject(assembled.rule(), samples)) {
        tally.example(assembled.rule(), assembled.problem());
      }
      return REJECTED;
    }
    return define(hashHigh, hashLow, assembled.bytes(), samples);
  }

  /// Registers labels that were checked before, under the hash of their received bytes.
  public int define(long hashHigh, long hashLow, LabelSet set, long samples) {
    textLabels.set(set);
    return define(hashHigh, hashLow, textLabels, samples);
  }

  private int define(long hashHigh, long hashLow, LabelBytes bytes, long samples) {
    try {
      samplesOfNew = samples;
      return writer.define(hashHigh, hashLow, bytes, newSeries);
    } catch (TidemarkException e) {
      return refuse(bytes, samples, e);
    }
  }

  /// Finds or registers assembled labels that have no received bytes to hash.
  public int define(LabelAssembler assembled, long samples) {
    if (!assembled.isComplete()) {
      if (tally.reject(assembled.rule(), samples)) {
        tally.example(assembled.rule(), assembled.problem());
      }
      return REJECTED;
    }
    return define(assembled.bytes(), samples);
  }

  /// Finds or registers labels that were checked before.
  public int define(LabelSet set, long samples) {
    textLabels.set(set);
    return define(textLabels, samples);
  }

  private int define(LabelBytes bytes, long samples) {
    try {
      samplesOfNew = samples;
      return writer.define(bytes, newSeries);
    } catch (TidemarkException e) {
      return refuse(bytes, samples, e);
    }
  }

  /// As {@link #define(LabelSet, long)} for a series that the process makes itself, such as `up`: no budget refuses it.
  public int defineOwn(LabelSet set) {
    isOwn = true;
    try {
      return define(set, 1);
    } finally {
      isOwn = false;
    }
  }

  private boolean admits(LabelBytes bytes, long labelsHash) {
    Optional<Account> full = check.admit(bytes, labelsHash, sender, samplesOfNew, nowMillis, isOwn);
    if (full.isPresent()) {
      if (tally.reject(Rule.SERIES_BUDGET, samplesOfNew)) {
        tally.example(Rule.SERIES_BUDGET, Tally.shorten(bytes.toString(), 100) + ": " + budgets.describe(full.get(), nowMillis));
      }
      return false;
    }
    batcher.touch(bytes.length());
    return true;
  }

  /// The writer's own bounds, on one series and on one epoch.
  private int refuse(LabelBytes bytes, long samples, TidemarkException e) {
    Rule rule = switch (e.code()) {
      case TOO_LARGE -> Rule.LABEL_VALUE_TOO_LONG;
      case UNAVAILABLE -> Rule.SERIES_TOO_MANY;
      default -> throw e;
    };
    if (tally.reject(rule, samples)) {
      tally.example(rule, Tally.shorten(bytes.toString(), 100) + ": " + e.getMessage());
    }
    return REJECTED;
  }

  /// Adds one sample; false when its timestamp is out of bounds. The caller then calls {@link #rejectTimestamp}.
  public boolean add(int handle, long timestampMillis, double value) {
    if (timestampMillis < oldestMillis || timestampMillis > newestMillis) {
      return false;
    }
    writer.add(handle, timestampMillis, value);
    tally.accept(1);
    return true;
  }

  /// Adds one value whose counter began at `startMillis`, 0 for unknown; otherwise as {@link #add(int, long, double)}. A start after the
  /// sample says nothing.
  public boolean add(int handle, long timestampMillis, double value, long startMillis) {
    if (timestampMillis < oldestMillis || timestampMillis > newestMillis) {
      return false;
    }
    writer.add(handle, timestampMillis, value, start(timestampMillis, startMillis));
    tally.accept(1);
    return true;
  }

  private static long start(long timestampMillis, long startMillis) {
    return startMillis > 0 && startMillis <= timestampMillis ? startMillis : 0;
  }

  /// Adds the assembled histogram, or counts it as rejected. A staleness marker becomes that of a value.
  ///
  /// @param series is asked for an example's sake only
  public void addHistogram(int handle, long timestampMillis, long startMillis, Supplier<String> series) {
    if (timestampMillis < oldestMillis || timestampMillis > newestMillis) {
      rejectTimestamp(timestampMillis, series);
    } else if (histogram.isStale()) {
      writer.add(handle, timestampMillis, Stale.VALUE);
      tally.accept(1);
      tally.acceptHistogram();
    } else {
      try {
        add(handle, timestampMillis, histogram.build(), startMillis);
      } catch (TidemarkException e) {
        reject(e.code() == ErrorCode.TOO_LARGE ? Rule.HISTOGRAM_TOO_LARGE : Rule.HISTOGRAM, 1,
            () -> Tally.shorten(series.get(), 200) + ": " + e.getMessage());
      }
    }
  }

  /// Adds a histogram that was built before; false when its timestamp is out of bounds, as {@link #add(int, long, double)}.
  public boolean add(int handle, long timestampMillis, Histogram built, long startMillis) {
    if (timestampMillis < oldestMillis || timestampMillis > newestMillis) {
      return false;
    }
    writer.add(handle, timestampMillis, built, start(timestampMillis, startMillis));
    tally.accept(1);
    tally.acceptHistogram();
    return true;
  }

  /// Adds an exemplar of a series with the labels of {@link #exemplarAssembler}, or counts it as refused.
  public void addExemplar(int handle, double value, long timestampMillis) {
    if (exemplarLabels.isSound()) {
      addExemplar(handle, new Exemplar(exemplarLabels.labels(), value, timestampMillis));
    } else {
      tally.refuseExemplar();
    }
  }

  /// Adds an exemplar of a series, or counts it as refused.
  public void addExemplar(int handle, Exemplar exemplar) {
    LabelSet set = exemplar.labels();
    int chars = 0;
    for (int i = 0; i < set.count(); i++) {
      chars += set.name(i).codePointCount(0, set.name(i).length()) + set.value(i).codePointCount(0, set.value(i).length());
    }
    if (chars > Exemplar.LABEL_CHARS_MAX || exemplar.timestampMillis() < oldestMillis || exemplar.timestampMillis() > newestMillis) {
      tally.refuseExemplar();
    } else {
      writer.add(handle, exemplar);
      tally.acceptExemplar();
    }
  }

  /// Counts a sample whose timestamp is out of bounds; `series` is asked for the example's sake only.
  public void rejectTimestamp(long timestampMillis, Supplier<String> series) {
    Rule rule = timestampMillis > newestMillis ? Rule.TIMESTAMP_TOO_NEW : Rule.TIMESTAMP_TOO_OLD;
    if (tally.reject(rule, 1)) {
      String bound = rule == Rule.TIMESTAMP_TOO_NEW ? "newer than " + newestMillis + " (now + limits.future_tolerance)"
          : "older than " + oldestMillis + " (now - limits.past_tolerance)";
      tally.example(rule, Tally.shorten(series.get(), 200) + ": timestamp " + timestampMillis + " ms is out of bounds, " + bound);
    }
  }

  /// Counts samples that the decoder itself refuses.
  public void reject(Rule rule, long samples, Supplier<String> example) {
    if (tally.reject(rule, samples)) {
      tally.example(rule, example.get());
    }
  }

  /// Passes on what a producer says about a metric; too long a text is cut.
  public void metadata(String metric, String type, String help, String unit) {
    if (metric.isEmpty()) {
      return;
    }
    batcher.touch(0);
    writer.metadata(Tally.shorten(metric, 1024), type, Tally.shorten(help, 4096), Tally.shorten(unit, 256));
  }

  /// Between two series: lets a full batch go, which ends all handles.
  ///
  /// @return whether they ended
  public boolean boundary() {
    return batcher.boundary();
  }

  /// Ends the request; completes on the loop when all it added is durable.
  public Future<Void> finish() {
    if (tally.accepted() > 0 || tally.exemplars() > 0) {
      batcher.touch(0);
    }
    return batcher.finish();
  }
}
