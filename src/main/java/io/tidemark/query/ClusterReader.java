package io.tidemark.query;

import io.tidemark.cluster.NodeInfo;
import io.tidemark.cluster.Topology;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.Matcher;
import io.tidemark.model.TidemarkException;
import io.tidemark.query.evaluate.Placement;
import io.tidemark.query.peer.AnswerBudget;
import io.tidemark.query.peer.Peers;
import io.tidemark.storage.ReadPolicy;
import io.tidemark.storage.SeriesReader;
import io.tidemark.storage.SeriesView;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Timers;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.PoolOptions;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;

/// Reads the shards of a whole cluster: this node's own directly, all others from the nodes that have them. Safe on any thread.
///
/// A view knows how far the log is when it is opened, and each node waits until its shards are as far. Every shard is read from one
/// replica; when that one fails its shards are asked for once more elsewhere. What then still lacks is named by the view's warnings, or
/// fails the read.
public final class ClusterReader implements SeriesReader, Placement {
  /// How long the log may take to say how far it is.
  private static final long ENDS_MILLIS_MAX = 2_000;

  private final ClusterReadParts parts;
  private final PeerConfig config;
  private final HttpClient client;
  private final Peers peers;
  private final ClusterView.Counters counters;
  private final AtomicLong heldBytes = new AtomicLong();
  private final AtomicInteger turns = new AtomicInteger();
  private final AtomicReference<Topology> lastTopology = new AtomicReference<>(Topology.EMPTY);

  public ClusterReader(PeerConfig config, ClusterReadParts parts) {
    this.parts = parts;
    this.config = config;
    client = parts.vertx().createHttpClient(new HttpClientOptions().setConnectTimeout(config.connectMillis()),
        new PoolOptions().setHttp1MaxSize(config.connectionsMax()).setMaxWaitQueueSize(config.waitingMax()));
    Metrics metrics = parts.metrics();
    peers = new Peers(client, config.silenceMillis(), parts.timers(), parts.clock(), metrics, parts.guards());
    counters = new ClusterView.Counters(
        metrics.counter("tidemark_peer_retries_total", "Reads that were asked again, of another replica."),
        metrics.counter("tidemark_peer_partial_total", "Reads for which no node answered for some shard."),
        metrics.counter("tidemark_peer_log_unknown_total", "Views opened while the ingest log did not say how far it is."),
        metrics.counter("tidemark_peer_parts_total", "Parts of queries that other nodes evaluated."));
    metrics.gauge("tidemark_peer_held_bytes", "Answers of other nodes that queries hold, encoded; each at most query.peer.memory_max.",
        heldBytes::get);
  }

  @Override
  public Set<Integer> shards(List<Matcher> matchers) {
    return parts.names().of(matchers);
  }

  @Override
  public Future<SeriesView> view(ReadPolicy policy) {
    Topology topology = parts.topology().get();
    if (lastTopology.getAndSet(topology) != topology) {
      peers.retain(topology.nodes().stream().map(NodeInfo::address).collect(Collectors.toSet()));
    }
    long deadlineNanos = parts.clock().nanos() + Math.min(policy.timeoutMillis(), Long.MAX_VALUE / 4_000_000) * 1_000_000;
    return ends(policy).transform(ends -> {
      if (ends.succeeded()) {
        return Future.succeededFuture(open(topology, policy, deadlineNanos, Optional.of(ends.result())));
      }
      counters.logUnknown().increment();
      String warning = "the ingest log does not say how far it is (" + ends.cause().getMessage() + "); the newest samples may be missing";
      if (!policy.partialAllowed()) {
        return Future.failedFuture(new TidemarkException(ErrorCode.UNAVAILABLE, warning, ends.cause()));
      }
      ClusterView view = open(topology, policy, deadlineNanos, Optional.empty());
      view.warn(warning);
      return Future.succeededFuture(view);
    });
  }

  private Future<long[]> ends(ReadPolicy policy) {
    Promise<long[]> ends = Promise.promise();
    long millis = Math.clamp(policy.timeoutMillis() / 2, 1, ENDS_MILLIS_MAX);
    Timers.Timer timer = parts.timers().after(millis, () -> ends.tryFail(new TidemarkException(ErrorCode.TIMEOUT,
        "no answer within " + millis + " ms")));
    Future<long[]> asked;
    try {
      asked = parts.ends().get();
    } catch (TidemarkException e) {
      asked = Future.failedFuture(e);
    }
    asked.onComplete(result -> {
      timer.cancel();
      if (result.failed()) {
        ends.tryFail(result.cause());
      } else if (result.result().length != parts.names().shards()) {
        ends.tryFail(new TidemarkException(ErrorCode.INTERNAL, "the ingest log has " + result.result().length
            + " partitions, and this node was set up for " + parts.names().shards()));
      } else {
        ends.tryComplete(result.result());
      }
    });
    return ends.future();
  }

  private ClusterView open(Topology topology, ReadPolicy policy, long deadlineNanos, Optional<long[]> ends) {
    var replicas = new Replicas(topology, parts.node(), parts.local(), ends, peers, turns.getAndIncrement());
    var view = new ClusterView(parts, config, policy, deadlineNanos, replicas, peers, new AnswerBudget(config.viewBytesMax(), heldBytes),
        counters);
    topology.nodes().stream().filter(node -> node.heldBack() > 0).forEach(node -> view.warn(node.id() + " holds " + node.heldBack()
        + " acknowledged records until Kafka takes them; the newest samples may be missing"));
    return view;
  }

  /// Closes the connections to peers; reads fail afterwards.
  public Future<Void> close() {
    peers.retain(Set.of());
    return client.close();
  }
}
