package io.tidemark.api;

import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Metrics;
import io.vertx.core.Future;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Sends bodies that are made piece by piece, at the pace of their clients and compressed where they accept it. Safe on any thread.
///
/// A body that fits one piece goes out whole, with its length. A longer one is asked for a piece on a worker whenever the client has
/// taken the one before the last: an answer holds two pieces and a compressor, however long it is and however slow its client.
public final class Outflow {
  /// Compressors hold up to some megabytes each; further long answers go out as they are.
  private static final int COMPRESSORS_MAX = 64;
  /// How long a client may take over one answer.
  private static final long ANSWER_MILLIS_MAX = 600_000;
  private static final Logger LOG = LoggerFactory.getLogger(Outflow.class);

  private final WorkerExecutor workers;
  private final AtomicInteger open = new AtomicInteger();
  private final AtomicInteger compressors = new AtomicInteger();
  private final Counter cut;
  private final Counter made;
  private final Counter sent;

  /// @param workers where pieces are made
  public Outflow(WorkerExecutor workers, Metrics metrics) {
    this.workers = workers;
    metrics.gauge("tidemark_http_streamed_answers", "Long answers that are being sent.", open::get);
    metrics.gauge("tidemark_http_compressors", "Long answers that are compressed while they are sent; others wait for none and go out as "
        + "they are beyond " + COMPRESSORS_MAX + ".", compressors::get);
    cut = metrics.counter("tidemark_http_answers_cut_total", "Long answers that ended early: client gone or too slow, or failed.");
    made = metrics.counter("tidemark_http_answer_bytes_total", "Bytes of answers before compression.");
    sent = metrics.counter("tidemark_http_answer_sent_bytes_total", "The same bytes as they were sent.");
  }

  /// Where pieces are made.
  public WorkerExecutor workers() {
    return workers;
  }

  /// Answers with `body`, and closes it. A content encoding that the response already has stays, and nothing is compressed on top.
  ///
  /// Call on a worker: the first piece is made by the caller, and what that throws is thrown, with the body closed and nothing answered.
  public void send(RoutingContext context, int status, String contentType, Body body) {
    var piece = new Piece(Body.PIECE_BYTES / 16);
    var sending = new Sending(context, body, piece);
    Outgoing first;
    try {
      first = sending.first();
    } catch (RuntimeException | Error e) {
      sending.closeBody();
      sending.release();
      throw e;
    }
    Answers.onLoop(context, () -> sending.begin(status, contentType, first));
  }

  /// One answer under way. Its steps follow each other, pieces on workers and writes on a loop; no two run at once.
  private final class Sending {
    private final RoutingContext context;
    private final HttpServerResponse response;
    private final Body body;
    private final Piece piece;
    private Compression compression = Compression.NONE;
    private @Nullable Compressor compressor;
    /// The last write that was handed over.
    private Future<Void> flying = Future.succeededFuture();
    private long timer = -1;
    private boolean closed;

    Sending(RoutingContext context, Body body, Piece piece) {
      this.context = context;
      this.body = body;
      this.piece = piece;
      response = context.response();
      open.incrementAndGet();
    }

    /// On a worker.
    Outgoing first() {
      boolean more = body.next(piece);
      compression = compression();
      if (compression != Compression.NONE) {
        compressor = new Compressor(compression);
      }
      return outgoing(more);
    }

    private Compression compression() {
      boolean coded = response.headers().contains(HttpHeaders.CONTENT_ENCODING);
      Compression kind = coded ? Compression.NONE : Compression.of(context.request(), piece.count());
      if (kind != Compression.NONE && compressors.incrementAndGet() > COMPRESSORS_MAX) {
        compressors.decrementAndGet();
        return Compression.NONE;
      }
      return kind;
    }

    void begin(int status, String contentType, Outgoing first) {
      if (response.ended() || response.closed()) {
        abandon();
        return;
      }
      response.setStatusCode(status).putHeader(HttpHeaders.CONTENT_TYPE, contentType);
      if (compression != Compression.NONE) {
        response.putHeader(HttpHeaders.CONTENT_ENCODING, compression.text());
      }
      if (first.more) {
        response.setChunked(true);
        timer = context.vertx().setTimer(ANSWER_MILLIS_MAX, _ -> response.reset());
      }
      pass(first);
    }

    private Outgoing next() {
      piece.clear();
      return outgoing(body.next(piece));
    }

    /// On a worker: what is to be sent of the piece that was made.
    private Outgoing outgoing(boolean more) {
      if (!more) {
        closeBody();
      }
      Piece coded = compressor == null ? piece : compressor.compress(piece, !more);
      made.add(piece.count());
      sent.add(coded.count());
      return new Outgoing(Buffer.buffer(coded.count()).appendBytes(coded.array(), 0, coded.count()), more);
    }

    private void pass(Outgoing out) {
      if (!out.more) {
        release();
        response.end(out.bytes).onFailure(_ -> cut.increment());
        return;
      }
      Future<Void> before = flying;
      flying = out.bytes.length() == 0 ? Future.succeededFuture() : response.write(out.bytes);
      before.onFailure(_ -> abandon()).onSuccess(_ -> workers.executeBlocking(this::next, false).onSuccess(this::pass).onFailure(e -> {
        if (!response.closed()) {
          LOG.atWarn().addKeyValue("correlation_id", Answers.correlation(context)).addKeyValue("path", context.request().path())
              .setCause(e).log("A long answer failed on its way and was cut.");
          response.reset();
        }
        abandon();
      }));
    }

    /// Nobody takes the rest.
    private void abandon() {
      cut.increment();
      release();
      workers.executeBlocking(() -> {
        closeBody();
        return true;
      }, false).onFailure(e -> LOG.warn("What an answer read from was not given back.", e));
    }

    private void closeBody() {
      if (!closed) {
        closed = true;
        body.close();
      }
    }

    private void release() {
      open.decrementAndGet();
      if (compressor != null) {
        compressor.close();
        compressors.decrementAndGet();
      }
      if (timer >= 0) {
        context.vertx().cancelTimer(timer);
      }
    }
  }

  private record Outgoing(Buffer bytes, boolean more) {}
}
