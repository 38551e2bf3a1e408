package io.tidemark.collector;

import com.dynatrace.hash4j.hashing.Hasher64;
import com.dynatrace.hash4j.hashing.Hashing;
import io.tidemark.collector.CardinalityConfig.Action;
import io.tidemark.collector.CardinalityView.Name;
import io.tidemark.collector.CardinalityView.Row;
import io.tidemark.collector.admit.SeriesHash;
import io.tidemark.collector.admit.Tally;
import io.tidemark.collector.budget.Account;
import io.tidemark.collector.budget.FingerprintSet;
import io.tidemark.collector.budget.FingerprintSet.Sight;
import io.tidemark.collector.budget.Quarantine;
import io.tidemark.model.LabelSet;
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
  /// A service with fewer series than this may add some while the node is over its budget.
  private static final int RESERVED = 1_000;
  /// Longer names have no account of their own.
  private static final int NAME_CHARS_MAX = 200;
  private static final int EXAMPLE_CHARS_MAX = 300;
  private static final Hasher64 TEXTS = Hashing.xxh3_64();

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

  private int period(long nowMillis) {
    return (int) (nowMillis / config.periodMillis());
  }

  /// Whether a series that a writer does not know may come in; counts it then.
  ///
  /// @param labelsHash of the canonical labels, the same in every process
  /// @param sender     owns the series when none of its labels tells the service
  /// @param samples    that are refused with it
  /// @param always     for series that the process makes itself: they are counted, never refused
  /// @return nothing when it may, else the account that has no room; {@link #describe} says it in words
  public Optional<Account> admit(LabelSet labels, long labelsHash, String sender, long samples, long nowMillis, boolean always) {
    int period = period(nowMillis);
    long hash = mix(secret, labelsHash);
    Sight sight = series.see(hash, period);
    if (sight == Sight.PRESENT) {
      return Optional.empty();
    }
    Account service = service(labels, sender, period, nowMillis);
    Account metric = metric(service, labels.metricName(), period, nowMillis);
    var values = new LabelValues(labels, metric);
    if (sight == Sight.ABSENT && !always) {
      Optional<Account> full = full(service, metric, values, period, nowMillis, 1);
      if (full.isPresent()) {
        if (!isKept(labelsHash, service, metric, values, period, nowMillis)) {
          refused.get(full.get().name().kind()).add(samples);
          full.get().refuse(hash, samples, nowMillis, () -> Tally.shorten(labels.toString(), EXAMPLE_CHARS_MAX));
          return full;
        }
        sampled.increment();
      }
    }
    if (sight == Sight.EARLIER || series.add(hash, period)) {
      for (Account account : List.of(node, service, metric)) {
        count(account, sight == Sight.EARLIER, period, nowMillis);
      }
      values.count(period, nowMillis);
    }
    return Optional.empty();
  }

  /// The values of one series, and which of them are new to their label; looked up when asked for the first time.
  private final class LabelValues {
    /// In place of the hash of a new value: a value that is known or not counted; a label without an account.
    private static final long KNOWN = 0;
    private static final long NO_ACCOUNT = -1;

    private final LabelSet labels;
    private final Account metric;
    /// By label.
    private final long[] hashes;
    private boolean isLooked;

    LabelValues(LabelSet labels, Account metric) {
      this.labels = labels;
      this.metric = metric;
      hashes = new long[labels.count()];
    }

    private void look(int period, long nowMillis) {
      if (!isLooked) {
        isLooked = true;
        for (int i = 0; i < hashes.length; i++) {
          if (isCounted(labels.name(i))) {
            Optional<Account> label = metric.child(labels.name(i));
            hashes[i] = label.isPresent() ? newHash(label.get(), labels.value(i), period, nowMillis) : NO_ACCOUNT;
          }
        }
      }
    }

    private long newHash(Account label, String value, int period, long nowMillis) {
      long hash = mix(label.seed(), TEXTS.hashCharsToLong(value));
      return switch (values.see(hash, period)) {
        case PRESENT -> KNOWN;
        case EARLIER -> {
          label.renew(period, nowMillis);
          yield KNOWN;
        }
        case ABSENT -> hash;
      };
    }

    /// The first label that has no room for its new value.
    Optional<Account> full(int period, long nowMillis, int times) {
      look(period, nowMillis);
      for (int i = 0; i < hashes.length; i++) {
        if (hashes[i] != KNOWN && hashes[i] != NO_ACCOUNT) {
          Optional<Account> full = metric.child(labels.name(i)).filter(label -> label.isFull(period, nowMillis, times));
          if (full.isPresent()) {
            return full;
          }
        }
      }
      return Optional.empty();
    }

    /// Counts what is new, for a series that was let in.
    void count(int period, long nowMillis) {
      look(period, nowMillis);
      for (int i = 0; i < hashes.length; i++) {
        if (hashes[i] != KNOWN) {
          Optional<Account> label = label(metric, labels.name(i), period, nowMillis);
          if (label.isPresent()) {
            long hash = hashes[i] == NO_ACCOUNT ? newHash(label.get(), labels.value(i), period, nowMillis) : hashes[i];
            if (hash != KNOWN && values.add(hash, period)) {
              label.get().appear(period, nowMillis);
            }
          }
        }
      }
    }
  }

  private static long mix(long before, long next) {
    return SeriesHash.combine(before, next);
  }

  /// The first account on the way to the series that has no room under `times` its budget.
  private Optional<Account> full(Account service, Account metric, LabelValues values, int period, long nowMillis, int times) {
    if (node.isFull(period, nowMillis, times) && service.active(period, nowMillis) >= RESERVED) {
      return Optional.of(node);
    }
    if (service.isFull(period, nowMillis, times)) {
      return Optional.of(service);
    }
    return metric.isFull(period, nowMillis, times) ? Optional.of(metric) : values.full(period, nowMillis, times);
  }

  /// Whether a series beyond its budget is kept all the same.
  private boolean isKept(long labelsHash, Account service, Account metric, LabelValues values, int period, long nowMillis) {
    return switch (config.action()) {
      case REFUSE -> false;
      case OBSERVE -> true;
      // No secret in it, so that processes that get the same series keep the same ones.
      case SAMPLE -> (mix(1, labelsHash) >>> 11) * 0x1p-53 < config.sampleShare()
          && full(service, metric, values, period, nowMillis, 2).isEmpty();
    };
  }

  private static void count(Account account, boolean isRenewed, int period, long nowMillis) {
    if (isRenewed) {
      account.renew(period, nowMillis);
    } else {
      account.appear(period, nowMillis);
    }
  }

  private Account service(LabelSet labels, String sender, int period, long nowMillis) {
    String name = sender;
    for (String label : config.serviceLabels()) {
      if (labels.has(label)) {
        name = labels.value(label);
        break;
      }
    }
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

  /// One service has at most half of the accounts of metrics, so that names without end leave some to others.
  private Account metric(Account service, String name, int period, long nowMillis) {
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

  /// Not the name, and not what tells the service.
  private boolean isCounted(String label) {
    return !label.equals(LabelSet.NAME) && !config.serviceLabels().contains(label);
  }

  private Optional<Account> label(Account metric, String name, int period, long nowMillis) {
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
    return new CardinalityView(sinceMillis, nowMillis, endMillis, node.row(period, nowMillis),
        top(services.stream(), rows, period, nowMillis), top(metrics.stream(), rows, period, nowMillis),
        top(labels, rows, period, nowMillis), quarantined, quarantine.ended());
  }

  private static List<Row> top(Stream<Account> accounts, int rows, int period, long nowMillis) {
    return accounts.map(account -> account.row(period, nowMillis)).filter(row -> row.active() > 0 || row.isOver())
        .sorted(Comparator.comparingLong(Row::active).reversed().thenComparing(row -> row.name().toString())).limit(rows).toList();
  }
}
