package io.tidemark.collector.budget;

import io.tidemark.collector.BudgetKind;
import io.tidemark.collector.CardinalityView;
import java.util.Collection;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;

/// What one service, one metric of it or one label of that has, and its budget.
///
/// Something is active in the period in which it was last defined and in the one after. So active is what the period before had, and what
/// appeared in this one without having been there; what was there and came again is counted for the next period only.
///
/// Safe on any thread; a monitor an account.
public final class Account {
  private final CardinalityView.Name name;
  private final long budget;
  private final Quarantine quarantine;
  /// Makes the values of each label differ from those of others.
  private final long seed;
  private final Map<String, Account> children = new ConcurrentHashMap<>(2);
  private final Optional<Growth> growth;

  private int period;
  private int before;
  private int current;
  private int fresh;
  /// On top of the budget until the period ends, since it was released by hand.
  private long extra;
  private Optional<Offence> offence = Optional.empty();

  /// @param seed random
  public Account(CardinalityView.Name name, long budget, long seed, Quarantine quarantine) {
    this.name = name;
    this.budget = budget;
    this.seed = seed;
    this.quarantine = quarantine;
    growth = name.kind() == BudgetKind.LABEL ? Optional.empty() : Optional.of(new Growth());
  }

  public CardinalityView.Name name() {
    return name;
  }

  public long seed() {
    return seed;
  }

  /// The account of a part, if there is one.
  public Optional<Account> child(String part) {
    return Optional.ofNullable(children.get(part));
  }

  /// The account of a part; `make` makes one that is not there.
  public Account child(String part, Function<String, Account> make) {
    return children.computeIfAbsent(part, make);
  }

  public Collection<Account> children() {
    return children.values();
  }

  /// Forgets parts without anything active; returns how many.
  public int forgetIdle(int now, long nowMillis) {
    int before = children.size();
    children.values().removeIf(child -> child.isIdle(now, nowMillis));
    return before - children.size();
  }

  private synchronized boolean isIdle(int now, long nowMillis) {
    turn(now, nowMillis);
    return before + fresh + current == 0 && offence.isEmpty();
  }

  public synchronized long active(int now, long nowMillis) {
    turn(now, nowMillis);
    return before + fresh;
  }

  /// Whether there is no room for one more under `times` the budget.
  public synchronized boolean isFull(int now, long nowMillis, int times) {
    turn(now, nowMillis);
    return budget != Long.MAX_VALUE && before + fresh >= budget * times + extra;
  }

  /// Counts something that is not active yet.
  public synchronized void appear(int now, long nowMillis) {
    turn(now, nowMillis);
    fresh++;
    current++;
    growth.ifPresent(slots -> slots.add(nowMillis));
  }

  /// Counts something of the period before that is there in this one too.
  public synchronized void renew(int now, long nowMillis) {
    turn(now, nowMillis);
    current++;
  }

  /// Counts samples of a series that was refused because this account is full.
  public synchronized void refuse(long hash, long samples, long nowMillis, Supplier<String> example) {
    Offence open = offence.orElseGet(() -> new Offence(nowMillis, example.get(), quarantine.begin(this)));
    open.add(hash, samples, nowMillis);
    offence = Optional.of(open);
  }

  public synchronized boolean isOver(int now, long nowMillis) {
    turn(now, nowMillis);
    return offence.isPresent();
  }

  /// Grants another budget until the period ends; false when nothing was refused.
  public synchronized boolean release(int now, long nowMillis) {
    turn(now, nowMillis);
    if (offence.isEmpty()) {
      return false;
    }
    extra = Math.max(0, before + fresh - budget) + budget;
    end(nowMillis);
    return true;
  }

  private void turn(int now, long nowMillis) {
    if (now <= period) {
      return;
    }
    before = now == period + 1 ? current : 0;
    current = 0;
    fresh = 0;
    extra = 0;
    period = now;
    if (offence.isPresent() && before < budget) {
      end(nowMillis);
    }
  }

  private void end(long nowMillis) {
    Offence ended = offence.orElseThrow();
    quarantine.end(this, ended, summary(ended, nowMillis));
    offence = Optional.empty();
  }

  private CardinalityView.Quarantined summary(Offence of, long untilMillis) {
    return new CardinalityView.Quarantined(name, before + fresh, budget, of.sinceMillis, of.lastMillis, untilMillis, of.samples,
        of.series(), of.example);
  }

  /// What is to be told when it is over its budget.
  public synchronized Optional<CardinalityView.Quarantined> offence(long untilMillis) {
    return offence.map(open -> summary(open, untilMillis));
  }

  public CardinalityView.Row row(int now, long nowMillis) {
    String widest = name.kind() == BudgetKind.METRIC ? widest(now, nowMillis) : "";
    synchronized (this) {
      turn(now, nowMillis);
      return new CardinalityView.Row(name, before + fresh, budget, growth.map(slots -> slots.ofHour(nowMillis)).orElse(-1L),
          growth.map(slots -> slots.ofDay(nowMillis)).orElse(-1L), fresh, widest, offence.isPresent());
    }
  }

  private String widest(int now, long nowMillis) {
    return children.values().stream().max(Comparator.comparingLong(label -> label.active(now, nowMillis)))
        .map(label -> label.name.label()).orElse("");
  }
}
