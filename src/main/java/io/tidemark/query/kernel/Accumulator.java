package io.tidemark.query.kernel;

import java.util.Arrays;

/// The running state of one aggregation group over all steps: columns go in one by one, one column comes out.
///
/// Sums are compensated (Neumaier); a mean is the sum divided at the end, and only where that sum overflows a mean kept value by
/// value; variances follow Welford and merge after Chan. Merging in a fixed order gives the same bits on any number of threads.
public final class Accumulator {
  /// What is gathered.
  public enum Kind { SUM, MEAN, COUNT, MIN, MAX, GROUP, VARIANCE, DEVIATION }

  private static final double[] NOTHING = new double[0];

  private final Kind kind;
  private final int steps;
  /// How many values each step has seen.
  private final int[] counts;
  /// The sum, the extremum or the mean.
  private final double[] main;
  /// The sum's compensation, or the sum of squared distances from the mean.
  private final double[] extra;
  /// Steps whose sum overflowed and now hold a mean; empty until that happens.
  private boolean[] incremental = new boolean[0];

  public Accumulator(Kind kind, int steps) {
    this.kind = kind;
    this.steps = steps;
    counts = new int[steps];
    main = kind == Kind.COUNT || kind == Kind.GROUP ? NOTHING : new double[steps];
    extra = kind == Kind.COUNT || kind == Kind.GROUP || kind == Kind.MIN || kind == Kind.MAX ? NOTHING : new double[steps];
  }

  /// Bytes that an accumulator of so many steps holds, at most.
  public static long bytes(int steps) {
    return steps * 20L + 96;
  }

  /// Takes in one column.
  public void add(double[] column) {
    switch (kind) {
      case SUM -> addSum(column);
      case MEAN -> addMean(column);
      case COUNT, GROUP -> addCount(column);
      case MIN -> addMin(column);
      case MAX -> addMax(column);
      case VARIANCE, DEVIATION -> addVariance(column);
    }
  }

  private void addSum(double[] column) {
    for (int i = 0; i < steps; i++) {
      double value = column[i];
      if (Columns.has(value)) {
        double sum = main[i];
        double total = sum + value;
        extra[i] = Sums.compensate(sum, value, total, extra[i]);
        main[i] = total;
        counts[i]++;
      }
    }
  }

  private void addMean(double[] column) {
    for (int i = 0; i < steps; i++) {
      double value = column[i];
      if (Columns.has(value)) {
        counts[i]++;
        double sum = main[i];
        double total = sum + value;
        if (Double.isInfinite(total) || incremental.length > 0 && incremental[i]) {
          addToMean(i, value);
        } else {
          extra[i] = Sums.compensate(sum, value, total, extra[i]);
          main[i] = total;
        }
      }
    }
  }

  /// Adds `value`, already counted, to a mean; turns the step from sum to mean if it is not one yet.
  private void addToMean(int i, double value) {
    double n = counts[i];
    if (n == 1) {
      main[i] = value;
      extra[i] = 0;
      return;
    }
    toMean(i, n - 1);
    double kept = (n - 1) / n * main[i];
    double total = kept + value / n;
    extra[i] = Sums.compensate(kept, value / n, total, (n - 1) / n * extra[i]);
    main[i] = total;
  }

  private void toMean(int i, double n) {
    if (incremental.length == 0) {
      incremental = new boolean[steps];
    }
    if (!incremental[i]) {
      incremental[i] = true;
      main[i] /= n;
      extra[i] /= n;
    }
  }

  private void addCount(double[] column) {
    for (int i = 0; i < steps; i++) {
      if (Columns.has(column[i])) {
        counts[i]++;
      }
    }
  }

  private void addMin(double[] column) {
    for (int i = 0; i < steps; i++) {
      double value = column[i];
      if (Columns.has(value)) {
        if (counts[i]++ == 0 || value < main[i] || Double.isNaN(main[i])) {
          main[i] = value;
        }
      }
    }
  }

  private void addMax(double[] column) {
    for (int i = 0; i < steps; i++) {
      double value = column[i];
      if (Columns.has(value)) {
        if (counts[i]++ == 0 || value > main[i] || Double.isNaN(main[i])) {
          main[i] = value;
        }
      }
    }
  }

  private void addVariance(double[] column) {
    for (int i = 0; i < steps; i++) {
      double value = column[i];
      if (Columns.has(value)) {
        int n = ++counts[i];
        double delta = value - main[i];
        main[i] += delta / n;
        extra[i] += delta * (value - main[i]);
      }
    }
  }

  /// Takes in what another accumulator of the same kind and steps has gathered after this one.
  public void merge(Accumulator later) {
    for (int i = 0; i < steps; i++) {
      if (later.counts[i] == 0) {
        continue;
      }
      if (counts[i] == 0) {
        take(later, i);
        continue;
      }
      switch (kind) {
        case SUM -> mergeSum(later, i);
        case MEAN -> mergeMean(later, i);
        case COUNT, GROUP -> { }
        case MIN -> main[i] = later.main[i] < main[i] || Double.isNaN(main[i]) ? later.main[i] : main[i];
        case MAX -> main[i] = later.main[i] > main[i] || Double.isNaN(main[i]) ? later.main[i] : main[i];
        case VARIANCE, DEVIATION -> {
          double n = counts[i];
          double m = later.counts[i];
          double delta = later.main[i] - main[i];
          main[i] += delta * m / (n + m);
          extra[i] += later.extra[i] + delta * delta * n * m / (n + m);
        }
      }
      counts[i] += later.counts[i];
    }
  }

  private void take(Accumulator later, int i) {
    counts[i] = later.counts[i];
    if (main.length > 0) {
      main[i] = later.main[i];
    }
    if (extra.length > 0) {
      extra[i] = later.extra[i];
    }
    if (later.incremental.length > 0 && later.incremental[i]) {
      if (incremental.length == 0) {
        incremental = new boolean[steps];
      }
      incremental[i] = true;
    }
  }

  private void mergeSum(Accumulator later, int i) {
    double total = main[i] + later.main[i];
    double lost = Sums.compensate(main[i], later.main[i], total, extra[i]);
    extra[i] = Double.isInfinite(total) ? 0 : lost + later.extra[i];
    main[i] = total;
  }

  private void mergeMean(Accumulator later, int i) {
    boolean plain = (incremental.length == 0 || !incremental[i]) && (later.incremental.length == 0 || !later.incremental[i]);
    if (plain && !Double.isInfinite(main[i] + later.main[i])) {
      mergeSum(later, i);
      return;
    }
    double n = counts[i];
    double m = later.counts[i];
    toMean(i, n);
    later.toMean(i, m);
    main[i] = main[i] * (n / (n + m)) + later.main[i] * (m / (n + m));
    extra[i] = extra[i] * (n / (n + m)) + later.extra[i] * (m / (n + m));
  }

  /// The result: no value at steps that saw none.
  public void finish(double[] out) {
    if (kind == Kind.GROUP) {
      Arrays.fill(out, 0, steps, 1);
    }
    for (int i = 0; i < steps; i++) {
      if (counts[i] == 0) {
        out[i] = Columns.NONE;
        continue;
      }
      switch (kind) {
        case SUM -> out[i] = main[i] + extra[i];
        case MEAN -> out[i] = incremental.length > 0 && incremental[i] ? main[i] + extra[i] : main[i] / counts[i] + extra[i] / counts[i];
        case COUNT -> out[i] = counts[i];
        case GROUP -> { }
        case MIN, MAX -> out[i] = main[i];
        case VARIANCE -> out[i] = extra[i] / counts[i];
        case DEVIATION -> out[i] = Math.sqrt(extra[i] / counts[i]);
      }
    }
  }
}
