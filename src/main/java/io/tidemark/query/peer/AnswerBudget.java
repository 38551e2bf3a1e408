package io.tidemark.query.peer;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import java.util.concurrent.atomic.AtomicLong;

/// Memory for what peers answer to one query. Safe on any thread.
public final class AnswerBudget {
  private final long bytesMax;
  private final AtomicLong heldByAll;

  // Guarded by this.
  private long held;
  private boolean closed;

  /// @param heldByAll what all queries of this process hold together
  public AnswerBudget(long bytesMax, AtomicLong heldByAll) {
    this.bytesMax = bytesMax;
    this.heldByAll = heldByAll;
  }

  /// Asks for memory before it is taken. Throws `TOO_EXPENSIVE` when there is not as much, `CANCELED` when the query has ended.
  synchronized void take(long bytes) {
    if (closed) {
      throw new TidemarkException(ErrorCode.CANCELED, "query ended before its peers had answered");
    }
    if (bytes > bytesMax - held) {
      throw new TidemarkException(ErrorCode.TOO_EXPENSIVE, "query would hold more than query.peer.memory_max = " + bytesMax
          + " bytes of answers of other nodes; narrow its selectors or its range");
    }
    held += bytes;
    heldByAll.addAndGet(bytes);
  }

  /// Gives back what an answer took that nobody will read.
  synchronized void give(long bytes) {
    if (!closed) {
      held -= bytes;
      heldByAll.addAndGet(-bytes);
    }
  }

  /// What may still be taken; 1 at least, so that it can be asked for.
  public synchronized long left() {
    return Math.max(1, bytesMax - held);
  }

  /// Gives back everything; nothing can be taken afterwards.
  public synchronized void close() {
    if (!closed) {
      closed = true;
      heldByAll.addAndGet(-held);
    }
  }
}
