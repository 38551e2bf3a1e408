package io.tidemark.query;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.query.evaluate.Fanout;
import io.tidemark.query.evaluate.MemoryPool;
import io.tidemark.query.peer.Exchange;
import io.tidemark.query.peer.PeerFormat;
import io.tidemark.query.peer.PeerRequest;
import io.tidemark.storage.ShardReader;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Histogram;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Timers;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/// Lets other nodes read this node's shards, by the internal read protocol. Safe on any number of event loops.
///
/// Mount {@link #handle} on an HTTP server of its own: whoever reaches it reads everything.
public final class PeerServer {
  private final Vertx vertx;
  private final PeerConfig config;
  private final Exchange.Parts parts;
  private final Clock clock;
  private final AtomicInteger running = new AtomicInteger();
  private final AtomicLong unsentBytes = new AtomicLong();
  private final Counter requests;
  private final Counter refused;
  private final Counter sent;
  private final Histogram seconds;

  /// @param workers for reads, which may block on disk; other threads than those of queries, which wait for the workers of other nodes:
  ///                were they the same, nodes could wait for one another
  /// @param queries what the parts of queries that are evaluated here may cost
  public PeerServer(Vertx vertx, PeerConfig config, QueryConfig queries, ShardReader shards, Executor workers, Timers timers, Clock clock,
      Metrics metrics) {
    this.vertx = vertx;
    this.config = config;
    this.clock = clock;
    requests = metrics.counter("tidemark_peer_served_total", "Reads that other nodes asked of this one.");
    refused = metrics.counter("tidemark_peer_refused_total", "Reads of other nodes that were refused before their answer began.");
    sent = metrics.counter("tidemark_peer_sent_bytes_total", "Bytes of answers to other nodes.");
    seconds = metrics.histogram("tidemark_peer_served_seconds", "Time from another node's read to the end of its answer.",
        Histogram.SECONDS);
    metrics.gauge("tidemark_peer_serving", "Reads of other nodes that are being answered; at most query.peer.requests_max.", running::get);
    metrics.gauge("tidemark_peer_unsent_bytes", "Bytes of answers that other nodes have not taken yet; none begins past "
        + "query.peer.unsent_max.", unsentBytes::get);
    // Beside that of this node's own queries: half as much again.
    var memory = new MemoryPool(queries.memoryTotalBytesMax() / 2);
    metrics.gauge("tidemark_peer_part_memory_bytes", "Memory of parts of queries that this node evaluates for others; at most half of "
        + "query.memory_total_max.", memory::held);
    parts = new Exchange.Parts(shards, workers, timers, clock, this::sending, queries,
        new Fanout(workers, queries::threads), memory);
  }

  private void sending(long bytes) {
    unsentBytes.addAndGet(bytes);
    sent.add(Math.max(0, bytes));
  }

  /// Answers one request. Called on the event loop of its connection.
  public void handle(HttpServerRequest request) {
    if (!request.path().equals(PeerFormat.PATH) || request.method() != HttpMethod.POST) {
      refuse(request, ErrorCode.NOT_SUPPORTED, "this node answers POST " + PeerFormat.PATH + ", found " + request.method() + " "
          + request.path());
      return;
    }
    Buffer body = Buffer.buffer();
    request.handler(more -> {
      // A longer one is read to its end and refused; of its bytes none is kept.
      if (body.length() <= PeerFormat.REQUEST_BYTES_MAX) {
        body.appendBuffer(more);
      }
    });
    request.endHandler(_ -> answer(request, body));
  }

  private void answer(HttpServerRequest request, Buffer body) {
    requests.increment();
    if (body.length() > PeerFormat.REQUEST_BYTES_MAX) {
      refuse(request, ErrorCode.TOO_LARGE, "read request of more than " + PeerFormat.REQUEST_BYTES_MAX + " bytes");
      return;
    }
    if (running.get() >= config.requestsMax() || unsentBytes.get() > config.unsentBytesMax()) {
      refuse(request, ErrorCode.UNAVAILABLE, "busy: " + running.get() + " reads of other nodes run (query.peer.requests_max = "
          + config.requestsMax() + "), " + unsentBytes.get() + " bytes wait to be sent (query.peer.unsent_max = " + config.unsentBytesMax()
          + ")");
      return;
    }
    PeerRequest read;
    try {
      read = PeerRequest.decode(body.getBytes());
    } catch (TidemarkException e) {
      refuse(request, e.code(), e.getMessage());
      return;
    }
    Context context = vertx.getOrCreateContext();
    long begin = clock.nanos();
    running.incrementAndGet();
    new Exchange(read, request.response(), context, parts, () -> {
      running.decrementAndGet();
      seconds.observe((clock.nanos() - begin) / 1e9);
    }).start();
  }

  private void refuse(HttpServerRequest request, ErrorCode code, String message) {
    refused.increment();
    Exchange.refuse(request.response(), code, message);
  }
}
