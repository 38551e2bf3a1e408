package io.tidemark.collector;

import io.tidemark.collector.budget.Account;
import io.tidemark.collector.budget.FingerprintSet.Sight;
import io.tidemark.collector.budget.Recent;
import io.tidemark.log.SeriesHash;
import io.tidemark.model.LabelBytes;
import io.tidemark.time.Entropy;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Asks the budgets about each new series of one loop, by the bytes of its labels: a series that is refused leaves no garbage.
///
/// Accounts have texts for names, of which none are made here for what was seen lately. Series with the same names of labels, the same
/// metric and the same service have the same accounts, so these are kept together as the *shape* of such series, found by these bytes. A
/// shape is good for a period, and until the ledger gives accounts up. And values that were counted in the present period are known without
/// a look at the fingerprints that all loops share.
///
/// All of that is memory of a fixed size. Owned by one loop.
public final class BudgetCheck {
  /// Of values, the same for all loops. No sender knows its seeds, so that none has two values counted as one.
  private static final SeriesHash TEXTS = new SeriesHash(Entropy.system());
  private static final int SERVICES = 256;
  static final int SHAPES = 1024;
  private static final int VALUES = 4096;
  /// Longer names and services have no shape that is kept.
  private static final int SHAPE_BYTES_MAX = 1024;
  /// In place of the hash of a new value: a value that is known or not counted; a label without an account.
  private static final long KNOWN = 0;
  private static final long NO_ACCOUNT = -1;

  private final SeriesBudgets budgets;
  private final List<byte[]> serviceLabels;
  private final Recent<Account> services = new Recent<>(SERVICES);
  private final Recent<Shape> shapes = new Recent<>(SHAPES);
  /// Hashes of values that were seen in `period`.
  private final long[] knownValues = new long[VALUES];
  private int period = -1;
  private int sweeps = -1;
  private String sender = "";
  private byte[] senderBytes = new byte[0];

  /// Of the series that is asked about: its service, what its shape is found by, and its values that are new, by label.
  private LabelBytes labels = new LabelBytes();
  private Account service;
  private byte[] key = new byte[256];
  private int keyBytes;
  private @Nullable Shape shape;
  private long[] hashes = new long[16];
  private boolean isLooked;
  private long nowMillis;

  /// The accounts of series that differ in values only. Those that are not there are made when the first series comes in.
  private static final class Shape {
    final String metricName;
    @Nullable Account metric;
    /// By label; empty for one that is not counted.
    final String[] names;
    final @Nullable Account[] accounts;

    Shape(String metricName, String[] names) {
      this.metricName = metricName;
      this.names = names;
      accounts = new Account[names.length];
    }
  }

  BudgetCheck(SeriesBudgets budgets, List<String> serviceLabels) {
    this.budgets = budgets;
    this.serviceLabels = serviceLabels.stream().map(label -> label.getBytes(StandardCharsets.UTF_8)).toList();
    service = budgets.node();
  }

  /// Whether a series that a writer does not know may come in; counts it then.
  ///
  /// @param asked      arranged
  /// @param labelsHash of the canonical labels, the same in every process
  /// @param from       owns the series when none of its labels tells the service
  /// @param samples    that are refused with it
  /// @param always     for series that the process makes itself: they are counted, never refused
  /// @return nothing when it may, else the account that has no room; {@link SeriesBudgets#describe} says it in words
  public Optional<Account> admit(LabelBytes asked, long labelsHash, String from, long samples, long atMillis, boolean always) {
    nowMillis = atMillis;
    int now = budgets.period(atMillis);
    long hash = budgets.seriesHash(labelsHash);
    Sight sight = budgets.series().see(hash, now);
    if (sight == Sight.PRESENT) {
      return Optional.empty();
    }
    begin(asked, from, now);
    if (sight == Sight.ABSENT && !always) {
      Account full = full(1);
      if (full != null) {
        if (!isKept(labelsHash)) {
          budgets.countRefused(full, samples);
          full.refuse(hash, samples, atMillis, asked);
          return Optional.of(full);
        }
        budgets.countSampled();
      }
    }
    if (sight == Sight.EARLIER || budgets.series().add(hash, now)) {
      count(sight == Sight.EARLIER);
    }
    return Optional.empty();
  }

  private void begin(LabelBytes asked, String from, int now) {
    if (period != now) {
      period = now;
      Arrays.fill(knownValues, KNOWN);
      forget();
    }
    if (sweeps != budgets.sweeps()) {
      forget();
    }
    labels = asked;
    isLooked = false;
    int told = -1;
    for (int i = 0; i < serviceLabels.size() && told < 0; i++) {
      told = asked.indexOf(serviceLabels.get(i));
    }
    if (told < 0 && !from.equals(sender)) {
      sender = from;
      senderBytes = from.getBytes(StandardCharsets.UTF_8);
    }
    findService(told);
    findShape(told);
  }

  /// Accounts may have been given up.
  private void forget() {
    sweeps = budgets.sweeps();
    services.clear();
    budgets.countShapes(-shapes.count());
    shapes.clear();
  }

  private void findService(int told) {
    byte[] bytes = told < 0 ? senderBytes : labels.bytes();
    int begin = told < 0 ? 0 : labels.valueFrom(told);
    int end = told < 0 ? senderBytes.length : labels.valueTo(told);
    Account known = services.find(bytes, begin, end);
    if (known == null) {
      known = budgets.service(told < 0 ? sender : labels.value(told), period, nowMillis);
      if (end - begin <= SHAPE_BYTES_MAX) {
        services.put(bytes, begin, end, known);
      }
    }
    service = known;
  }

  /// The key: the names of the labels, and the values of the two that tell metric and service, each behind its length; a sender at the end.
  private void findShape(int told) {
    int metric = labels.indexOfMetricName();
    int needed = labels.length() + 1 + senderBytes.length;
    if (needed > key.length) {
      key = new byte[Math.max(needed, key.length * 2)];
    }
    byte[] bytes = labels.bytes();
    keyBytes = 0;
    for (int i = 0; i < labels.count(); i++) {
      int to = i == metric || i == told ? labels.valueTo(i) : labels.nameTo(i);
      append(bytes, labels.from(i), to);
    }
    if (told < 0) {
      key[keyBytes++] = 0;
      append(senderBytes, 0, senderBytes.length);
    }
    shape = keyBytes > SHAPE_BYTES_MAX ? null : shapes.find(key, 0, keyBytes);
  }

  private void append(byte[] bytes, int begin, int end) {
    System.arraycopy(bytes, begin, key, keyBytes, end - begin);
    keyBytes += end - begin;
  }

  private Shape shape() {
    Shape known = shape;
    if (known != null) {
      return known;
    }
    int metric = labels.indexOfMetricName();
    var names = new String[labels.count()];
    for (int i = 0; i < names.length; i++) {
      String name = labels.name(i);
      names[i] = i == metric || budgets.tellsService(name) ? "" : name;
    }
    var made = new Shape(metric < 0 ? "" : labels.value(metric), names);
    if (keyBytes <= SHAPE_BYTES_MAX) {
      int before = shapes.count();
      shapes.put(key, 0, keyBytes, made);
      budgets.countShapes(shapes.count() - before);
    }
    shape = made;
    return made;
  }

  /// The first account on the way to the series that has no room under `times` its budget.
  private @Nullable Account full(int times) {
    Account node = budgets.node();
    if (node.isFull(period, nowMillis, times) && (service.active(period, nowMillis) >= SeriesBudgets.RESERVED
        || node.isFull(period, nowMillis, times, budgets.reserve()))) {
      return node;
    }
    if (service.isFull(period, nowMillis, times)) {
      return service;
    }
    Shape of = shape();
    if (of.metric == null) {
      of.metric = service.child(of.metricName).orElse(null);
    }
    return of.metric != null && of.metric.isFull(period, nowMillis, times) ? of.metric : fullLabel(of, times);
  }

  /// The first label that has no room for its new value.
  private @Nullable Account fullLabel(Shape of, int times) {
    look(of);
    for (int i = 0; i < of.names.length; i++) {
      Account label = of.accounts[i];
      if (hashes[i] != KNOWN && label != null && label.isFull(period, nowMillis, times)) {
        return label;
      }
    }
    return null;
  }

  private void look(Shape of) {
    if (isLooked) {
      return;
    }
    isLooked = true;
    if (hashes.length < of.names.length) {
      hashes = new long[of.names.length * 2];
    }
    for (int i = 0; i < of.names.length; i++) {
      if (of.accounts[i] == null && of.metric != null && !of.names[i].isEmpty()) {
        of.accounts[i] = of.metric.child(of.names[i]).orElse(null);
      }
      Account label = of.accounts[i];
      hashes[i] = label != null ? newHash(label, i) : of.names[i].isEmpty() ? KNOWN : NO_ACCOUNT;
    }
  }

  /// The hash of a label's value if it is new to the label, else {@link #KNOWN}.
  private long newHash(Account label, int number) {
    int begin = labels.valueFrom(number);
    long hash = SeriesHash.combine(label.seed(), TEXTS.low(labels.bytes(), begin, labels.valueTo(number)));
    int slot = (int) hash & VALUES - 1;
    if (knownValues[slot] == hash) {
      return KNOWN;
    }
    Sight sight = budgets.values().see(hash, period);
    if (sight == Sight.ABSENT) {
      return hash;
    }
    if (sight == Sight.EARLIER) {
      label.renew(period, nowMillis);
    }
    knownValues[slot] = hash;
    return KNOWN;
  }

  private boolean isKept(long labelsHash) {
    return switch (budgets.action()) {
      case REFUSE -> false;
      case OBSERVE -> true;
      // No secret in it, so that processes that get the same series keep the same ones.
      case SAMPLE -> budgets.isInShare(labelsHash) && full(2) == null;
    };
  }

  /// Counts a series that was let in. An account is counted on before the next one is made, so that it is not given up as idle then.
  private void count(boolean isRenewed) {
    count(budgets.node(), isRenewed);
    count(service, isRenewed);
    Shape of = shape();
    Account metric = of.metric;
    if (metric == null || sweeps != budgets.sweeps()) {
      metric = budgets.metric(service, of.metricName, period, nowMillis);
      of.metric = metric;
    }
    count(metric, isRenewed);
    look(of);
    for (int i = 0; i < of.names.length; i++) {
      if (hashes[i] != KNOWN) {
        countValue(of, metric, i);
      }
    }
  }

  private void count(Account account, boolean isRenewed) {
    if (isRenewed) {
      account.renew(period, nowMillis);
    } else {
      account.appear(period, nowMillis);
    }
  }

  private void countValue(Shape of, Account metric, int number) {
    Account label = of.accounts[number];
    long hash = hashes[number];
    if (label == null || sweeps != budgets.sweeps()) {
      Optional<Account> made = budgets.label(metric, of.names[number], period, nowMillis);
      if (made.isEmpty()) {
        return;
      }
      label = made.get();
      of.accounts[number] = label;
      hash = newHash(label, number);
    }
    if (hash != KNOWN && budgets.values().add(hash, period)) {
      label.appear(period, nowMillis);
      knownValues[(int) hash & VALUES - 1] = hash;
    }
  }
}
