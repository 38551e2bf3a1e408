package io.tidemark.query.peer;

import io.tidemark.guard.Guard;
import io.tidemark.guard.GuardConfig;
import io.tidemark.guard.Guards;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Timers;
import io.vertx.core.Future;
import io.vertx.core.http.HttpClient;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// The nodes that this one reads from, each behind a guard. Safe on any thread.
public final class Peers {
  private static final int FAILURES_TO_OPEN = 5;
  private static final long OPEN_MILLIS = 2_000;
  /// A call ends by itself at its silence limit; its guard, a little later, only reckons with a call that does not.
  private static final long GUARD_SLACK_MILLIS = 2_000;
  /// How long others are preferred to a peer that failed or was behind.
  private static final long DOUBT_MILLIS = 5_000;

  private static final class Peer {
    final Guard guard;
    volatile long doubtUntilNanos;

    Peer(Guard guard, long nowNanos) {
      this.guard = guard;
      doubtUntilNanos = nowNanos;
    }
  }

  private final HttpClient client;
  private final long silenceMillis;
  private final Timers timers;
  private final Clock clock;
  private final Metrics metrics;
  private final Guards guards;
  private final Counter requests;
  private final Counter failures;
  private final Counter received;
  private final Map<String, Peer> peers = new ConcurrentHashMap<>();

  public Peers(HttpClient client, long silenceMillis, Timers timers, Clock clock, Metrics metrics, Guards guards) {
    this.client = client;
    this.silenceMillis = silenceMillis;
    this.timers = timers;
    this.clock = clock;
    this.metrics = metrics;
    this.guards = guards;
    requests = metrics.counter("tidemark_peer_requests_total", "Reads asked of other nodes.");
    failures = metrics.counter("tidemark_peer_failures_total", "Reads asked of other nodes that failed or were refused.");
    received = metrics.counter("tidemark_peer_received_samples_total", "Samples that other nodes answered.");
  }

  private static String system(String address) {
    return "peer " + address;
  }

  private Peer peer(String address) {
    return peers.computeIfAbsent(address, _ -> {
      var guard = new Guard(new GuardConfig(system(address), silenceMillis + GUARD_SLACK_MILLIS, List.of(), FAILURES_TO_OPEN, OPEN_MILLIS),
          timers, clock, metrics);
      guards.add("peer", "tidemark", address, guard);
      return new Peer(guard, clock.nanos());
    });
  }

  /// Forgets all peers but these.
  public void retain(Set<String> addresses) {
    for (var entry : peers.entrySet()) {
      if (!addresses.contains(entry.getKey()) && peers.remove(entry.getKey(), entry.getValue())) {
        guards.remove(entry.getValue().guard);
        metrics.forget("system", system(entry.getKey()));
      }
    }
  }

  /// Whether another peer is to be preferred.
  public boolean isDoubtful(String address) {
    Peer peer = peers.get(address);
    return peer != null && (peer.doubtUntilNanos - clock.nanos() > 0 || peer.guard.state() != Guard.State.CLOSED);
  }

  /// Prefers other peers to this one for a while.
  public void doubt(String address) {
    peer(address).doubtUntilNanos = clock.nanos() + DOUBT_MILLIS * 1_000_000;
  }

  /// A peer that was asked.
  ///
  /// @param canceler ends the call, with `CANCELED`; does nothing once it has ended
  public record Asked(Future<PeerAnswer> answer, Runnable canceler) {}

  /// Asks one peer, once.
  ///
  /// Fails with what the peer failed with, `UNAVAILABLE` when it is not there, `TIMEOUT` when it says nothing for `silenceMillis` or is
  /// not done by `deadlineNanos`, `CORRUPT` when its answer is damaged, `TOO_EXPENSIVE` past the budget.
  public Asked ask(String address, PeerRequest request, long silenceMillis, long deadlineNanos, AnswerBudget budget) {
    requests.increment();
    var call = new PeerCall(address, request, new PeerCall.Limits(silenceMillis, deadlineNanos), budget, timers, clock);
    Future<PeerAnswer> answer = peer(address).guard.once(() -> call.start(client)).compose(_ -> call.answer());
    return new Asked(answer.onComplete(result -> {
      if (result.succeeded()) {
        received.add(result.result().samples());
      } else {
        call.cancel();
        failures.increment();
      }
    }), call::cancel);
  }
}
