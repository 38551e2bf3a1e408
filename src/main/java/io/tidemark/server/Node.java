package io.tidemark.server;

import io.tidemark.api.ApiParts;
import io.tidemark.api.ApiVerticle;
import io.tidemark.api.Operations;
import io.tidemark.api.Outflow;
import io.tidemark.api.Routes;
import io.tidemark.cluster.ClusterConfig;
import io.tidemark.cluster.LeaseKeeper;
import io.tidemark.collector.Gate;
import io.tidemark.collector.Scraper;
import io.tidemark.collector.SeriesBudgets;
import io.tidemark.disk.Disk;
import io.tidemark.guard.Guards;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.Matcher;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.notify.Integrations;
import io.tidemark.promql.PromQL;
import io.tidemark.query.PeerServer;
import io.tidemark.storage.Integrity;
import io.tidemark.storage.Storage;
import io.tidemark.telemetry.Metrics;
import io.tidemark.telemetry.ProcessMetrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Entropy;
import io.tidemark.time.Loop;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.WorkerExecutor;
import io.vertx.ext.web.Router;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One running process: the {@link Engine} with its ports, threads and Vert.x around it.
public final class Node {
  private static final Logger LOG = LoggerFactory.getLogger(Node.class);
  private static final long START_SECONDS = 600;
  private static final long STOP_SECONDS = 30;
  private static final long PUSHES_FIRST_MILLIS = 200;
  /// Pieces of background work that may wait for a thread; each is a shard's, a query's or a file's, so their number is bounded anyway.
  private static final int WORK_QUEUE_MAX = 100_000;

  private static final int LOOPS = Math.max(2, Runtime.getRuntime().availableProcessors());
  private static final int IO_THREADS = 4;
  /// Those of the log, the registry, the alert events, the rule engine, the notifier, the scrape slots, the
  /// tier, retention by selector and the marking of the heap, and two of reads between nodes, besides one a shard.
  private static final int FURTHER_LOOPS = 11;
  private static final int MAINTENANCE_THREADS = 2;
  private static final int OBJECT_THREADS = 4;
  private static final int TEMPLATE_THREADS = 4;

  private final NodeConfig.Source source;
  private final NodeConfig config;
  private final Metrics metrics = new Metrics();
  private final Clock clock = Clock.system();
  private final Entropy entropy = Entropy.system();
  private final DataDirectory directory;
  private final Identity identity;
  private final Guards guards = new Guards();
  private final Vertx vertx;
  private final List<ApiVerticle> faces = new ArrayList<>();
  /// The deployment of the faces.
  private Optional<String> listening = Optional.empty();
  private final List<CollectorLoop> collectors = new CopyOnWriteArrayList<>();
  private final List<ExecutorService> pools = new ArrayList<>();
  private final long startedAtMillis = clock.millis();
  private Engine engine;
  private RunningStatus status;
  private volatile Optional<ScrapeSlots> scrapeSlots = Optional.empty();
  private final Queue<Loop> loops = new ConcurrentLinkedQueue<>();
  private volatile boolean ready;
  private volatile Optional<WarmUp> warmUp = Optional.empty();
  private volatile Optional<MetricUseFile> metricUse = Optional.empty();

  private Node(NodeConfig.Source source) {
    this.source = source;
    config = NodeConfig.load(source);
    directory = DataDirectory.take(config.dataDir());
    identity = directory.identity(config.backends().cluster().node(), entropy, startedAtMillis);
    LogOutput.install(config.diagnostics(), config.dataDir().resolve("log"));
    // Where it is not available, the selector of the JDK: the same answers, more of the processor (docs/adr/0052).
    vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(LOOPS).setPreferNativeTransport(true));
  }

  private ExecutorService pool(String name, int threads) {
    var queue = new LinkedBlockingQueue<Runnable>(WORK_QUEUE_MAX);
    metrics.gauge("tidemark_work_queue_length", "Pieces of work that wait for a thread.", queue::size, "pool", name);
    var pool = new ThreadPoolExecutor(threads, threads, 0, TimeUnit.SECONDS, queue,
        Thread.ofPlatform().name("tidemark-" + name + "-", 0).daemon().factory());
    pools.add(pool);
    return pool;
  }

  private List<Scraper> scrapers() {
    return collectors.stream().map(CollectorLoop::scraper).toList();
  }

  /// Reads the configuration and starts the node; returns when it is ready.
  ///
  /// @throws TidemarkException `BAD_DATA` for a configuration with problems, `CONFLICT` when the data directory is in use, and what the
  ///     houses fail with
  public static Node start(NodeConfig.Source source) {
    var node = new Node(source);
    try {
      node.open();
      return node;
    } catch (RuntimeException e) {
      node.close();
      throw e;
    }
  }

  private void open() {
    long started = clock.nanos();
    ProcessMetrics.register(metrics);
    metrics.gauge("tidemark_build_info", "Always 1; the labels tell the version and what the event loops wait with.", () -> 1,
        "version", BuildInfo.current().version(), "transport", vertx.isNativeTransportEnabled() ? "epoll" : "nio");
    vertx.executeBlocking(() -> {
      PromQL.warmUp();
      return true;
    }).onFailure(e -> LOG.warn("Warming up the parser failed.", e));
    ExecutorService io = pool("io", IO_THREADS);
    loops.addAll(loops(config.backends().log().partitions() + FURTHER_LOOPS));
    ExecutorService peerWorkers = pool("peer", LOOPS);
    ExecutorService maintenance = pool("maintenance", MAINTENANCE_THREADS);
    var marking = new HeapMarking(loops.remove(), clock, HeapMarking::cpuNanos, maintenance, HeapMarking.ofThisProcess(), metrics);
    var platform = new Platform(clock, entropy, Disk.local(), _ -> loops.remove(), io, pool("query", LOOPS), maintenance,
        pool("object", OBJECT_THREADS), pool("template", TEMPLATE_THREADS), marking::ask,
        new VertxBackends(vertx, clock, entropy, io, guards), guards);
    engine = await(Engine.openLog(config, identity, platform, metrics));
    var gate = new Gate(config.collector().limits(), clock, metrics);
    var budgets = new SeriesBudgets(config.collector().cardinality(), clock, entropy, metrics);
    if (config.has(Role.COLLECTOR)) {
      listen(gate, budgets, List.of());
      letPushesIn();
    }
    await(engine.openRest(Integrations.over(vertx), gate::isBusy));
    status = new RunningStatus(config, engine, startedAtMillis);
    if (config.has(Role.QUERY)) {
      var used = new MetricUseFile(config.dataDir(), engine.queries().metricUse());
      used.load();
      metricUse = Optional.of(used);
      vertx.setPeriodic(MetricUseFile.SAVE_EVERY_MILLIS, _ -> vertx.executeBlocking(() -> {
        used.save();
        return true;
      }));
    }
    List<Consumer<Router>> routes = Routes.of(parts(budgets));
    if (faces.isEmpty()) {
      listen(gate, budgets, routes);
    } else {
      for (ApiVerticle face : faces) {
        await(face.open(routes));
      }
    }
    await(openPeer(peerWorkers).compose(engine::announce));
    if (config.isClustered() && config.has(Role.COLLECTOR)) {
      collectors.forEach(collector -> collector.own(_ -> false));
      var slots = new ScrapeSlots(engine.leases(), engine.state(), owned -> collectors.forEach(collector -> collector.own(owned)),
          loops.remove(), clock, metrics);
      scrapeSlots = Optional.of(slots);
      await(slots.start());
    }
    for (CollectorLoop collector : collectors) {
      await(collector.open());
      collector.apply(config.collector());
    }
    ready = true;
    LOG.atInfo().addKeyValue("url", url()).addKeyValue("node", identity.id()).addKeyValue("roles", Role.list(config.roles()))
        .addKeyValue("data_dir", config.dataDir().toAbsolutePath())
        .addKeyValue("millis", (clock.nanos() - started) / 1_000_000).log("Ready.");
  }

  /// Opens the HTTP port; for pushes alone when there are no routes yet, for the log takes them while everything else is read. A node that
  /// takes none opens it when all is there, so that clients that find nobody go to another one.
  private void listen(Gate gate, SeriesBudgets budgets, List<Consumer<Router>> routes) {
    var shared = new CollectorLoop.Shared(config, engine.log(), gate, budgets, clock, entropy, metrics);
    for (int i = 0; i < LOOPS; i++) {
      var share = new Scraper.Share(i, LOOPS);
      faces.add(new ApiVerticle(config.listen(), context -> {
        if (!config.has(Role.COLLECTOR)) {
          return _ -> { };
        }
        var collector = new CollectorLoop(vertx, context, shared, share);
        collectors.add(collector);
        return collector::mount;
      }, routes, config.query().timeoutMillis(), metrics, entropy));
    }
    listening = Optional.of(await(ApiVerticle.deploy(vertx, faces)));
  }

  /// Gives senders that wait for a restart a moment in which nothing else wants the processor: from then on shards are read on every core,
  /// by code that is not compiled yet.
  private void letPushesIn() {
    if (IntStream.range(0, engine.log().partitions()).anyMatch(partition -> engine.log().end(partition) > 0)) {
      await(vertx.timer(PUSHES_FIRST_MILLIS, TimeUnit.MILLISECONDS));
    }
  }

  /// Sends itself as many requests as `query.warm_up` says; completes when that is over, and never fails.
  public Future<Void> warmUp() {
    if (config.warmUpRequests() == 0 || !config.has(Role.QUERY)) {
      return Future.succeededFuture();
    }
    var started = new WarmUp(vertx, engine.reader(), engine.queries().metricUse(), clock, metrics);
    warmUp = Optional.of(started);
    return started.run(url(), config.warmUpRequests());
  }

  private ApiParts parts(SeriesBudgets budgets) {
    WorkerExecutor readers = vertx.createSharedWorkerExecutor("tidemark-api", LOOPS);
    Optional<ApiParts.QueryParts> queries = config.has(Role.QUERY) ? Optional.of(new ApiParts.QueryParts(engine.queries(), engine.reader(),
        config.query().features(), readers)) : Optional.empty();
    Optional<ApiParts.RuleParts> rules = config.has(Role.API) ? Optional.of(new ApiParts.RuleParts(engine.board().orElseThrow(),
        engine.ruleStore().orElseThrow())) : Optional.empty();
    return new ApiParts(List.of(Role.list(config.roles()).split(",")), operations(), status,
        new ClusterView(status, engine, identity, guards, clock, this::held), queries, rules, this::scrapers, budgets, config.api(),
        new Outflow(readers, metrics), metrics, clock);
  }

  private List<LeaseKeeper.Held> held() {
    var held = new ArrayList<>(engine.held());
    scrapeSlots.ifPresent(slots -> held.addAll(slots.held()));
    return held;
  }

  /// Opens the port where other nodes read this one's shards; completes with its address, or an empty one without shards.
  private Future<String> openPeer(Executor peerWorkers) {
    if (!config.isClustered() || !config.has(Role.STORAGE)) {
      return Future.succeededFuture("");
    }
    ClusterConfig cluster = config.backends().cluster();
    var server = new PeerServer(vertx, config.peer(), config.query(), engine.storage(), peerWorkers, loops.remove(), clock, metrics);
    return vertx.createHttpServer().requestHandler(server::handle).listen(cluster.port(), cluster.host())
        .recover(e -> Future.failedFuture(new TidemarkException(ErrorCode.CONFLICT, "cannot listen on " + cluster.host() + ":"
            + cluster.port() + " for the reads of other nodes: " + e.getMessage() + "; choose another address with cluster.listen", e)))
        .map(listening -> cluster.advertise().isEmpty() ? cluster.host() + ":" + listening.actualPort() : cluster.advertise());
  }

  /// Event loops for the owners of state, made ahead: the engine asks for them on threads that must not wait for a deployment.
  private Queue<Loop> loops(int count) {
    var loops = new ConcurrentLinkedQueue<Loop>();
    for (int i = 0; i < count; i++) {
      var verticle = new LoopVerticle();
      await(vertx.deployVerticle(verticle));
      loops.add(verticle.loop());
    }
    return loops;
  }

  private Operations operations() {
    return new Operations() {
      @Override
      public boolean isReady() {
        return ready;
      }

      @Override
      public Future<Void> reload() {
        return Node.this.reload();
      }

      @Override
      public Future<Void> flush() {
        return engine.storageIfAny().map(Storage::seal).orElseGet(Node::noShards);
      }

      @Override
      public Future<Void> compact() {
        return engine.storageIfAny().map(Storage::compact).orElseGet(Node::noShards);
      }

      @Override
      public Future<Void> erase(List<List<Matcher>> selectors, TimeRange range) {
        return engine.eraser().erase(selectors, range);
      }

      @Override
      public Future<Void> clean() {
        return engine.storageIfAny().map(Storage::clean).orElseGet(Node::noShards);
      }

      @Override
      public Future<Void> scrub() {
        return engine.storageIfAny().map(storage -> {
          storage.scrub().onFailure(e -> LOG.atWarn().addKeyValue("reason", e.getMessage()).log("Not all blocks were read"));
          return Future.<Void>succeededFuture();
        }).orElseGet(Node::noShards);
      }

      @Override
      public Integrity integrity() {
        return engine.storageIfAny().map(Storage::integrity).orElse(new Integrity(List.of(), List.of()));
      }

      @Override
      public String metrics() {
        return metrics.print();
      }
    };
  }

  private static Future<Void> noShards() {
    return Future.failedFuture(new TidemarkException(ErrorCode.BAD_DATA, "this process has no shards; ask one with the role storage"));
  }

  private Future<Void> reload() {
    return vertx.executeBlocking(() -> NodeConfig.load(source)).compose(changed -> engine.reload(changed).onSuccess(_ -> {
      status.reloaded(changed, clock.millis());
      collectors.forEach(collector -> collector.apply(changed.collector()));
      LOG.info("Configuration reloaded.");
    })).onFailure(e -> {
      status.reloadFailed();
      LOG.atWarn().addKeyValue("problems", String.valueOf(e.getMessage())).log("Configuration not reloaded; everything goes on as before.");
    });
  }

  private static <T> T await(Future<T> future) {
    try {
      return future.await(START_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new TidemarkException(ErrorCode.TIMEOUT, "the node did not start within " + START_SECONDS + " s", e);
    }
  }

  private static void quietly(Future<?> future) {
    try {
      future.await(STOP_SECONDS, TimeUnit.SECONDS);
    } catch (Exception e) {
      LOG.warn("Draining did not end cleanly.", e);
    }
  }

  /// Where the HTTP port is.
  public String url() {
    String host = config.listen().host();
    return "http://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + faces.getFirst().port();
  }

  /// What the HTTP port serves, as {@link ApiVerticle#operations} tells it.
  Set<String> served() {
    return faces.getFirst().operations();
  }

  /// Drains and ends; what was acknowledged is durable. Safe to call again.
  public void close() {
    ready = false;
    warmUp.ifPresent(WarmUp::stop);
    LOG.info("Draining.");
    quietly(Future.join(collectors.stream().map(CollectorLoop::close).toList())
        .transform(_ -> scrapeSlots.map(ScrapeSlots::close).orElseGet(Future::succeededFuture)).transform(_ -> undeployFaces())
        .transform(_ -> engine == null ? Future.succeededFuture() : engine.close()).transform(_ -> vertx.close()));
    metricUse.ifPresent(MetricUseFile::save);
    pools.forEach(ExecutorService::shutdownNow);
    directory.close();
    LOG.info("Stopped.");
  }

  private Future<?> undeployFaces() {
    return listening.map(vertx::undeploy).orElseGet(Future::succeededFuture);
  }
}
