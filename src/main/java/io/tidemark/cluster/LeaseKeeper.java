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
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Shares the slots of one role out among the nodes that have it, each slot to one node at a time.
///
/// Work is hashed into a fixed number of slots, so that the cost does not depend on how much work there is. Each slot is a lease of the
/// state. A passing key per node (`cluster/member/ROLE/NODE`) tells who is there; a slot belongs to the node that rendezvous hashing
/// picks among them, so a node that comes or goes moves its own share and nothing else. In each round (a fifth of the life) a node renews
/// what it has, takes what is free and its own, and gives back, once the work on it has ended, what has become another's.
///
/// A lease is reckoned from before it was asked for, by the clock that nobody sets, and ends here a margin before it can end elsewhere.
/// That holds for a clock that runs; behind it every write carries the lease's token, which the state refuses after a change of holder.
///
/// **When the state is away** nobody can tell who has what. A node that was the only one of its role goes on without a break. Among
/// several each stops when its lease ends, because one that is merely cut off must leave its slots to the others; if the state stays away
/// for `aloneAfterMillis`, each goes on *alone* with the slots it had last, and one that never reached the state since its start with all
/// of them. In a true outage these are again different slots on different nodes; for a node that is cut off while others are not, its work
/// is done twice: a page twice is better than none. Alone ends with the state's first answer.
///
/// `cluster/holder/NAME` keeps the token of the last holder. A node that gains a slot and finds its own last token there knows that nobody
/// else had it in between, so what it has in memory is newer than what is saved.
///
/// Belongs to its loop; `start`, `close` and `held` may be called from any thread.
public final class LeaseKeeper {
  private static final Logger LOG = LoggerFactory.getLogger(LeaseKeeper.class);
  private static final String MEMBERS = "cluster/member/";
  private static final String HOLDERS = "cluster/holder/";
  /// Timers count whole milliseconds; a lease this close to its end has ended.
  private static final long TIMER_NANOS = 2_000_000;
  /// The value of the key of a node that is about to go.
  private static final String LEAVING = "leaving";

  /// Who does the work of the slots. Called on the loop.
  public interface Tenant {
    /// A slot is this node's from now on; completes once the work on it has begun.
    ///
    /// @param continues whether nobody else had it since this process lost it
    Future<Void> gained(LeaseTenure tenure, boolean continues);

    /// A slot is to be given up. While the tenure still holds, there is time to end what is under way, and the slot is released when the
    /// future completes; otherwise everything has to stop at once.
    Future<Void> lost(LeaseTenure tenure);
  }

  /// A slot that is this node's.
  ///
  /// @param name        of the lease, `ROLE/slot-NN`
  /// @param token       as in {@link LeaseTenure#token}
  /// @param sinceMillis when it was gained
  public record Held(String name, long token, long sinceMillis) {}

  /// What this node knows of one slot.
  private static final class Claim {
    final int slot;
    final String name;
    Optional<LeaseTenure> tenure = Optional.empty();
    Optional<Timers.Timer> expiry = Optional.empty();
    /// Whether nobody else is known to have had it since this node did.
    boolean mine;
    long sinceMillis;
    boolean asking;
    boolean leaving;
    /// The last lease that this process had.
    Optional<State.Lease> last = Optional.empty();
    /// What was noted about the holder before `notedFor` overwrote it.
    Optional<String> noted = Optional.empty();
    Optional<State.Lease> notedFor = Optional.empty();

    Claim(int slot, String name) {
      this.slot = slot;
      this.name = name;
    }
  }

  private final String role;
  private final LeaseConfig config;
  private final State state;
  private final Tenant tenant;
  private final Loop loop;
  private final Clock clock;
  private final List<Claim> claims;
  private final Counter gains;
  private final Counter losses;
  private final Counter failures;
  /// Who counts as there; empty until the state has answered once.
  private Set<String> members = Set.of();
  /// Who was there in the last round.
  private Set<String> seen = Set.of();
  /// Since when no call of the state has succeeded; 0 when the last one did.
  private long awaySinceNanos;
  private boolean away;
  private boolean closing;
  private volatile List<Held> held = List.of();
  private volatile int alone;
  private volatile int memberCount;
  private volatile boolean awayShown;

  /// @param role  names the leases `ROLE/slot-NN` and the metrics
  /// @param slots how many; the same on every node
  public LeaseKeeper(String role, int slots, LeaseConfig config, State state, Tenant tenant, Loop loop, Clock clock, Metrics metrics) {
    this.role = role;
    this.config = config;
    this.state = state;
    this.tenant = tenant;
    this.loop = loop;
    this.clock = clock;
    claims = IntStream.range(0, slots).mapToObj(slot -> new Claim(slot, String.format("%s/slot-%02d", role, slot))).toList();
    gains = metrics.counter("tidemark_lease_gains_total", "Slots of a role that this node took on.", "role", role);
    losses = metrics.counter("tidemark_lease_losses_total", "Slots of a role that this node gave up or lost.", "role", role);
    failures = metrics.counter("tidemark_lease_failures_total", "Calls about leases that the state failed or did not answer in time.",
        "role", role);
    metrics.gauge("tidemark_leases_held", "Slots of a role that this node has, alone ones included.", () -> held.size(), "role", role);
    metrics.gauge("tidemark_leases_alone",
        "Slots that this node goes on with although the state is away; their work may be done twice.", () -> alone, "role", role);
    metrics.gauge("tidemark_lease_members", "Nodes that have the role, as last seen.", () -> memberCount, "role", role);
    metrics.gauge("tidemark_lease_state_away", "Whether the last call about leases failed.", () -> awayShown ? 1 : 0, "role", role);
  }

  /// The slot of a piece of work, the same on every node.
  public int slotOf(String key) {
    return Math.floorMod(hash(key), claims.size());
  }

  /// The slots that are this node's, by name. Any thread.
  public List<Held> held() {
    return held;
  }

  /// Begins; completes after the first round, when the work on what it gained has begun. Never fails: without the state, rounds go on.
  public Future<Void> start() {
    Promise<Void> first = Promise.promise();
    loop.execute(() -> round().onComplete(first));
    return first.future();
  }

  private Future<Void> round() {
    if (closing && claims.stream().allMatch(claim -> claim.tenure.isEmpty())) {
      return Future.succeededFuture();
    }
    loop.after(config.roundMillis(), this::round);
    var work = new ArrayList<Future<Void>>();
    // What is held does not wait for anything.
    claims.stream().filter(claim -> claim.tenure.isPresent()).forEach(claim -> work.add(ask(claim)));
    if (!closing) {
      work.add(meet().compose(_ -> share()).otherwiseEmpty());
    }
    goAloneIfDue();
    return Future.join(work).otherwiseEmpty().mapEmpty();
  }

  // ---- who is there

  private Future<Void> meet() {
    return answered(state.putFor(memberKey(), bytes(Long.toString(clock.millis())), config.leaseMillis()))
        .compose(_ -> answered(state.scan(MEMBERS + role + "/"))).map(found -> {
          var here = new TreeSet<>(Set.of(config.node()));
          var leaving = new TreeSet<String>();
          for (State.Entry entry : found) {
            String node = entry.key().substring((MEMBERS + role + "/").length());
            (new String(entry.value(), StandardCharsets.UTF_8).equals(LEAVING) ? leaving : here).add(node);
          }
          // Gone is who is missing twice: after a flush of the state everybody comes back within one round, and keeps what it has.
          var counted = new TreeSet<>(here);
          counted.addAll(seen);
          counted.removeAll(leaving);
          seen = here;
          members = counted;
          memberCount = counted.size();
          return null;
        });
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private String memberKey() {
    return MEMBERS + role + "/" + config.node();
  }

  /// Takes what is this node's and gives back what is another's.
  private Future<Void> share() {
    var work = new ArrayList<Future<Void>>();
    for (Claim claim : claims) {
      boolean isOwn = preferred(claim.name).equals(config.node());
      if (claim.tenure.isEmpty() && isOwn) {
        work.add(ask(claim));
      } else if (claim.tenure.isPresent() && !isOwn && !claim.tenure.get().isAlone()) {
        handOver(claim);
      }
    }
    return Future.join(work).otherwiseEmpty().mapEmpty();
  }

  /// Rendezvous hashing: every node finds the same one.
  private String preferred(String name) {
    return members.stream().max(Comparator.comparingLong(member -> hash(name + "\u0000" + member))).orElse(config.node());
  }

  /// FNV-1a, its bits mixed so that names that differ in the last character alone spread as well.
  private static long hash(String text) {
    long hash = 0xcbf29ce484222325L;
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
    }
    hash = (hash ^ hash >>> 30) * 0xbf58476d1ce4e5b9L;
    hash = (hash ^ hash >>> 27) * 0x94d049bb133111ebL;
    return hash ^ hash >>> 31;
  }

  // ---- leases

  private Future<Void> ask(Claim claim) {
    if (claim.asking) {
      return Future.succeededFuture();
    }
    claim.asking = true;
    long beforeNanos = clock.nanos();
    Future<Future<Void>> decided = answered(state.lease(claim.name, config.node(), config.leaseMillis())).compose(granted -> {
      if (granted.isEmpty()) {
        claim.mine = false;
        end(claim);
        return Future.succeededFuture(Future.succeededFuture());
      }
      return take(claim, granted.get(), beforeNanos + (config.leaseMillis() - config.marginMillis()) * 1_000_000);
    });
    // Renewals do not wait for the work to begin.
    return decided.onComplete(_ -> claim.asking = false).compose(begun -> begun).otherwiseEmpty();
  }

  /// Goes on with a lease, or begins with it; gives what completes once the work on it has begun.
  private Future<Future<Void>> take(Claim claim, State.Lease lease, long untilNanos) {
    Optional<LeaseTenure> same = claim.tenure.filter(tenure -> tenure.lease().equals(lease) && !tenure.isAlone() && tenure.holds());
    if (same.isPresent()) {
      same.get().extend(untilNanos);
      watch(claim, same.get());
      return Future.succeededFuture(Future.succeededFuture());
    }
    return note(claim, lease).map(continues -> {
      end(claim);
      if (untilNanos - clock.nanos() < TIMER_NANOS || closing) {
        // As good as over, because the answers took so long: the next round asks again. And who closes takes nothing on.
        return Future.succeededFuture();
      }
      var tenure = new LeaseTenure(this, lease, claim.slot, untilNanos);
      watch(claim, tenure);
      return begin(claim, tenure, continues);
    });
  }

  /// Notes the new holder, and tells whether nobody else had the slot since this process.
  private Future<Boolean> note(Claim claim, State.Lease lease) {
    String key = HOLDERS + claim.name;
    boolean wasMine = claim.tenure.isPresent();
    return answered(state.get(key)).compose(found -> {
      if (!claim.notedFor.equals(Optional.of(lease))) {
        claim.notedFor = Optional.of(lease);
        claim.noted = found.map(entry -> new String(entry.value(), StandardCharsets.UTF_8));
      }
      return answered(state.putUnder(lease, key, bytes(Long.toString(lease.token()))));
    }).map(_ -> claim.last.isPresent()
        && claim.noted.map(token -> token.equals(Long.toString(claim.last.get().token()))).orElse(wasMine));
  }

  private Future<Void> begin(Claim claim, LeaseTenure tenure, boolean continues) {
    claim.tenure = Optional.of(tenure);
    claim.last = Optional.of(tenure.lease());
    claim.mine = true;
    claim.sinceMillis = clock.millis();
    gains.increment();
    count();
    return Future.succeededFuture().compose(_ -> tenant.gained(tenure, continues))
        .onFailure(e -> LOG.error("Taking on slot {} of {} failed.", claim.slot, role, e));
  }

  /// Looks at a lease shortly before it ends, and again when it has.
  private void watch(Claim claim, LeaseTenure tenure) {
    claim.expiry.ifPresent(Timers.Timer::cancel);
    long earlyMillis = tenure.remainingNanos() / 1_000_000 - config.marginMillis() / 2;
    claim.expiry = Optional.of(loop.after(Math.max(0, earlyMillis), () -> ending(claim, tenure)));
  }

  private void ending(Claim claim, LeaseTenure tenure) {
    if (!claim.tenure.equals(Optional.of(tenure)) || tenure.isAlone()) {
      return;
    }
    // Time that passed is no proof that the state is away: a process that stood still asks before it goes on.
    if (away && members.size() <= 1 && tenure.holds()) {
      LOG.atWarn().addKeyValue("role", role).addKeyValue("slot", claim.slot)
          .log("The state is away; this node is the only one of its role and goes on.");
      tenure.goAlone();
      count();
    } else if (tenure.holds()) {
      claim.expiry = Optional.of(loop.after(tenure.remainingNanos() / 1_000_000 + 1, () -> ending(claim, tenure)));
    } else {
      end(claim);
    }
  }

  private void end(Claim claim) {
    claim.tenure.ifPresent(tenure -> {
      tenure.end();
      leave(claim);
      if (!claim.leaving) {
        tellLost(tenure);
      }
    });
  }

  private Future<Void> tellLost(LeaseTenure tenure) {
    return Future.succeededFuture().compose(_ -> tenant.lost(tenure))
        .onFailure(e -> LOG.error("Giving up slot {} of {} failed.", tenure.slot(), role, e));
  }

  private void leave(Claim claim) {
    claim.expiry.ifPresent(Timers.Timer::cancel);
    claim.expiry = Optional.empty();
    claim.tenure = Optional.empty();
    losses.increment();
    count();
  }

  private Future<Void> handOver(Claim claim) {
    if (claim.leaving) {
      return Future.succeededFuture();
    }
    claim.leaving = true;
    LeaseTenure tenure = claim.tenure.orElseThrow();
    // Renewed meanwhile; one that does not end within a life loses the rest of its time.
    return within(config.lifeMillis(), tellLost(tenure)).transform(_ -> {
      claim.leaving = false;
      claim.mine = false;
      if (claim.tenure.equals(Optional.of(tenure))) {
        tenure.end();
        leave(claim);
      }
      return answered(state.release(tenure.lease()));
    }).otherwiseEmpty();
  }

  /// The state refused a write under this tenure.
  void refused(LeaseTenure tenure) {
    loop.execute(() -> {
      Claim claim = claims.get(tenure.slot());
      if (claim.tenure.equals(Optional.of(tenure))) {
        end(claim);
        if (!closing) {
          ask(claim);
        }
      }
    });
  }

  // ---- the state's absence

  /// A call of the state, ending on the loop and in time; how it went tells whether the state is there.
  private <T> Future<T> answered(Future<T> call) {
    return within(config.roundMillis(), call).onComplete(result -> {
      boolean isAnswer = result.succeeded() || result.cause() instanceof TidemarkException known && known.code() == ErrorCode.CONFLICT;
      if (!isAnswer) {
        failures.increment();
        awaySinceNanos = away ? awaySinceNanos : clock.nanos();
        away = true;
      } else {
        away = false;
      }
      awayShown = away;
    });
  }

  private <T> Future<T> within(long millis, Future<T> future) {
    Promise<T> promise = Promise.promise();
    Timers.Timer timer = loop.after(millis, () -> promise.tryFail("no answer within " + millis + " ms"));
    future.onComplete(result -> loop.execute(() -> {
      timer.cancel();
      if (result.succeeded()) {
        promise.tryComplete(result.result());
      } else {
        promise.tryFail(result.cause());
      }
    }));
    return promise.future();
  }

  private void goAloneIfDue() {
    if (!away || closing || clock.nanos() - awaySinceNanos < config.aloneAfterMillis() * 1_000_000) {
      return;
    }
    List<Claim> taken = claims.stream().filter(claim -> claim.tenure.isEmpty() && (claim.mine || members.isEmpty())).toList();
    if (!taken.isEmpty()) {
      LOG.atWarn().addKeyValue("role", role).addKeyValue("slots", taken.size()).log(
          "The state is away for too long; this node goes on alone with the slots it had last. What it does may be done twice.");
    }
    for (Claim claim : taken) {
      boolean continues = claim.last.isPresent();
      var tenure = new LeaseTenure(this, claim.last.orElse(new State.Lease(claim.name, config.node(), 0)), claim.slot, clock.nanos());
      tenure.goAlone();
      begin(claim, tenure, continues);
    }
  }

  private void count() {
    held = claims.stream().filter(claim -> claim.tenure.isPresent())
        .map(claim -> new Held(claim.name, claim.tenure.get().token(), claim.sinceMillis)).toList();
    alone = (int) claims.stream().filter(claim -> claim.tenure.isPresent() && claim.tenure.get().isAlone()).count();
  }

  State state() {
    return state;
  }

  Clock clock() {
    return clock;
  }

  /// Gives everything back, each slot once the work on it has ended, so that others need not wait for its lease to run out.
  public Future<Void> close() {
    Promise<Void> closed = Promise.promise();
    loop.execute(() -> {
      closing = true;
      var work = new ArrayList<Future<Void>>();
      // Others share out without this node from now on; if this fails, they do when its key has gone.
      Future<Void> left = answered(state.putFor(memberKey(), bytes(LEAVING), config.leaseMillis())).<Void>mapEmpty().otherwiseEmpty();
      claims.stream().filter(claim -> claim.tenure.isPresent()).forEach(claim -> work.add(handOver(claim)));
      work.add(left);
      Future.join(work).<Void>mapEmpty().onComplete(closed);
    });
    return closed.future();
  }
}
