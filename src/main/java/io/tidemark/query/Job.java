package io.tidemark.query;

import io.tidemark.query.evaluate.Run;
import io.tidemark.storage.Revisions;
import io.vertx.core.Promise;
import java.util.Optional;

/// A query on its way from its arrival to its answer, and until nobody holds the answer any more. Safe on any thread.
final class Job {
  final long id;
  final QueryRequest request;
  final Run run;
  final long startMillis;
  final long startNanos;
  final Promise<QueryResult> answer = Promise.promise();
  /// Known once it is parsed.
  volatile Optional<ParsedText> text;
  /// What changes are counted from, when the reader knows of changes.
  volatile Optional<Revisions.Revision> revision = Optional.empty();
  /// Whether it got a place, and when; the admission's.
  boolean started;
  volatile long placedNanos;

  // Guarded by this.
  private boolean finished;
  private boolean letGo;

  /// @param text empty when it has still to be parsed
  Job(long id, Optional<ParsedText> text, QueryRequest request, Run run, long startMillis, long startNanos) {
    this.id = id;
    this.text = text;
    this.request = request;
    this.run = run;
    this.startMillis = startMillis;
    this.startNanos = startNanos;
  }

  /// Nobody waits for the answer or holds it: the memory goes, or goes when the query ends.
  void letGo() {
    boolean close;
    synchronized (this) {
      letGo = true;
      close = finished;
    }
    if (close) {
      run.close();
    }
  }

  /// The query has ended: only an answer that somebody holds keeps its memory.
  ///
  /// @param answered whether there is one
  void finished(boolean answered) {
    boolean close;
    synchronized (this) {
      finished = true;
      close = letGo || !answered;
    }
    if (close) {
      run.close();
    }
  }
}
