package io.tidemark.query.evaluate;

import io.tidemark.storage.ReadWatch;
import io.vertx.core.Context;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;

/// Spreads chunks of series over worker threads.
///
/// The caller works too: it takes chunks like any helper, so a query goes on when no other thread is free and cannot wait for one
/// that never comes. It only waits for chunks that a running helper has begun. An event loop waits for nobody: it does all by itself.
public final class Fanout {
  /// Series in one chunk. Fixed, so that partial sums are the same bits on any number of threads.
  static final int CHUNK_SERIES = 128;
  /// Scratch buffers kept for reuse.
  private static final int SCRATCHES_MAX = 32;

  private final Executor workers;
  private final IntSupplier threads;
  private final ArrayBlockingQueue<Scratch> scratches = new ArrayBlockingQueue<>(SCRATCHES_MAX);

  /// @param threads on how many one query may run now
  public Fanout(Executor workers, IntSupplier threads) {
    this.workers = workers;
    this.threads = threads;
  }

  /// One chunk's work.
  interface Work {
    void run(int chunk, Scratch scratch);
  }

  static int chunks(int series) {
    return (series + CHUNK_SERIES - 1) / CHUNK_SERIES;
  }

  /// Runs `work` for all chunks and returns when all are done; the first failure is thrown and stops the rest.
  void each(int chunks, Work work) {
    int most = Math.min(chunks, threads.getAsInt());
    if (most <= 1 || Context.isOnEventLoopThread()) {
      Scratch scratch = borrow();
      for (int chunk = 0; chunk < chunks; chunk++) {
        work.run(chunk, scratch);
      }
      keep(scratch);
      return;
    }
    var round = new Round(chunks, work);
    for (int helper = 1; helper < most; helper++) {
      try {
        workers.execute(round::help);
      } catch (RejectedExecutionException e) {
        break; // the pool is full: this thread does the work alone
      }
    }
    round.help();
    round.await();
  }

  private Scratch borrow() {
    Scratch scratch = scratches.poll();
    return scratch == null ? new Scratch() : scratch;
  }

  private void keep(Scratch scratch) {
    scratch.samples.watch = ReadWatch.NONE;
    scratch.counts.watch = ReadWatch.NONE;
    if (!scratch.isLarge()) {
      scratches.offer(scratch);
    }
  }

  private final class Round {
    private final int chunks;
    private final Work work;
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private int finished;

    Round(int chunks, Work work) {
      this.chunks = chunks;
      this.work = work;
    }

    void help() {
      int chunk = next.getAndIncrement();
      if (chunk >= chunks) {
        return;
      }
      Scratch scratch = borrow();
      for (; chunk < chunks; chunk = next.getAndIncrement()) {
        try {
          if (failure.get() == null) {
            work.run(chunk, scratch);
          }
        } catch (RuntimeException | Error e) {
          failure.compareAndSet(null, e);
        } finally {
          done();
        }
      }
      keep(scratch);
    }

    private synchronized void done() {
      if (++finished == chunks) {
        notifyAll();
      }
    }

    private void await() {
      boolean interrupted = waitUntil(() -> finished == chunks);
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
      switch (failure.get()) {
        case null -> { }
        case RuntimeException e -> throw e;
        case Error e -> throw e;
        case Throwable e -> throw new IllegalStateException(e);
      }
    }

    private synchronized boolean waitUntil(BooleanSupplier condition) {
      boolean interrupted = false;
      while (!condition.getAsBoolean()) {
        try {
          wait();
        } catch (InterruptedException e) {
          interrupted = true; // helpers hold references to this query's buffers: leave only when they are done
        }
      }
      return interrupted;
    }
  }
}
