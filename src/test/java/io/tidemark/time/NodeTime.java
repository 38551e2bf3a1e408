package io.tidemark.time;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;

/// One process's share of virtual time: it can be killed, stand still while time goes on for others, or stand still together with its
/// clock, as a machine that is suspended does.
public final class NodeTime implements Clock {
  private final VirtualTime time;
  private final List<Runnable> held = new ArrayList<>();
  private boolean dead;
  private boolean stalled;
  private boolean clockStopped;
  private long stoppedAtNanos;
  private long missedNanos;
  /// How far the wall clock is off.
  public long skewMillis;

  public NodeTime(VirtualTime time) {
    this.time = time;
  }

  @Override
  public long millis() {
    return time.millis() + skewMillis - (time.nanos() - nanos()) / 1_000_000;
  }

  @Override
  public long nanos() {
    return (clockStopped ? stoppedAtNanos : time.nanos()) - missedNanos;
  }

  /// Ends all work at once and for ever.
  public void kill() {
    dead = true;
    held.clear();
  }

  public boolean isDead() {
    return dead;
  }

  /// Nothing runs until `resume`; the clock goes on.
  public void stall() {
    stalled = true;
  }

  /// Nothing runs until `resume`, and the clock stands still meanwhile.
  public void suspend() {
    stalled = true;
    clockStopped = true;
    stoppedAtNanos = time.nanos();
  }

  public void resume() {
    if (clockStopped) {
      missedNanos += time.nanos() - stoppedAtNanos;
      clockStopped = false;
    }
    stalled = false;
    List<Runnable> due = List.copyOf(held);
    held.clear();
    due.forEach(Runnable::run);
  }

  private Runnable mine(Runnable hand) {
    return () -> {
      if (stalled && !dead) {
        held.add(hand);
      } else if (!dead) {
        hand.run();
      }
    };
  }

  public Loop loop(String name) {
    Loop inner = time.loop(name);
    return new Loop() {
      @Override
      public boolean isCurrent() {
        return inner.isCurrent();
      }

      @Override
      public void execute(Runnable work) {
        inner.execute(guarded(work));
      }

      @Override
      public Timer after(long delayMillis, Runnable work) {
        var cancelled = new boolean[1];
        Timer timer = inner.after(delayMillis, guarded(() -> {
          if (!cancelled[0]) {
            work.run();
          }
        }));
        return () -> {
          cancelled[0] = true;
          timer.cancel();
        };
      }

      /// Work that comes up while the node stands still is put back into the loop when it goes on.
      private Runnable guarded(Runnable work) {
        return () -> {
          if (stalled) {
            mine(() -> inner.execute(guarded(work))).run();
          } else if (!dead) {
            work.run();
          }
        };
      }
    };
  }

  public Executor executor() {
    Executor inner = time.executor();
    return work -> inner.execute(mine(() -> work.run()));
  }
}
