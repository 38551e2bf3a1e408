package io.tidemark.cluster;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.state.State;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Loop;
import io.tidemark.time.Timers;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The live nodes: each says about itself in the state what others need to know, again and again, and reads what they say.
///
/// A word lives for `lifeMillis` and is repeated five times within it, under the key `cluster/node/<id>`. While the state is away the
/// last topology stays in use: a node that dies then is found dead by who asks it. Of two live nodes with one id the later is refused;
/// a restart on the same data directory is known by its home and takes over at once.
public final class Registry {
  private static final Logger LOG = LoggerFactory.getLogger(Registry.class);
  private static final String PREFIX = "cluster/node/";
  private static final int WORDS_A_LIFE = 5;
  /// How often a start looks again whether another node of the same id has gone.
  private static final int PATIENCE_ROUNDS = WORDS_A_LIFE + 2;

  private static final long GONE_KEPT_MILLIS = 15 * 60_000;

  /// A node that was there and is not any more.
  ///
  /// @param heardAtMillis when it was last among the live ones
  public record Gone(NodeInfo node, long heardAtMillis) {}

  private final State state;
  private final Loop loop;
  private final Clock clock;
  private final long lifeMillis;
  private final Counter failures;
  private volatile Topology topology = Topology.EMPTY;
  private volatile List<Gone> gone = List.of();
  private volatile long readNanos;

  // Owned by the loop.
  private Optional<Supplier<NodeInfo>> self = Optional.empty();
  private Timers.Timer timer = () -> {};
  private boolean closed;

  public Registry(State state, Loop loop, Clock clock, Metrics metrics, long lifeMillis) {
    this.state = state;
    this.loop = loop;
    this.clock = clock;
    this.lifeMillis = lifeMillis;
    readNanos = clock.nanos();
    failures = metrics.counter("tidemark_cluster_registry_failures_total", "Times the registry of nodes could not be written or read.");
    metrics.gauge("tidemark_cluster_nodes", "Live nodes of the cluster, as last heard of.", () -> topology.nodes().size());
    metrics.gauge("tidemark_cluster_topology_age_seconds", "Since the registry of nodes was last read.",
        () -> (clock.nanos() - readNanos) / 1e9);
  }

  /// The live nodes as last heard of. Any thread.
  public Topology topology() {
    return topology;
  }

  /// Nodes that are gone, for as long as somebody may look for them. Any thread.
  public List<Gone> gone() {
    return gone;
  }

  /// Reads the registry and goes on doing so; from then on {@link #topology} is of use. Fails when the state does not answer.
  public Future<Void> open() {
    return onLoop(this::read).onSuccess(_ -> loop.execute(this::schedule));
  }

  /// Says what `self` gives, now and from now on; completes when it was said once. Fails with `CONFLICT` when another live node has
  /// the same id, and with what the state fails with.
  ///
  /// @param self asked for on the loop
  public Future<Void> announce(Supplier<NodeInfo> self) {
    return onLoop(() -> announce(self, PATIENCE_ROUNDS));
  }

  private Future<Void> announce(Supplier<NodeInfo> self, int roundsLeft) {
    NodeInfo own = self.get();
    return state.get(PREFIX + own.id()).compose(found -> {
      Optional<NodeInfo> other = found.map(entry -> NodeInfo.fromJson(own.id(), entry.value())).filter(n -> !n.home().equals(own.home()));
      if (other.isEmpty()) {
        this.self = Optional.of(self);
        return write().compose(_ -> read());
      }
      if (roundsLeft == 0) {
        return Future.failedFuture(new TidemarkException(ErrorCode.CONFLICT, "cluster.node: another live node is called \"" + own.id()
            + "\", at " + (other.get().address().isEmpty() ? "an unknown address" : other.get().address()) + " with the roles "
            + String.join(",", other.get().roles().stream().sorted().toList()) + "; give one of them another id"));
      }
      Promise<Void> later = Promise.promise();
      loop.after(lifeMillis / WORDS_A_LIFE, () -> announce(self, roundsLeft - 1).onComplete(later));
      return later.future();
    });
  }

  /// Says what this node has to say now, and completes when all others must have heard it, or the state does not answer. Never fails.
  public Future<Void> tell() {
    Promise<Void> heard = Promise.promise();
    // Two rounds: a reading that was under way when this was written may have missed it.
    onLoop(this::write).onComplete(_ -> loop.after(2 * lifeMillis / WORDS_A_LIFE, heard::tryComplete));
    loop.after(lifeMillis, heard::tryComplete);
    return heard.future();
  }

  private Future<Void> write() {
    if (self.isEmpty()) {
      return Future.succeededFuture();
    }
    NodeInfo own = self.get().get();
    return state.putFor(PREFIX + own.id(), own.toJson().toBuffer().getBytes(), lifeMillis).mapEmpty();
  }

  private Future<Void> read() {
    return state.scan(PREFIX).map(entries -> {
      List<NodeInfo> nodes = new ArrayList<>();
      for (State.Entry entry : entries) {
        try {
          nodes.add(NodeInfo.fromJson(entry.key().substring(PREFIX.length()), entry.value()));
        } catch (TidemarkException e) {
          LOG.atError().addKeyValue("key", entry.key()).log(e.getMessage());
        }
      }
      remember(new Topology(nodes, clock.millis()));
      return null;
    });
  }

  /// Two reads never overlap but at the start, where they find the same; so what the state answers is taken where it answers.
  private synchronized void remember(Topology next) {
    var missing = new TreeMap<String, Gone>();
    gone.forEach(known -> missing.put(known.node.id(), known));
    topology.nodes().forEach(node -> missing.put(node.id(), new Gone(node, topology.asOfMillis())));
    next.nodes().forEach(node -> missing.remove(node.id()));
    missing.values().removeIf(known -> next.asOfMillis() - known.heardAtMillis > GONE_KEPT_MILLIS);
    gone = List.copyOf(missing.values());
    readNanos = clock.nanos();
    topology = next;
  }

  private void schedule() {
    if (!closed) {
      timer = loop.after(lifeMillis / WORDS_A_LIFE, this::round);
    }
  }

  private void round() {
    Future<Void> written = write();
    Future<Void> read = read();
    Future.join(written, read).onComplete(done -> loop.execute(() -> {
      if (done.failed()) {
        failures.increment();
        LOG.atWarn().addKeyValue("reason", String.valueOf(done.cause().getMessage()))
            .log("The registry of nodes does not answer; what it last said stays in use");
      }
      schedule();
    }));
  }

  private <T> Future<T> onLoop(Supplier<Future<T>> work) {
    Promise<T> promise = Promise.promise();
    loop.execute(() -> Future.succeededFuture().compose(_ -> work.get()).onComplete(promise));
    return promise.future();
  }

  /// Says that this node is gone, and stops.
  public Future<Void> close() {
    return onLoop(() -> {
      closed = true;
      timer.cancel();
      return self.map(own -> state.remove(PREFIX + own.get().id())).orElse(Future.succeededFuture());
    });
  }
}
