package io.tidemark.query.evaluate;

import io.tidemark.model.Histogram;
import io.tidemark.query.QueryRequest;
import io.tidemark.query.kernel.Column;
import io.tidemark.query.kernel.Windows;
import io.tidemark.storage.SampleBuffer;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/// How many samples each step of a query looks at, as Prometheus counts them: an instant selector one for each series with a value, a
/// range selector all in the window; a subquery's samples count where they are used, not where they are made. What is evaluated once
/// for all steps counts at each of them.
///
/// Only queries that ask for statistics are counted. Adding is safe on any thread; {@link #enterSubquery} belongs to the evaluating one.
final class StepCounts {
  private final QueryRequest request;
  private final AtomicLongArray counts;
  private final AtomicLong everywhere = new AtomicLong();
  private int subqueries;
  private boolean inAnswer;

  StepCounts(QueryRequest request) {
    this.request = request;
    counts = new AtomicLongArray(!request.countsSteps() ? 0
        : request.isInstant() ? 1 : (int) ((request.endMillis() - request.startMillis()) / request.stepMillis() + 1));
  }

  /// The answer is a subquery's own samples: what makes them counts.
  void answerIsSubquery() {
    inAnswer = true;
  }

  /// Returns whether the subquery's samples count, and not what makes them.
  boolean enterSubquery() {
    boolean counts = !inAnswer;
    inAnswer = false;
    subqueries += counts ? 1 : 0;
    return counts;
  }

  void leaveSubquery(boolean counts) {
    subqueries -= counts ? 1 : 0;
  }

  /// Whether what is made from the tree now will be counted.
  boolean isCounting() {
    return counts.length() > 0 && subqueries == 0;
  }

  /// Counts a column of an instant selector.
  void instant(Column column, Windows windows) {
    for (int step = 0; step < windows.count(); step++) {
      if (column.has(step)) {
        add(windows, step, weight(column.histogram(step)));
      }
    }
  }

  /// A number counts as one sample; a histogram as many as its bytes would hold, by Prometheus' reckoning: 168 for itself, 8 for each
  /// bucket and each run of buckets.
  private static long weight(@Nullable Histogram histogram) {
    return histogram == null ? 1 : (168 + 8 + 8 * (words(histogram.positive()) + words(histogram.negative()))) / 16;
  }

  private static long words(Histogram.Buckets buckets) {
    int[] indexes = buckets.indexes();
    long runs = 0;
    for (int i = 0; i < indexes.length; i++) {
      runs += i == 0 || indexes[i] != indexes[i - 1] + 1 ? 1 : 0;
    }
    return indexes.length + runs;
  }

  /// Counts the samples of a range vector's series.
  void range(SampleBuffer samples, Windows windows) {
    int from = 0;
    int to = 0;
    long weight = 0;
    for (int step = 0; step < windows.count(); step++) {
      while (to < samples.count && samples.timestampsMillis[to] <= windows.endMillis(step)) {
        weight += weight(samples, to++);
      }
      while (from < to && samples.timestampsMillis[from] <= windows.startMillis(step)) {
        weight -= weight(samples, from++);
      }
      add(windows, step, weight);
    }
  }

  private static long weight(SampleBuffer samples, int at) {
    return samples.hasHistograms() ? weight(samples.histograms[at]) : 1;
  }

  private void add(Windows windows, int step, long count) {
    if (counts.length() == 1 || windows.count() == 1) {
      everywhere.addAndGet(count);
    } else {
      counts.addAndGet((int) ((windows.evalMillis(step) - request.startMillis()) / request.stepMillis()), count);
    }
  }

  /// For each step of the query; empty when it did not ask.
  long[] perStep() {
    var perStep = new long[counts.length()];
    for (int i = 0; i < perStep.length; i++) {
      perStep[i] = counts.get(i) + everywhere.get();
    }
    return perStep;
  }
}
