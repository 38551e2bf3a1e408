package io.tidemark.collector.budget;

import io.tidemark.collector.BudgetKind;
import io.tidemark.collector.CardinalityView;
import io.tidemark.collector.admit.Tally;
import io.tidemark.model.LabelBytes;
import java.util.Collection;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// What one service, one metric of it or one label of that has, and its budget.
///
/// Something is active in the period in which it was last defined and in the one after. So active is what the period before had, and what
/// appeared in this one without having been there; what was there and came again is counted for the next period only.
///
/// Safe on any thread; a monitor an account, without which only {@link #isFull} and {@link #active} look.
public final class Account {
  private static final int EXAMPLE_CHARS_MAX = 300;

  private final CardinalityView.Name name;
  private final long budget;
  private final Quarantine quarantine;
  /// Makes the values of each label differ from those of others.
  private final long seed;
  private final Map<String, Account> children = new ConcurrentHashMap<>(2);
  /// None of a label.
  private final @Nullable Growth growth;

  /// Written behind what belongs to it.
  private volatile int period;
  private int before;
  private int current;
  private int fresh;
  /// Of the period before, and what appeared since.
  private volatile int active;
  /// On top of the budget until the period ends, since it was released by hand.
  private volatile long extra;
  private Optional<Offence> offence = Optional.empty();

  /// @param seed random
  public Account(CardinalityView.Name name, long budget, long seed, Quarantine quarantine) {
    this.name = name;
    this.budget = budget;
    this.seed = seed;
    this.quarantine = quarantine;
    growth = name.kind() == BudgetKind.LABEL ? null : new Growth();
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

  public long active(int now, long nowMillis) {
    if (now > period) {
      turnTo(now, nowMillis);
    }
    return active;
  }

  /// Whether there is no room for one more under `times` the budget.
  public boolean isFull(int now, long nowMillis, int times) {
    return isFull(now, nowMillis, times, 0);
  }

  /// Whether there is no room for one more under `times` the budget and `reserve` on top of that.
  public boolean isFull(int now, long nowMillis, int times, long reserve) {
    return budget != Long.MAX_VALUE && active(now, nowMillis) >= budget * times + reserve + extra;
  }

  /// Counts something that is not active yet.
  public synchronized void appear(int now, long nowMillis) {
    turn(now, nowMillis);
    fresh++;
    current++;
    active = before + fresh;
    if (growth != null) {
      growth.add(nowMillis);
    }
  }

  /// Counts something of the period before that is there in this one too.
  public synchronized void renew(int now, long nowMillis) {
    turn(now, nowMillis);
    current++;
  }

  /// Counts samples of a series that was refused because this account is full.
  ///
  /// @param labels of the series; their text is the example if it is the first
  public synchronized void refuse(long hash, long samples, long nowMillis, LabelBytes labels) {
    if (offence.isEmpty()) {
      offence = Optional.of(new Offence(nowMillis, Tally.shorten(labels.toString(), EXAMPLE_CHARS_MAX), quarantine.begin(this)));
    }
    offence.get().add(hash, samples, nowMillis);
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

  private synchronized void turnTo(int now, long nowMillis) {
    turn(now, nowMillis);
  }

  private void turn(int now, long nowMillis) {
    if (now <= period) {
      return;
    }
    before = now == period + 1 ? current : 0;
    current = 0;
    fresh = 0;
    active = before;
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
      return new CardinalityView.Row(name, before + fresh, budget, growth == null ? -1 : growth.ofHour(nowMillis),
          growth == null ? -1 : growth.ofDay(nowMillis), fresh, widest, offence.isPresent());
    }
  }

  private String widest(int now, long nowMillis) {
    return children.values().stream().max(Comparator.comparingLong(label -> label.active(now, nowMillis)))
        .map(label -> label.name.label()).orElse("");
  }
}
