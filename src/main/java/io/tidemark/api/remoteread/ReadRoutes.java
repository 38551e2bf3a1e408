package io.tidemark.api.remoteread;

import io.tidemark.api.Answers;
import io.tidemark.api.ApiConfig;
import io.tidemark.api.ApiParts;
import io.tidemark.api.Body;
import io.tidemark.api.Outflow;
import io.tidemark.api.Piece;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.storage.ReadPolicy;
import io.tidemark.storage.SeriesReader;
import io.tidemark.storage.SeriesView;
import io.tidemark.telemetry.Metrics;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/// `POST /api/v1/read`: raw samples of series, to a Prometheus that has this engine in its `remote_read` section, or to a tool.
///
/// Never answers in part: a shard that is missing fails the read, for this protocol has no place for a warning. Errors are plain text.
public final class ReadRoutes {
  private static final String STREAMED_TYPE = "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse";
  private static final String SAMPLED_TYPE = "application/x-protobuf";
  private static final ReadPolicy COMPLETE = new ReadPolicy(false, ReadPolicy.DEFAULT.timeoutMillis());

  private final SeriesReader reader;
  private final Outflow outflow;
  private final ApiConfig config;
  private final AtomicInteger open = new AtomicInteger();

  public ReadRoutes(ApiParts.QueryParts parts, ApiConfig config, Outflow outflow, Metrics metrics) {
    reader = parts.reader();
    this.outflow = outflow;
    this.config = config;
    metrics.gauge("tidemark_remote_reads", "Remote reads being answered, at most api.remote_read.concurrency.", open::get);
  }

  public void mount(Router router) {
    router.post("/api/v1/read").handler(this::read);
  }

  private void read(RoutingContext context) {
    ReadRequest request;
    boolean streamed;
    try {
      Buffer body = context.body().buffer();
      request = ReadRequest.read(body == null ? new byte[0] : body.getBytes());
      streamed = isStreamed(request.types());
    } catch (TidemarkException e) {
      Answers.plainFailure(context, e);
      return;
    }
    if (open.incrementAndGet() > config.remoteReadsMax()) {
      open.decrementAndGet();
      Answers.plainFailure(context, new TidemarkException(ErrorCode.UNAVAILABLE, "remote read: " + config.remoteReadsMax()
          + " reads are being answered (api.remote_read.concurrency); try again later"));
      return;
    }
    var left = new AtomicBoolean();
    Runnable leave = () -> {
      if (left.compareAndSet(false, true)) {
        open.decrementAndGet();
      }
    };
    reader.view(COMPLETE).compose(view -> outflow.workers().executeBlocking(() -> {
      answer(context, view, request, streamed, leave);
      return true;
    }, false)).onFailure(e -> {
      leave.run();
      Answers.plainFailure(context, e);
    });
  }

  /// Whether the first type that the client accepts and that is known here is the streamed one; a client that says nothing takes samples.
  private static boolean isStreamed(List<Integer> types) {
    for (int type : types) {
      if (type == ReadRequest.STREAMED_XOR_CHUNKS || type == ReadRequest.SAMPLES) {
        return type == ReadRequest.STREAMED_XOR_CHUNKS;
      }
    }
    if (types.isEmpty()) {
      return false;
    }
    throw new TidemarkException(ErrorCode.BAD_DATA, "remote read request: accepts only response types " + types
        + "; this server has 0 (SAMPLES) and 1 (STREAMED_XOR_CHUNKS)");
  }

  /// On a worker. What fails here before the answer begins is thrown.
  private void answer(RoutingContext context, SeriesView view, ReadRequest request, boolean streamed, Runnable leave) {
    Body body;
    try {
      body = body(new SeriesCursor(view, request.queries()), request, streamed);
    } catch (RuntimeException e) {
      view.close();
      throw e;
    }
    if (!streamed) {
      context.response().putHeader("Content-Encoding", "snappy");
    }
    outflow.send(context, 200, streamed ? STREAMED_TYPE : SAMPLED_TYPE, new Counted(body, leave));
  }

  private Body body(SeriesCursor cursor, ReadRequest request, boolean streamed) {
    return streamed ? new StreamedBody(cursor) : SampledBody.of(cursor, request.queries().size(), config.remoteReadSamplesBytesMax());
  }

  /// Gives the read's place back at its end.
  private record Counted(Body body, Runnable leave) implements Body {
    @Override
    public boolean next(Piece out) {
      return body.next(out);
    }

    @Override
    public void close() {
      leave.run();
      body.close();
    }
  }
}
