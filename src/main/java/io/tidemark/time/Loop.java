package io.tidemark.time;

import java.util.concurrent.Executor;

/// A place where work runs on one thread, one piece at a time, in the order it was given. In production a Vert.x event loop, in
/// simulations virtual time. What a loop owns is touched by no other thread and needs no lock.
///
/// `execute` and `after` may be called from any thread.
public interface Loop extends Executor, Timers {
  /// Whether the caller runs on this loop. Mutators of loop-owned state assert it.
  boolean isCurrent();
}
