package io.tidemark.query.peer;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.time.Clock;
import io.tidemark.time.Timers;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import java.util.Optional;

/// One request to one peer and what comes of it. Safe on any thread.
///
/// It ends by itself: when the peer has answered, refused or gone, has sent nothing for a while, or at the deadline.
final class PeerCall {
  /// How long a call may take.
  ///
  /// @param silenceMillis longest time without a byte
  /// @param deadlineNanos end of it all, by the clock
  record Limits(long silenceMillis, long deadlineNanos) {}

  private static final int HTTP_OK = 200;

  private final String peer;
  private final PeerRequest request;
  private final Limits limits;
  private final Timers timers;
  private final Clock clock;
  private final FrameReader frames;
  private final Promise<Void> begun = Promise.promise();
  private final Promise<PeerAnswer> answer = Promise.promise();

  // Guarded by this.
  private Optional<HttpClientRequest> sent = Optional.empty();
  private Timers.Timer timer = () -> { };
  private long heardNanos;
  private boolean heard;
  private boolean over;

  /// @param peer `host:port`
  PeerCall(String peer, PeerRequest request, Limits limits, AnswerBudget budget, Timers timers, Clock clock) {
    this.peer = peer;
    this.request = request;
    this.limits = limits;
    this.timers = timers;
    this.clock = clock;
    frames = new FrameReader(peer, budget);
  }

  /// Sends the request. Completes when the peer has begun to answer or has refused, which both say that it is there; fails when nothing
  /// proper came of it. The answer itself is {@link #answer}. Called once.
  Future<Void> start(HttpClient client) {
    synchronized (this) {
      heardNanos = clock.nanos();
      watch(Math.min(limits.silenceMillis, (limits.deadlineNanos - heardNanos) / 1_000_000));
    }
    int colon = peer.lastIndexOf(':');
    client.request(new RequestOptions().setMethod(HttpMethod.POST).setHost(peer.substring(0, colon))
        .setPort(Integer.parseInt(peer.substring(colon + 1))).setURI(PeerFormat.PATH)
        .putHeader("content-type", PeerFormat.CONTENT_TYPE)).onComplete(opened -> {
          if (opened.succeeded()) {
            send(opened.result());
          } else {
            fail(gone(opened.cause()));
          }
        });
    return begun.future();
  }

  /// The whole answer, or what became of it: what the peer refused or failed with, `UNAVAILABLE` when the connection could not be made
  /// or ended early, `TIMEOUT` for silence, `CORRUPT` for bytes that are not as they were sent.
  Future<PeerAnswer> answer() {
    return answer.future();
  }

  /// On the event loop of the call, where the answer comes too: whoever listens from elsewhere may miss its begin.
  private void send(HttpClientRequest opened) {
    if (!keep(opened)) {
      opened.reset();
      return;
    }
    opened.send(Buffer.buffer(request.encode())).onComplete(response -> {
      if (response.succeeded()) {
        listen(response.result());
      } else {
        fail(gone(response.cause()));
      }
    });
  }

  private synchronized boolean keep(HttpClientRequest opened) {
    sent = Optional.of(opened);
    return !over;
  }

  private TidemarkException gone(Throwable cause) {
    String reason = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    return cause instanceof TidemarkException known ? known
        : new TidemarkException(ErrorCode.UNAVAILABLE, "peer " + peer + " does not answer: " + reason, cause);
  }

  private void listen(HttpClientResponse response) {
    response.exceptionHandler(cause -> fail(gone(cause)));
    if (response.statusCode() != HTTP_OK) {
      refused(response);
      return;
    }
    response.handler(this::read);
    response.endHandler(_ -> ended());
  }

  private void refused(HttpClientResponse response) {
    Buffer text = Buffer.buffer();
    response.handler(more -> {
      if (text.length() < PeerFormat.MESSAGE_CHARS_MAX) {
        text.appendBuffer(more);
      }
    });
    String code = response.getHeader(PeerFormat.ERROR_HEADER);
    response.endHandler(_ -> {
      received();
      if (code == null) {
        fail(new TidemarkException(ErrorCode.UNAVAILABLE, "peer " + peer + " is no storage node of this release: it answers "
            + PeerFormat.PATH + " with status " + response.statusCode()));
      } else {
        begun.tryComplete();
        fail(PeerFormat.failure(peer, code, FrameWriter.cut(text.toString())));
      }
    });
  }

  private void read(Buffer buffer) {
    Optional<TidemarkException> failure = take(buffer);
    if (frames.hasBegun()) {
      begun.tryComplete();
    }
    failure.ifPresent(this::fail);
  }

  private synchronized Optional<TidemarkException> take(Buffer buffer) {
    if (over) {
      return Optional.empty();
    }
    heard = true;
    heardNanos = clock.nanos();
    try {
      frames.read(buffer);
      return Optional.empty();
    } catch (TidemarkException e) {
      return Optional.of(e);
    }
  }

  private void ended() {
    Optional<PeerAnswer> whole;
    synchronized (this) {
      if (over) {
        return;
      }
      whole = frames.answer();
      if (whole.isPresent()) {
        over = true;
        timer.cancel();
      }
    }
    if (whole.isPresent()) {
      begun.tryComplete();
      answer.tryComplete(whole.get());
    } else {
      fail(new TidemarkException(ErrorCode.UNAVAILABLE, "peer " + peer + " ended its answer before the end frame"));
    }
  }

  /// The connection may serve the next call.
  private synchronized void received() {
    sent = Optional.empty();
  }

  private void watch(long afterMillis) {
    timer = timers.after(Math.max(1, afterMillis), this::look);
  }

  private void look() {
    long silence;
    boolean isSilent;
    synchronized (this) {
      if (over) {
        return;
      }
      long now = clock.nanos();
      silence = (now - heardNanos) / 1_000_000;
      long left = Math.min(limits.silenceMillis - silence, (limits.deadlineNanos - now) / 1_000_000);
      if (left > 0) {
        watch(left);
        return;
      }
      // The deadline may come in the same millisecond, or just before: who said nothing at all is silent all the same.
      isSilent = !heard || silence >= limits.silenceMillis;
    }
    fail(new TidemarkException(ErrorCode.TIMEOUT, isSilent ? "peer " + peer + " sent nothing for " + silence + " ms"
        : "peer " + peer + " did not end its answer in the time that the query has"));
  }

  /// Ends the call unless it has ended.
  void cancel() {
    fail(new TidemarkException(ErrorCode.CANCELED, "query was canceled while peer " + peer + " answered"));
  }

  private void fail(TidemarkException failure) {
    Optional<HttpClientRequest> open;
    synchronized (this) {
      if (over) {
        return;
      }
      over = true;
      timer.cancel();
      frames.discard();
      open = sent;
    }
    open.ifPresent(HttpClientRequest::reset);
    begun.tryFail(failure);
    answer.tryFail(failure);
  }
}
