package io.tidemark.transfer;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.time.Clock;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Pushes pieces of an import, a few at a time, and notes up to where all are acknowledged.
///
/// A push that the server has no room for now, or that finds no server, is tried again; back-pressure of the server thereby reaches the
/// reader, which waits in {@link #send}. When nothing was acknowledged for five minutes the import ends; it can be resumed. One thread
/// sends.
final class Sender implements AutoCloseable {
  /// Enough to keep the server busy while one waits for its disk.
  private static final int CONCURRENCY = 4;
  private static final long PATIENCE_NANOS = 300_000_000_000L;
  private static final long PAUSE_MILLIS_MAX = 5_000;
  private static final Pattern REJECTED = Pattern.compile("(\\d{1,15}) samples rejected");

  /// A request.
  ///
  /// @param what       for messages: where its samples come from
  /// @param next       the place in the source after it
  /// @param keepsOrder whether it must come behind all that were sent before it: of the exemplars of a series the server takes only those
  ///                   that are newer than its newest
  record Piece(String path, Map<String, String> headers, byte[] body, long samples, String what, String next, boolean keepsOrder) {}

  private static final class Entry {
    final Piece piece;
    boolean isAcknowledged;

    Entry(Piece piece) {
      this.piece = piece;
    }
  }

  private final Server server;
  private final ResumeFile resume;
  private final Progress progress;
  private final Findings findings;
  private final Clock clock;
  private final Semaphore places = new Semaphore(CONCURRENCY);
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Deque<Entry> underWay = new ArrayDeque<>();
  private long acknowledgedNanos;
  private long rejected;
  private boolean hasFailed;
  private Throwable failure = new IllegalStateException("no failure");

  Sender(Server server, ResumeFile resume, Progress progress, Findings findings, Clock clock) {
    this.server = server;
    this.resume = resume;
    this.progress = progress;
    this.findings = findings;
    this.clock = clock;
    acknowledgedNanos = clock.nanos();
  }

  /// Takes a piece; waits while others are under way, for one that keeps order until none is.
  ///
  /// @throws TidemarkException what ended the import, of this or an earlier piece
  void send(Piece piece) {
    throwFailure();
    if (piece.keepsOrder) {
      take(CONCURRENCY);
      places.release(CONCURRENCY - 1);
      throwFailure();
    } else {
      take(1);
    }
    var entry = new Entry(piece);
    synchronized (this) {
      underWay.add(entry);
    }
    Thread.ofVirtual().start(() -> {
      try {
        push(entry);
      } catch (RuntimeException | Error e) {
        fail(e);
      } finally {
        places.release();
      }
    });
  }

  /// Waits until all pieces are acknowledged.
  ///
  /// @throws TidemarkException what ended the import
  void finish() {
    take(CONCURRENCY);
    places.release(CONCURRENCY);
    throwFailure();
  }

  private void take(int count) {
    try {
      places.acquire(count);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TidemarkException(ErrorCode.CANCELED, "interrupted; the same command goes on with it", e);
    }
  }

  private void push(Entry entry) {
    Map<String, String> headers = new HashMap<>(entry.piece.headers);
    headers.put("X-Tidemark-Backfill", "true");
    long pauseMillis = 100;
    while (!isEnding()) {
      String trouble;
      long wantedMillis = 0;
      try {
        Server.Answer answer = server.post(entry.piece.path, headers, entry.piece.body);
        if (answer.status() / 100 == 2) {
          acknowledge(entry, 0);
          return;
        }
        if (answer.status() == 400) {
          Matcher count = REJECTED.matcher(answer.text());
          findings.found(new TidemarkException(ErrorCode.EXECUTION, entry.piece.what + ": the server refused some of it: "
              + answer.text()));
          acknowledge(entry, count.find() ? Long.parseLong(count.group(1)) : entry.piece.samples);
          return;
        }
        trouble = "answered " + answer.status() + ": " + answer.text();
        if (answer.status() != 429 && answer.status() / 100 != 5) {
          throw new TidemarkException(ErrorCode.UNAVAILABLE, entry.piece.what + ": " + server.name() + " " + trouble);
        }
        wantedMillis = Math.min(60, answer.retryAfterSeconds()) * 1000;
      } catch (IOException e) {
        trouble = "gives no answer (" + e.getClass().getSimpleName() + ")";
      }
      if (quietNanos() > PATIENCE_NANOS) {
        throw new TidemarkException(ErrorCode.UNAVAILABLE, server.name() + " has taken nothing for five minutes, it " + trouble
            + "; the same command goes on from here later");
      }
      pause(Math.max(wantedMillis, pauseMillis));
      pauseMillis = Math.min(PAUSE_MILLIS_MAX, pauseMillis * 2);
    }
  }

  private synchronized boolean isEnding() {
    return hasFailed || closed.getCount() == 0;
  }

  private synchronized long quietNanos() {
    return clock.nanos() - acknowledgedNanos;
  }

  private void pause(long millis) {
    try {
      if (closed.await(millis, TimeUnit.MILLISECONDS)) {
        throw new TidemarkException(ErrorCode.CANCELED, "the import ended while a push was under way");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TidemarkException(ErrorCode.CANCELED, "interrupted while the server was waited for", e);
    }
  }

  private synchronized void acknowledge(Entry entry, long refused) {
    entry.isAcknowledged = true;
    rejected += refused;
    acknowledgedNanos = clock.nanos();
    progress.advance(entry.piece.samples);
    while (!hasFailed && !underWay.isEmpty() && underWay.getFirst().isAcknowledged) {
      Piece piece = underWay.removeFirst().piece;
      resume.acknowledged(piece.next, piece.samples);
    }
  }

  private synchronized void fail(Throwable cause) {
    if (!hasFailed) {
      hasFailed = true;
      failure = cause;
    }
  }

  private synchronized void throwFailure() {
    if (hasFailed) {
      throw failure instanceof TidemarkException known ? known
          : new IllegalStateException("a push failed in an unexpected way", failure);
    }
  }

  synchronized long rejected() {
    return rejected;
  }

  /// Ends what is under way, and keeps how far the import has come.
  @Override
  public void close() {
    closed.countDown();
    places.acquireUninterruptibly(CONCURRENCY);
    resume.write();
  }
}
