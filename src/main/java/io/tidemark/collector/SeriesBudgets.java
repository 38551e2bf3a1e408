package io.tidemark.collector;

import io.tidemark.collector.CardinalityConfig.Action;
import io.tidemark.collector.CardinalityView.Name;
import io.tidemark.collector.CardinalityView.Row;
import io.tidemark.collector.budget.Account;
import io.tidemark.collector.budget.FingerprintSet;
import io.tidemark.collector.budget.Quarantine;
import io.tidemark.log.SeriesHash;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Entropy;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.DoubleSupplier;
import java.util.stream.Stream;

/// The cardinality firewall: says of each series that is new to a writer whether it may come in, and keeps the ledger.
///
/// What is active is known by fingerprints, so it passes whatever the budgets say; a writer asks once an epoch, so a sample of a series
/// that it knows costs nothing here. A new series must fit the budgets of the node, of its service, of its metric within the service and
/// of each label's values within the metric. Beyond one it is refused, counted by a sketch and not remembered.
///
/// One for all loops; safe on any thread, never waits. Why so: docs/adr/0044-active-series-are-known-by-fingerprints.md.
public final class SeriesBudgets {
  /// What does not fit the accounts that are kept.
  static final String OTHERS = "(others)";
  /// A service with fewer series than this may add some while the node is over its budget, as long as {@link #reserve} lasts.
  static final int RESERVED = 1_000;
  /// The share of the node's budget that such services may add to it, all together.
  private static final int RESERVE_PARTS = 10;
  /// Longer names have no account of their own.
  private static final int NAME_CHARS_MAX = 200;

  private final CardinalityConfig config;
  private final Clock clock;
  private final long secret;
  private final long sinceMillis;
  private final FingerprintSet series = new FingerprintSet();
  private final FingerprintSet values = new FingerprintSet();
  private final Quarantine quarantine = new Quarantine();
  private final Account node;
  private final Account otherServices;
  private final AtomicInteger metricAccounts = new AtomicInteger();
  private final AtomicInteger labelAccounts = new AtomicInteger();
  private final AtomicInteger accountsMade = new AtomicInteger();
  private final AtomicInteger sweptPeriod = new AtomicInteger();
  private final AtomicInteger sweeps = new AtomicInteger();
  private final AtomicInteger checks = new AtomicInteger();
  private final AtomicInteger shapes = new AtomicInteger();
  private final Map<BudgetKind, Counter> refused = new EnumMap<>(BudgetKind.class);
  private final Counter sampled;

  public SeriesBudgets(CardinalityConfig config, Clock clock, Entropy entropy, Metrics metrics) {
    this.config = config;
    this.clock = clock;
    secret = entropy.nextLong();
    sinceMillis = clock.millis();
    node = new Account(new Name(BudgetKind.NODE, "", "", ""), config.nodeSeries(), 0, quarantine);
    otherServices = new Account(new Name(BudgetKind.SERVICE, OTHERS, "", ""), config.series().service(), 0, quarantine);
    for (BudgetKind kind : BudgetKind.values()) {
      refused.put(kind, metrics.counter("tidemark_cardinality_refused_samples_total", "Samples of new series beyond a budget.",
          "budget", kind.label()));
      metrics.gauge("tidemark_cardinality_quarantined", "Accounts that are over their budget.",
          () -> quarantine.open(period(), clock.millis()).stream().filter(account -> account.name().kind() == kind).count(),
          "budget", kind.label());
    }
    sampled = metrics.counter("tidemark_cardinality_sampled_series_total", "New series beyond a budget that were kept.");
    metrics.gauge("tidemark_cardinality_series", "Active series that this process has taken in.",
        () -> node.active(period(), clock.millis()));
    metrics.gauge("tidemark_cardinality_series_max", "Bound of the active series.", config::nodeSeries);
    metrics.gauge("tidemark_cardinality_fingerprint_bytes", "Memory by which active series and label values are known.",
        () -> series.bytes() + values.bytes());
    metrics.gauge("tidemark_cardinality_shapes", "Ways to the accounts of series that differ in values only, as loops keep them.",
        shapes::get);
    metrics.gauge("tidemark_cardinality_shapes_max", "Bound of these.", () -> checks.get() * BudgetCheck.SHAPES);
    tracked(metrics, "service", () -> node.children().size(), config.tracked().service());
    tracked(metrics, "metric", metricAccounts::get, config.tracked().metric());
    tracked(metrics, "label", labelAccounts::get, config.tracked().label());
  }

  private static void tracked(Metrics metrics, String kind, DoubleSupplier count, long max) {
    metrics.gauge("tidemark_cardinality_accounts", "Accounts that are kept.", count, "budget", kind);
    metrics.gauge("tidemark_cardinality_accounts_max", "Bound of the accounts; what is beyond shares one.", () -> max, "budget", kind);
  }

  private int period() {
    return period(clock.millis());
  }

  int period(long nowMillis) {
    return (int) (nowMillis / config.periodMillis());
  }

  /// What asks for the new series of one loop.
  public BudgetCheck check() {
    checks.incrementAndGet();
    return new BudgetCheck(this, config.serviceLabels());
  }

  FingerprintSet series() {
    return series;
  }

  /// Of labels.
  FingerprintSet values() {
    return values;
  }

  Account node() {
    return node;
  }

  /// How many series all services with few of them may have on top of the node's budget. Without it their number would bound nothing.
  long reserve() {
    return Math.max(RESERVED, config.nodeSeries() / RESERVE_PARTS);
  }

  Action action() {
    return config.action();
  }

  /// How often accounts were given up; those found before may not be counted on any more.
  int sweeps() {
    return sweeps.get();
  }

  /// Under which a series is known, of the hash of its labels.
  long seriesHash(long labelsHash) {
    return mix(secret, labelsHash);
  }

  /// Whether a series is among those that are kept of what is beyond a budget, whoever asks.
  boolean isInShare(long labelsHash) {
    return (mix(1, labelsHash) >>> 11) * 0x1p-53 < config.sampleShare();
  }

  void countRefused(Account full, long samples) {
    refused.get(full.name().kind()).add(samples);
  }

  void countShapes(int more) {
    shapes.addAndGet(more);
  }

  void countSampled() {
    sampled.increment();
  }

  boolean tellsService(String label) {
    return config.serviceLabels().contains(label);
  }

  private static long mix(long before, long next) {
    return SeriesHash.combine(before, next);
  }

  /// The account of a service, made if there is none.
  Account service(String name, int period, long nowMillis) {
    Optional<Account> known = node.child(name);
    if (known.isPresent()) {
      return known.get();
    }
    boolean hasRoom = node.children().size() < config.tracked().service() || forgetIdle(period, nowMillis)
        && node.children().size() < config.tracked().service();
    if (name.length() > NAME_CHARS_MAX || !hasRoom && !config.services().containsKey(name)) {
      return otherServices;
    }
    return node.child(name, text -> account(new Name(BudgetKind.SERVICE, text, "", ""),
        config.services().getOrDefault(text, config.series().service())));
  }

  /// The account of a metric, made if there is none. One service has at most half of them, so that names without end leave some to others.
  Account metric(Account service, String name, int period, long nowMillis) {
    Optional<Account> known = service.child(name);
    if (known.isPresent()) {
      return known.get();
    }
    long max = config.tracked().metric();
    boolean hasRoom = service.children().size() <= max / 2
        && (metricAccounts.get() < max || forgetIdle(period, nowMillis) && metricAccounts.get() < max);
    boolean isOwn = name.length() <= NAME_CHARS_MAX && hasRoom;
    // Without a budget: that of the service bounds what shares this account.
    return service.child(isOwn ? name : OTHERS, text -> {
      metricAccounts.incrementAndGet();
      return account(new Name(BudgetKind.METRIC, service.name().service(), text, ""),
          isOwn ? config.metrics().getOrDefault(text, config.series().metric()) : Long.MAX_VALUE);
    });
  }

  /// The account of a label, made if there is none and room for it.
  Optional<Account> label(Account metric, String name, int period, long nowMillis) {
    Optional<Account> known = metric.child(name);
    if (known.isPresent()) {
      return known;
    }
    long max = config.tracked().label();
    boolean hasRoom = labelAccounts.get() < max || forgetIdle(period, nowMillis) && labelAccounts.get() < max;
    if (name.length() > NAME_CHARS_MAX || metric.name().metric().equals(OTHERS) || !hasRoom) {
      return Optional.empty();
    }
    return Optional.of(metric.child(name, text -> {
      labelAccounts.incrementAndGet();
      return account(new Name(BudgetKind.LABEL, metric.name().service(), metric.name().metric(), text),
          config.labels().getOrDefault(text, config.series().label()));
    }));
  }

  private Account account(Name name, long budget) {
    return new Account(name, budget, mix(secret, accountsMade.incrementAndGet()), quarantine);
  }

  /// Once a period, and only when there are too many: gives up accounts of which nothing is active; false when that was done already.
  private boolean forgetIdle(int period, long nowMillis) {
    int swept = sweptPeriod.get();
    if (swept >= period || !sweptPeriod.compareAndSet(swept, period)) {
      return false;
    }
    for (Account service : services()) {
      for (Account metric : service.children()) {
        labelAccounts.addAndGet(-metric.forgetIdle(period, nowMillis));
      }
      metricAccounts.addAndGet(-service.forgetIdle(period, nowMillis));
    }
    node.forgetIdle(period, nowMillis);
    sweeps.incrementAndGet();
    return true;
  }

  private List<Account> services() {
    return Stream.concat(node.children().stream(), Stream.of(otherServices)).toList();
  }

  /// What is over its budget and what to do, for the sender of a refused series.
  public String describe(Account account, long nowMillis) {
    Row row = account.row(period(nowMillis), nowMillis);
    Name name = row.name();
    String who = switch (name.kind()) {
      case NODE -> "this node has " + row.active() + " active series, at most " + row.budget() + " (cardinality.series)";
      case SERVICE -> "service \"" + name.service() + "\" has " + row.active() + " active series, at most " + row.budget()
          + " (cardinality.service_series, or services." + name.service() + ")";
      case METRIC -> "metric \"" + name.metric() + "\" of service \"" + name.service() + "\" has " + row.active()
          + " active series, at most " + row.budget() + " (cardinality.metric_series, or metrics." + name.metric() + ")";
      case LABEL -> "label \"" + name.label() + "\" of metric \"" + name.metric() + "\" of service \"" + name.service() + "\" has "
          + row.active() + " values, at most " + row.budget() + " (cardinality.label_values, or labels." + name.label() + ")";
    };
    return who + "; the series it has go on, new ones are refused; drop labels without end, or raise the budget; "
        + "see /api/v1/status/cardinality";
  }

  /// Grants what is over its budget as much again until the period ends.
  ///
  /// @param metric empty for the service itself
  /// @param label  empty for the metric itself
  /// @return false when nothing of it was refused
  public boolean release(String service, String metric, String label) {
    long nowMillis = clock.millis();
    Optional<Account> found = service.isEmpty() ? Optional.of(node)
        : services().stream().filter(account -> account.name().service().equals(service)).findFirst();
    if (!metric.isEmpty()) {
      found = found.flatMap(account -> account.child(metric));
    }
    if (!label.isEmpty()) {
      found = found.flatMap(account -> account.child(label));
    }
    return found.isPresent() && found.get().release(period(nowMillis), nowMillis);
  }

  /// The ledger as it is now. Looks at every account: for a worker.
  ///
  /// @param service empty for all of them
  /// @param rows    of each list
  public CardinalityView view(String service, int rows) {
    long nowMillis = clock.millis();
    int period = period(nowMillis);
    long endMillis = (period + 1) * config.periodMillis();
    var services = services().stream().filter(account -> service.isEmpty() || account.name().service().equals(service)).toList();
    var metrics = new ArrayList<Account>();
    services.forEach(account -> metrics.addAll(account.children()));
    Stream<Account> labels = metrics.stream().flatMap(metric -> metric.children().stream());
    var quarantined = quarantine.open(period, nowMillis).stream().flatMap(account -> account.offence(endMillis).stream())
        .filter(row -> service.isEmpty() || row.name().service().equals(service))
        .sorted(Comparator.comparingLong(CardinalityView.Quarantined::refusedSamples).reversed()).limit(rows).toList();
    var ended = quarantine.ended().stream().filter(row -> service.isEmpty() || row.name().service().equals(service)).limit(rows).toList();
    return new CardinalityView(sinceMillis, nowMillis, endMillis, node.row(period, nowMillis),
        top(services.stream(), rows, period, nowMillis), top(metrics.stream(), rows, period, nowMillis),
        top(labels, rows, period, nowMillis), quarantined, ended);
  }

  private static List<Row> top(Stream<Account> accounts, int rows, int period, long nowMillis) {
    return accounts.map(account -> account.row(period, nowMillis)).filter(row -> row.active() > 0 || row.isOver())
        .sorted(Comparator.comparingLong(Row::active).reversed().thenComparing(row -> row.name().toString())).limit(rows).toList();
  }
}
