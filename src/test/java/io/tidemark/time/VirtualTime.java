package io.tidemark.time;

import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;

/// Time, loops and worker threads for simulations: everything runs on the test's own thread, and the same seed gives the same order.
///
/// Work is handed to *places*. A {@link #loop} runs its work in the order it was given; an {@link #executor} is a pool, whose pieces of
/// work start in any order the seed picks. Among the places that have something to do, the seed picks the next. Time stands still
/// while work runs and goes on only in {@link #advance} and {@link #runUntil}.
///
/// All methods belong to the test's thread.
public final class VirtualTime implements Clock {
  /// Steps without time going on after which a simulation counts as caught in a circle.
  private static final int STEPS_MAX = 50_000_000;

  private final Random random;
  private final long originMillis;
  private long nowNanos;
  private long timerNumber;
  private final PriorityQueue<Due> timers = new PriorityQueue<>();
  private final List<Place> places = new ArrayList<>();
  private Place current;

  /// A timer that waits.
  private final class Due implements Comparable<Due>, Timers.Timer {
    private final long atNanos;
    private final long number = timerNumber++;
    private final Place place;
    private final Runnable work;

    Due(long atNanos, Place place, Runnable work) {
      this.atNanos = atNanos;
      this.place = place;
      this.work = work;
    }

    @Override
    public int compareTo(Due other) {
      return atNanos == other.atNanos ? Long.compare(number, other.number) : Long.compare(atNanos, other.atNanos);
    }

    @Override
    public void cancel() {
      timers.remove(this);
      place.ready.remove(work);
    }
  }

  /// Somewhere work runs.
  private abstract static class Place {
    final List<Runnable> ready = new ArrayList<>();

    abstract Runnable take(Random random);
  }

  private final class VirtualLoop extends Place implements Loop {
    private final String name;

    VirtualLoop(String name) {
      this.name = name;
    }

    @Override
    Runnable take(Random random) {
      return ready.removeFirst();
    }

    @Override
    public boolean isCurrent() {
      return current == this;
    }

    @Override
    public void execute(Runnable work) {
      ready.add(work);
    }

    @Override
    public Timer after(long delayMillis, Runnable work) {
      if (delayMillis < 0) {
        throw new IllegalArgumentException("delay " + delayMillis);
      }
      // A runnable of its own, so that cancelling one of two equal ones takes back the right one.
      Runnable once = () -> work.run();
      var due = new Due(nowNanos + delayMillis * 1_000_000, this, once);
      timers.add(due);
      return due;
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private final class Pool extends Place implements Executor {
    private final long delayMillisMax;

    Pool(long delayMillisMax) {
      this.delayMillisMax = delayMillisMax;
    }

    @Override
    Runnable take(Random random) {
      return ready.remove(random.nextInt(ready.size()));
    }

    @Override
    public void execute(Runnable work) {
      if (delayMillisMax == 0) {
        ready.add(work);
      } else {
        timers.add(new Due(nowNanos + random.nextLong(delayMillisMax * 1_000_000 + 1), this, work));
      }
    }
  }

  /// Virtual time that starts at 2024-01-01T00:00:00Z.
  public VirtualTime(long seed) {
    this(seed, 1_704_067_200_000L);
  }

  public VirtualTime(long seed, long startMillis) {
    // Multiplied, because the first numbers of neighbouring seeds are alike.
    random = new Random(seed * 0x9e3779b97f4a7c15L);
    originMillis = startMillis;
  }

  @Override
  public long millis() {
    return originMillis + nowNanos / 1_000_000;
  }

  @Override
  public long nanos() {
    return nowNanos;
  }

  /// Random numbers of this simulation.
  public Entropy entropy() {
    return random::nextLong;
  }

  /// A new loop; `name` is for messages.
  public Loop loop(String name) {
    var loop = new VirtualLoop(name);
    places.add(loop);
    return loop;
  }

  /// A new pool whose work starts at once, in any order.
  public Executor executor() {
    return executor(0);
  }

  /// A new pool whose work starts after 0 to `delayMillisMax` milliseconds, in any order.
  public Executor executor(long delayMillisMax) {
    var pool = new Pool(delayMillisMax);
    places.add(pool);
    return pool;
  }

  /// Runs one ready piece of work; false when there is none at this time.
  public boolean step() {
    while (!timers.isEmpty() && timers.peek().atNanos <= nowNanos) {
      Due due = timers.poll();
      due.place.ready.add(due.work);
    }
    int waiting = 0;
    for (Place place : places) {
      waiting += place.ready.isEmpty() ? 0 : 1;
    }
    if (waiting == 0) {
      return false;
    }
    int pick = random.nextInt(waiting);
    for (Place place : places) {
      if (!place.ready.isEmpty() && pick-- == 0) {
        run(place, place.take(random));
        break;
      }
    }
    return true;
  }

  private void run(Place place, Runnable work) {
    Place before = current;
    current = place;
    try {
      work.run();
    } finally {
      current = before;
    }
  }

  /// Runs everything that is ready at this time.
  public void run() {
    for (int steps = 0; step(); steps++) {
      if (steps > STEPS_MAX) {
        throw new AssertionError("the simulation goes in a circle at " + millis());
      }
    }
  }

  /// Runs everything that is due within the next `millis` milliseconds, each timer at its time.
  public void advance(long millis) {
    long end = nowNanos + millis * 1_000_000;
    run();
    while (!timers.isEmpty() && timers.peek().atNanos <= end) {
      nowNanos = Math.max(nowNanos, timers.peek().atNanos);
      run();
    }
    nowNanos = end;
  }

  /// Runs, moving time from timer to timer, until `done`.
  ///
  /// @throws AssertionError when there is nothing left to run, or `millisMax` have passed
  public void runUntil(BooleanSupplier done, long millisMax) {
    long end = nowNanos + millisMax * 1_000_000;
    while (!done.getAsBoolean()) {
      if (step()) {
        continue;
      }
      if (timers.isEmpty() || timers.peek().atNanos > end) {
        throw new AssertionError("not done at " + millis() + ", " + timers.size() + " timers left");
      }
      nowNanos = Math.max(nowNanos, timers.peek().atNanos);
    }
  }

  /// {@link #runUntil} with an hour's patience.
  public void runUntil(BooleanSupplier done) {
    runUntil(done, 3_600_000);
  }

  /// Throws away all work and timers, as the end of a process does.
  public void crash() {
    timers.clear();
    places.clear();
  }

  /// Work that is ready now, in all places.
  public int waiting() {
    return places.stream().mapToInt(place -> place.ready.size()).sum();
  }
}
