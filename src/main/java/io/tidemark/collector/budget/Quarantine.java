package io.tidemark.collector.budget;

import io.tidemark.collector.CardinalityView;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/// The accounts over their budget, and the last that were. Safe on any thread.
public final class Quarantine {
  /// So many offences have a sketch, of 16 KiB each; further ones count samples only.
  static final int SKETCHES_MAX = 256;
  private static final int ENDED_MAX = 100;

  private final Set<Account> open = ConcurrentHashMap.newKeySet();
  private final AtomicInteger sketches = new AtomicInteger();
  private final Deque<CardinalityView.Quarantined> ended = new ArrayDeque<>();

  /// Takes an account in; its offence may have a sketch when the answer is true.
  boolean begin(Account account) {
    open.add(account);
    if (sketches.incrementAndGet() <= SKETCHES_MAX) {
      return true;
    }
    sketches.decrementAndGet();
    return false;
  }

  void end(Account account, Offence offence, CardinalityView.Quarantined summary) {
    open.remove(account);
    if (offence.isSketched()) {
      sketches.decrementAndGet();
    }
    synchronized (ended) {
      ended.addFirst(summary);
      if (ended.size() > ENDED_MAX) {
        ended.removeLast();
      }
    }
  }

  /// Those that are over their budget in `period`.
  public List<Account> open(int period, long nowMillis) {
    return open.stream().filter(account -> account.isOver(period, nowMillis)).toList();
  }

  /// The latest first.
  public List<CardinalityView.Quarantined> ended() {
    synchronized (ended) {
      return new ArrayList<>(ended);
    }
  }
}
