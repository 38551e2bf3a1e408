package io.tidemark.query;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.query.evaluate.Run;
import io.tidemark.storage.ReadWatch;

/// The account of a read that is no query: series, labels, federation. It takes its memory where queries do and ends as they do, at
/// `query.timeout`, at `query.memory_max`, or when nobody waits for it any more. Any thread; close it when the answer is sent.
public final class LookUp implements ReadWatch, AutoCloseable {
  /// All that is read becomes a part of the answer: it is there as objects, sorted, as text, and as bytes on their way out.
  private static final long COPIES = 4;

  private final Run run;
  // Guarded by this.
  private boolean closed;

  LookUp(Run run) {
    this.run = run;
  }

  @Override
  public void beat() {
    run.beat();
  }

  @Override
  public synchronized void hold(long bytes) {
    if (closed) {
      throw new TidemarkException(ErrorCode.CANCELED, "nobody waits for the look-up any more");
    }
    run.hold(COPIES * bytes);
  }

  /// Stops the read if it still goes on, and gives its memory back.
  @Override
  public synchronized void close() {
    closed = true;
    run.cancel();
    run.close();
  }
}
