package io.tidemark.query;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.Exemplar;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.query.evaluate.Part;
import io.tidemark.query.evaluate.PartResult;
import io.tidemark.query.evaluate.PartView;
import io.tidemark.query.peer.AnswerBudget;
import io.tidemark.query.peer.PeerAnswer;
import io.tidemark.query.peer.PeerFormat;
import io.tidemark.query.peer.PeerRequest;
import io.tidemark.query.peer.Peers;
import io.tidemark.query.peer.Waiting;
import io.tidemark.storage.Aspect;
import io.tidemark.storage.Estimate;
import io.tidemark.storage.ReadPolicy;
import io.tidemark.storage.Resolution;
import io.tidemark.storage.Selection;
import io.tidemark.storage.SeriesExemplars;
import io.tidemark.storage.SeriesReader.Metadata;
import io.tidemark.storage.SeriesView;
import io.tidemark.telemetry.Counter;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// The shards of a cluster as one place to read from. Safe on any thread; reads block, so never on an event loop.
final class ClusterView implements PartView {
  /// What views count together.
  record Counters(Counter retries, Counter partial, Counter logUnknown, Counter elsewhere) {}

  /// What came of some shards.
  private sealed interface Came {
    record Local(SeriesView view) implements Came {}

    record Remote(PeerAnswer answer) implements Came {}

    /// No node answered for them.
    record Missing(Set<Integer> shards, String reason) implements Came {}
  }

  /// Memory of the labels of a selected series.
  private static final long SERIES_BYTES = 160;
  /// Texts kept; more say nothing new.
  private static final int WARNINGS_MAX = 100;
  /// Share of the silence limit that a node may wait for its shards to be up to date.
  private static final double WAIT_SHARE = 0.75;
  /// Reads end by their own deadlines; this long after them something is wrong.
  private static final long SLACK_MILLIS = 5_000;

  private final ClusterReadParts parts;
  private final PeerConfig config;
  private final ReadPolicy policy;
  private final long deadlineNanos;
  private final Replicas replicas;
  private final Peers peers;
  private final AnswerBudget budget;
  private final Counters counters;

  // Guarded by this.
  private final Set<String> warnings = new LinkedHashSet<>();
  private final Set<Runnable> cancelers = new LinkedHashSet<>();
  private final List<SeriesView> views = new ArrayList<>();
  private boolean closed;

  ClusterView(ClusterReadParts parts, PeerConfig config, ReadPolicy policy, long deadlineNanos, Replicas replicas, Peers peers,
      AnswerBudget budget, Counters counters) {
    this.parts = parts;
    this.config = config;
    this.policy = policy;
    this.deadlineNanos = deadlineNanos;
    this.replicas = replicas;
    this.peers = peers;
    this.budget = budget;
    this.counters = counters;
  }

  @Override
  public Selection select(List<Matcher> matchers, TimeRange range, int seriesMax) {
    var selections = new ArrayList<Selection>();
    read(parts.names().of(matchers), new PeerRequest.Select(matchers, range, seriesMax),
        view -> selections.add(view.select(matchers, range, seriesMax)), answer -> selections.add(answer.selection()));
    policy.watch().hold(selections.stream().mapToLong(Selection::count).sum() * SERIES_BYTES);
    return MergedSelection.of(selections, seriesMax);
  }

  /// Of the shards of this node only: other nodes are not asked twice, and tell what they have when they are read.
  @Override
  public Estimate estimate(List<Matcher> matchers, TimeRange range) {
    return estimate(matchers, range, Resolution.RAW, Aspect.EDGES);
  }

  @Override
  public Estimate estimate(List<Matcher> matchers, TimeRange range, Resolution resolution, Aspect aspect) {
    Set<Integer> shards = parts.names().of(matchers);
    var here = new TreeMap<Integer, Long>();
    replicas.choose(shards).forEach((node, some) -> {
      if (replicas.isSelf(node)) {
        some.forEach(shard -> here.put(shard, 0L));
      }
    });
    if (here.isEmpty()) {
      return new Estimate(0, 0, shards.isEmpty());
    }
    try (SeriesView view = await(parts.local().view(here))) {
      Estimate local = view.estimate(matchers, range, resolution, aspect);
      return new Estimate(local.series(), local.samples(), here.keySet().containsAll(shards), local.resolution());
    } catch (TidemarkException e) {
      if (e.code() == ErrorCode.UNAVAILABLE) {
        return new Estimate(0, 0, false); // a shard has just gone elsewhere; the read will find it there
      }
      throw e;
    }
  }

  @Override
  public List<String> labelNames(List<Matcher> matchers, TimeRange range) {
    var names = new TreeSet<String>();
    read(parts.names().of(matchers), new PeerRequest.Names(matchers, range), view -> names.addAll(view.labelNames(matchers, range)),
        answer -> names.addAll(answer.texts()));
    return List.copyOf(names);
  }

  @Override
  public List<String> labelValues(String name, List<Matcher> matchers, TimeRange range) {
    var values = new TreeSet<String>();
    read(parts.names().of(matchers), new PeerRequest.Values(name, matchers, range),
        view -> values.addAll(view.labelValues(name, matchers, range)), answer -> values.addAll(answer.texts()));
    return List.copyOf(values);
  }

  @Override
  public Map<String, List<Metadata>> metadata() {
    var all = new TreeMap<String, Collection<Metadata>>();
    BiConsumer<String, List<Metadata>> add = (metric, texts) -> all.computeIfAbsent(metric, _ -> new LinkedHashSet<>()).addAll(texts);
    read(parts.names().all(), new PeerRequest.Metrics(), view -> view.metadata().forEach(add), answer -> answer.metadata().forEach(add));
    var result = new TreeMap<String, List<Metadata>>();
    all.forEach((metric, texts) -> result.put(metric, List.copyOf(texts)));
    return result;
  }

  @Override
  public Set<Integer> shards(List<Matcher> matchers) {
    return parts.names().of(matchers);
  }

  @Override
  public Optional<PartResult> evaluate(Part part, int shard) {
    var result = new AtomicReference<>(Optional.of(PartResult.NOTHING));
    read(Set.of(shard), new PeerRequest.Evaluate(part), _ -> result.set(Optional.empty()), answer -> {
      counters.elsewhere.increment();
      result.set(Optional.of(answer.part(part.count())));
    });
    return result.get();
  }

  @Override
  public List<SeriesExemplars> exemplars(List<Matcher> matchers, TimeRange range) {
    var all = new TreeMap<LabelSet, List<Exemplar>>();
    Consumer<SeriesExemplars> add = found -> all.computeIfAbsent(found.series(), _ -> new ArrayList<>()).addAll(found.exemplars());
    read(parts.names().of(matchers), new PeerRequest.Exemplars(matchers, range), view -> view.exemplars(matchers, range).forEach(add),
        answer -> answer.exemplars().forEach(add));
    return all.entrySet().stream().map(entry -> new SeriesExemplars(entry.getKey(), entry.getValue())).toList();
  }

  /// Reads from every node that has to be asked, at the same time, and hands on what came, in the order of the nodes' ids.
  private void read(Set<Integer> shards, PeerRequest.Operation operation, Consumer<SeriesView> here, Consumer<PeerAnswer> there) {
    if (shards.isEmpty()) {
      return;
    }
    if (remainingMillis() <= 0) {
      throw new TidemarkException(ErrorCode.TIMEOUT, "no time is left to read " + Waiting.name(shards));
    }
    List<Came> answers = await(ask(shards, operation, Optional.empty()));
    tellMissing(answers);
    for (Came came : answers) {
      switch (came) {
        case Came.Missing _ -> { }
        case Came.Local local -> {
          here.accept(local.view);
          local.view.warnings().forEach(this::warn);
        }
        case Came.Remote remote -> {
          there.accept(remote.answer);
          remote.answer.warnings().forEach(this::warn);
        }
      }
    }
  }

  private void tellMissing(List<Came> answers) {
    var byReason = new TreeMap<String, Set<Integer>>();
    for (Came came : answers) {
      if (came instanceof Came.Missing missing) {
        byReason.computeIfAbsent(missing.reason, _ -> new TreeSet<>()).addAll(missing.shards);
      }
    }
    if (byReason.isEmpty()) {
      return;
    }
    counters.partial.increment();
    List<String> texts = byReason.entrySet().stream().map(entry -> Waiting.name(entry.getValue()) + " did not answer: " + entry.getKey())
        .toList();
    if (!policy.partialAllowed()) {
      throw new TidemarkException(ErrorCode.UNAVAILABLE, String.join("; ", texts));
    }
    texts.forEach(text -> warn(text + "; the result is partial"));
  }

  private long remainingMillis() {
    return (deadlineNanos - parts.clock().nanos()) / 1_000_000;
  }

  /// Blocks the thread. Vert.x' own `await` refuses its worker threads, on which look-ups of series and labels run.
  private <T> T await(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture()
          .get(Math.max(0, remainingMillis()) + SLACK_MILLIS, TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new TidemarkException(ErrorCode.TIMEOUT, "peers did not answer in the time that the query has", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TidemarkException(ErrorCode.CANCELED, "the read was interrupted while it waited for peers", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof TidemarkException known) {
        throw known;
      }
      throw new TidemarkException(ErrorCode.INTERNAL, "a read from peers failed: " + e.getCause(), e.getCause());
    }
  }

  /// @param before why the shards are asked for a second time, if they are
  private Future<List<Came>> ask(Set<Integer> shards, PeerRequest.Operation operation, Optional<String> before) {
    Map<Replicas.Node, Set<Integer>> groups = replicas.choose(shards);
    var answers = new ArrayList<Future<List<Came>>>();
    groups.forEach((node, some) -> {
      before.ifPresent(_ -> counters.retries.increment());
      answers.add(askNode(node, some, operation, before.isPresent()).transform(reply -> reply.succeeded()
          ? take(node, operation, before.isPresent(), reply.result())
          : elsewhere(node, some, operation, before.isPresent(), reply.cause())));
    });
    var missing = new TreeSet<>(shards);
    groups.values().forEach(missing::removeAll);
    if (!missing.isEmpty()) {
      answers.add(missing(missing, before.orElse("no node has " + (missing.size() == 1 ? "it" : "them"))));
    }
    return Future.all(answers).map(all -> answers.stream().flatMap(answer -> answer.result().stream()).toList());
  }

  /// What one node gave.
  ///
  /// @param absent shards that it does not have
  /// @param behind shards that lack something
  private record Reply(Came part, Set<Integer> absent, Set<Integer> behind) {}

  private Future<Reply> askNode(Replicas.Node node, Set<Integer> shards, PeerRequest.Operation operation, boolean again) {
    long remaining = Math.max(1, remainingMillis());
    // A first attempt leaves time for a second.
    long silence = Math.clamp(again ? remaining : remaining / 2, 1, config.silenceMillis());
    long wait = replicas.endsKnown() ? (long) (silence * WAIT_SHARE) : 0;
    Map<Integer, Long> positions = replicas.positions(shards);
    if (replicas.isSelf(node)) {
      return Waiting.of(parts.local(), positions, wait, policy.partialAllowed(), parts.timers())
          .map(shown -> new Reply(new Came.Local(opened(shown.view())), shown.absent(), shown.behind()));
    }
    var request = new PeerRequest(positions, remaining, wait, policy.partialAllowed(), budget.left(), operation);
    Peers.Asked asked = peers.ask(node.address(), request, silence, deadlineNanos, budget);
    cancelWith(asked.canceler());
    return asked.answer().onComplete(_ -> ended(asked.canceler()))
        .map(answer -> new Reply(new Came.Remote(answer), answer.absent(), answer.behind()));
  }

  private Future<List<Came>> take(Replicas.Node node, PeerRequest.Operation operation, boolean again, Reply reply) {
    if (!reply.behind.isEmpty()) {
      doubt(node);
      warn(Waiting.name(reply.behind) + " of node " + node.id() + " lacked some of what the ingest log held when the query came; "
          + "the newest samples may be missing");
    }
    if (reply.absent.isEmpty()) {
      return Future.succeededFuture(List.of(reply.part));
    }
    replicas.refuse(node, reply.absent);
    return retry(reply.absent, operation, again, "node " + node.id() + " does not have " + Waiting.name(reply.absent) + " any more")
        .map(others -> Stream.concat(Stream.of(reply.part), others.stream()).toList());
  }

  private Future<List<Came>> elsewhere(Replicas.Node node, Set<Integer> shards, PeerRequest.Operation operation, boolean again,
      Throwable cause) {
    if (!(cause instanceof TidemarkException known) || PeerFormat.isOfQuery(known.code())) {
      return Future.failedFuture(cause);
    }
    replicas.fail(node);
    doubt(node);
    return retry(shards, operation, again, known.getMessage());
  }

  private void doubt(Replicas.Node node) {
    if (!replicas.isSelf(node)) {
      peers.doubt(node.address());
    }
  }

  private Future<List<Came>> retry(Set<Integer> shards, PeerRequest.Operation operation, boolean again, String reason) {
    return again ? missing(shards, reason) : ask(shards, operation, Optional.of(reason));
  }

  private static Future<List<Came>> missing(Set<Integer> shards, String reason) {
    return Future.succeededFuture(List.of(new Came.Missing(shards, reason)));
  }

  synchronized void warn(String warning) {
    if (warnings.size() < WARNINGS_MAX) {
      warnings.add(warning);
    }
  }

  @Override
  public synchronized List<String> warnings() {
    return List.copyOf(warnings);
  }

  private SeriesView opened(SeriesView view) {
    synchronized (this) {
      if (!closed) {
        views.add(view);
        return view;
      }
    }
    view.close();
    throw new TidemarkException(ErrorCode.CANCELED, "query ended before its shards were read");
  }

  private void cancelWith(Runnable canceler) {
    synchronized (this) {
      if (!closed) {
        cancelers.add(canceler);
        return;
      }
    }
    canceler.run();
  }

  private synchronized void ended(Runnable canceler) {
    cancelers.remove(canceler);
  }

  /// Ends the reads under way; they fail with `CANCELED`. What was selected stays readable.
  @Override
  public void close() {
    List<Runnable> running;
    List<SeriesView> open;
    synchronized (this) {
      closed = true;
      running = List.copyOf(cancelers);
      cancelers.clear();
      open = List.copyOf(views);
      views.clear();
    }
    running.forEach(Runnable::run);
    open.forEach(SeriesView::close);
    budget.close();
  }
}
