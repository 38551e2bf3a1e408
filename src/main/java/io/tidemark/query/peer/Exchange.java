package io.tidemark.query.peer;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.query.QueryConfig;
import io.tidemark.query.evaluate.Fanout;
import io.tidemark.query.evaluate.MemoryPool;
import io.tidemark.query.evaluate.Part;
import io.tidemark.query.evaluate.PartEvaluation;
import io.tidemark.storage.SeriesView;
import io.tidemark.storage.ShardReader;
import io.tidemark.time.Clock;
import io.tidemark.time.Timers;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One answer on its way to a peer.
///
/// A worker makes a piece of it, the connection's event loop sends it, and only when the connection has taken enough of that does a
/// worker make the next: a slow peer holds no thread and no more than a few pieces. While a worker makes a piece, it owns source and
/// frames; all other state belongs to the event loop.
public final class Exchange {
  /// What exchanges work with.
  ///
  /// @param workers for reads, which may block on disk
  /// @param sending told how many bytes were given to the connection, and as a negative number how many it has taken
  /// @param config  of queries, parts of which are evaluated here
  /// @param fanout  for such parts, on the same workers
  /// @param memory  that all such parts share
  public record Parts(ShardReader shards, Executor workers, Timers timers, Clock clock, LongConsumer sending, QueryConfig config,
      Fanout fanout, MemoryPool memory) {}

  private static final Logger LOG = LoggerFactory.getLogger(Exchange.class);
  private static final int PIECE_BYTES = 4 * PeerFormat.FRAME_BYTES_FULL;
  /// No piece is made while as much waits for the connection.
  private static final int UNSENT_BYTES_MAX = 2 * PIECE_BYTES;
  /// How often a peer hears of an answer that takes its time.
  private static final long WORKING_MILLIS = 1_000;

  private final PeerRequest request;
  private final HttpServerResponse response;
  private final Context context;
  private final Parts parts;
  private final Runnable ended;
  private final long deadlineNanos;
  private final FrameWriter frames = new FrameWriter();
  private Optional<SeriesView> view = Optional.empty();
  /// Made by a worker, canceled by the event loop.
  private volatile Optional<AnswerSource> source = Optional.empty();
  private Timers.Timer working = () -> { };
  private boolean spoke;
  private long unsentBytes;
  /// For the connection to take what was sent.
  private boolean waiting;
  private boolean making;
  private volatile boolean over;

  /// @param context the event loop of the connection
  /// @param ended   run once, when nothing of the exchange runs any more
  public Exchange(PeerRequest request, HttpServerResponse response, Context context, Parts parts, Runnable ended) {
    this.request = request;
    this.response = response;
    this.context = context;
    this.parts = parts;
    this.ended = ended;
    deadlineNanos = parts.clock.nanos() + Math.min(request.remainingMillis(), Long.MAX_VALUE / 4_000_000) * 1_000_000;
  }

  /// Answers. Called on the event loop, once.
  public void start() {
    response.exceptionHandler(_ -> stop());
    response.closeHandler(_ -> stop());
    Waiting.of(parts.shards, request.positions(), Math.min(request.waitMillis(), request.remainingMillis()), request.behindAllowed(),
        parts.timers).onComplete(shown -> context.runOnContext(_ -> {
          if (shown.succeeded()) {
            begin(shown.result());
          } else {
            refuse(shown.cause());
          }
        }));
  }

  private void refuse(Throwable cause) {
    if (!over) {
      over = true;
      TidemarkException known = known(cause);
      refuse(response, known.code(), known.getMessage());
    }
    finish();
  }

  /// Refuses a request before its answer begins.
  public static void refuse(HttpServerResponse response, ErrorCode code, String message) {
    response.setStatusCode(PeerFormat.status(code)).putHeader(PeerFormat.ERROR_HEADER, code.name())
        .putHeader("content-type", "text/plain; charset=utf-8").end(FrameWriter.cut(message));
  }

  private static TidemarkException known(Throwable cause) {
    if (cause instanceof TidemarkException known) {
      return known;
    }
    LOG.error("A read for a peer failed inside the engine", cause);
    return new TidemarkException(ErrorCode.INTERNAL, "read failed inside the engine: " + cause, cause);
  }

  private void begin(Waiting shown) {
    view = Optional.of(shown.view());
    if (over) {
      finish();
      return;
    }
    response.setChunked(true).putHeader("content-type", PeerFormat.CONTENT_TYPE);
    frames.magic();
    frames.begin(shown.absent(), shown.behind());
    send(frames.take());
    remind();
    makeMore();
  }

  private void remind() {
    working = parts.timers.after(WORKING_MILLIS, () -> context.runOnContext(_ -> {
      if (over) {
        return;
      }
      if (parts.clock.nanos() - deadlineNanos > WORKING_MILLIS * 1_000_000 && !making) {
        response.reset(); // what was made is not taken, and nobody waits for it any more
        stop();
        return;
      }
      if (!spoke && unsentBytes == 0) {
        send(FrameWriter.working());
      }
      spoke = false;
      remind();
    }));
  }

  private void makeMore() {
    making = true;
    try {
      parts.workers.execute(this::make);
    } catch (RejectedExecutionException e) {
      made(failure(new TidemarkException(ErrorCode.UNAVAILABLE, "this node's query workers take no more work", e)), false);
    }
  }

  /// On a worker.
  private void make() {
    Buffer piece;
    boolean more = false;
    try {
      if (parts.clock.nanos() - deadlineNanos > 0) {
        throw new TidemarkException(ErrorCode.TIMEOUT, "the answer took longer than the " + request.remainingMillis() + " ms that it had");
      }
      if (source.isEmpty()) {
        source = Optional.of(AnswerSource.open(request.operation(), view.orElseThrow(), this::evaluation));
      }
      if (over) {
        throw new TidemarkException(ErrorCode.CANCELED, "the node that asked has gone");
      }
      do {
        more = source.get().write(frames);
      } while (more && frames.count() < PIECE_BYTES);
      if (!more) {
        frames.end(view.orElseThrow().warnings());
      }
      piece = frames.take();
    } catch (RuntimeException e) {
      piece = failure(known(e));
      more = false;
    } catch (Error e) {
      // The peer must hear of it, and so must this node's operator.
      context.runOnContext(_ -> made(failure(new TidemarkException(ErrorCode.INTERNAL, "read failed inside the engine: " + e, e)), false));
      throw e;
    }
    Buffer made = piece;
    boolean isMore = more;
    context.runOnContext(_ -> made(made, isMore));
  }

  private PartEvaluation evaluation(Part part) {
    return new PartEvaluation(part, parts.config, parts.fanout, parts.memory, parts.clock, deadlineNanos, view.orElseThrow());
  }

  /// Instead of what was made so far.
  private static Buffer failure(TidemarkException failure) {
    var instead = new FrameWriter();
    instead.error(failure.code(), failure.getMessage());
    return instead.take();
  }

  private void made(Buffer piece, boolean more) {
    making = false;
    if (over) {
      finish();
      return;
    }
    send(piece);
    if (!more) {
      over = true;
      response.end();
      finish();
    } else if (unsentBytes >= UNSENT_BYTES_MAX) {
      waiting = true;
    } else {
      makeMore();
    }
  }

  /// Counts by itself what the connection has not taken: its own write queue counts buffers, however large.
  private void send(Buffer bytes) {
    spoke = true;
    unsentBytes += bytes.length();
    parts.sending.accept(bytes.length());
    response.write(bytes).onComplete(_ -> context.runOnContext(_ -> sent(bytes.length())));
  }

  private void sent(int bytes) {
    unsentBytes -= bytes;
    parts.sending.accept(-bytes);
    if (waiting && !over && unsentBytes < UNSENT_BYTES_MAX) {
      waiting = false;
      makeMore();
    }
  }

  /// The peer has gone.
  private void stop() {
    if (!over) {
      over = true;
      source.ifPresent(AnswerSource::cancel);
      if (!making && view.isPresent()) {
        finish();
      }
    }
  }

  private void finish() {
    working.cancel();
    source.ifPresent(AnswerSource::close);
    view.ifPresent(SeriesView::close);
    source = Optional.empty();
    view = Optional.empty();
    ended.run();
  }
}
