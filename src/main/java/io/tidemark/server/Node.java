package io.tidemark.server;

import io.tidemark.api.ApiVerticle;
import io.tidemark.api.NodeStatus;
import io.tidemark.api.OperationRoutes;
import io.tidemark.api.Operations;
import io.tidemark.api.prometheus.AlertingRoutes;
import io.tidemark.api.prometheus.QueryRoutes;
import io.tidemark.api.prometheus.StatusRoutes;
import io.tidemark.api.prometheus.TargetRoutes;
import io.tidemark.api.ui.UiRoutes;
import io.tidemark.api.v1.RuleRoutes;
import io.tidemark.collector.CollectorConfig;
import io.tidemark.collector.Gate;
import io.tidemark.collector.Ingest;
import io.tidemark.collector.IngestRoutes;
import io.tidemark.collector.Scraper;
import io.tidemark.config.Durations;
import io.tidemark.disk.Disk;
import io.tidemark.log.BatchWriter;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.notify.Integrations;
import io.tidemark.promql.Features;
import io.tidemark.promql.PromQL;
import io.tidemark.telemetry.Metrics;
import io.tidemark.telemetry.ProcessMetrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Entropy;
import io.tidemark.time.Loop;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One running process: the {@link Engine} with its ports, threads and Vert.x around it.
public final class Node {
  private static final Logger LOG = LoggerFactory.getLogger(Node.class);
  private static final long START_SECONDS = 600;
  private static final long STOP_SECONDS = 30;
  /// Pieces of background work that may wait for a thread; each is a shard's, a query's or a file's, so their number is bounded anyway.
  private static final int WORK_QUEUE_MAX = 100_000;

  private static final int LOOPS = Math.max(2, Runtime.getRuntime().availableProcessors());
  private static final int SCRAPES_PER_HOST_MAX = 64;

  private final NodeConfig.Source source;
  private volatile NodeConfig config;
  private final Metrics metrics = new Metrics();
  private final Clock clock = Clock.system();
  private final Entropy entropy = Entropy.system();
  private final DataDirectory directory;
  private final Vertx vertx;
  private final ExecutorService io;
  private final ExecutorService workers;
  private final List<ApiVerticle> faces = new ArrayList<>();
  private final List<Scraper> scrapers = new CopyOnWriteArrayList<>();
  private final List<Loop> scrapeLoops = new CopyOnWriteArrayList<>();
  private final long startedAtMillis = clock.millis();
  private volatile long configuredAtMillis = startedAtMillis;
  private volatile boolean reloadedWell = true;
  private Engine engine;
  private volatile boolean ready;

  private Node(NodeConfig.Source source) {
    this.source = source;
    config = NodeConfig.load(source);
    directory = DataDirectory.take(config.dataDir());
    LogOutput.install(config.diagnostics(), config.dataDir().resolve("log"));
    vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(LOOPS));
    io = pool("tidemark-io", 4);
    workers = pool("tidemark-worker", Math.max(4, LOOPS));
  }

  private ExecutorService pool(String name, int threads) {
    var queue = new LinkedBlockingQueue<Runnable>(WORK_QUEUE_MAX);
    metrics.gauge("tidemark_work_queue_length", "Pieces of work that wait for a thread.", queue::size, "pool", name);
    return new ThreadPoolExecutor(threads, threads, 0, TimeUnit.SECONDS, queue, Thread.ofPlatform().name(name + "-", 0).daemon().factory());
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
    metrics.gauge("tidemark_build_info", "Always 1; the label tells the version.", () -> 1, "version", BuildInfo.current().version());
    vertx.executeBlocking(() -> {
      PromQL.warmUp();
      return true;
    }).onFailure(e -> LOG.warn("Warming up the parser failed.", e));
    var platform = new Platform(clock, entropy, Disk.local(), _ -> newLoop(), io, workers);
    engine = await(Engine.open(config, platform, Integrations.over(vertx), metrics));
    var gate = new Gate(config.collector().limits(), clock, metrics);
    WorkerExecutor readers = vertx.createSharedWorkerExecutor("tidemark-api", LOOPS);
    List<Consumer<Router>> routes = List.of(router -> OperationRoutes.mount(router, operations()),
        new QueryRoutes(engine.queries(), engine.storage(), Features.STANDARD, clock, readers)::mount,
        new AlertingRoutes(engine.rules())::mount, new RuleRoutes(engine.ruleStore())::mount, new TargetRoutes(scrapers)::mount,
        new StatusRoutes(new Status())::mount, UiRoutes::mount);
    for (int i = 0; i < LOOPS; i++) {
      var scraper = new Scraper.Share(i, LOOPS);
      var face = new ApiVerticle(config.listen(), context -> ingest(context, gate, scraper), routes, metrics, entropy);
      await(vertx.deployVerticle(face));
      faces.add(face);
    }
    applyScrapes();
    ready = true;
    LOG.atInfo().addKeyValue("url", url()).addKeyValue("data_dir", config.dataDir().toAbsolutePath())
        .addKeyValue("millis", (clock.nanos() - started) / 1_000_000).log("Ready.");
  }

  private Loop newLoop() {
    var verticle = new LoopVerticle();
    await(vertx.deployVerticle(verticle));
    return verticle.loop();
  }

  /// The collectors of one event loop: pushes and its share of the scrape targets, which fill the same batches.
  private Consumer<Router> ingest(Context context, Gate gate, Scraper.Share share) {
    var loop = new VertxLoop(vertx, context);
    var writer = new BatchWriter(engine.log(), (int) entropy.nextLong(), config.batch(), clock, metrics);
    var ingest = new Ingest(config.collector().limits(), gate, loop, writer, clock, entropy, metrics);
    HttpClient client = vertx.createHttpClient(new HttpClientOptions().setDecompressionSupported(false),
        new PoolOptions().setHttp1MaxSize(SCRAPES_PER_HOST_MAX));
    scrapers.add(new Scraper(ingest, share, loop, client, "Tidemark/" + BuildInfo.current().version(), clock, entropy, metrics));
    scrapeLoops.add(loop);
    return router -> IngestRoutes.mount(router, ingest);
  }

  private void applyScrapes() {
    CollectorConfig collector = config.collector();
    for (int i = 0; i < scrapers.size(); i++) {
      Scraper scraper = scrapers.get(i);
      scrapeLoops.get(i).execute(() -> scraper.apply(collector));
    }
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
        return engine.storage().seal();
      }

      @Override
      public Future<Void> compact() {
        return engine.storage().compact();
      }

      @Override
      public String metrics() {
        return metrics.print();
      }
    };
  }

  private Future<Void> reload() {
    return vertx.executeBlocking(() -> NodeConfig.load(source)).compose(changed -> engine.reload(changed).onSuccess(_ -> {
      config = changed;
      configuredAtMillis = clock.millis();
      reloadedWell = true;
      applyScrapes();
      LOG.info("Configuration reloaded.");
    })).onFailure(e -> {
      reloadedWell = false;
      LOG.atWarn().addKeyValue("problems", String.valueOf(e.getMessage())).log("Configuration not reloaded; everything goes on as before.");
    });
  }

  /// What the status pages show.
  private final class Status implements NodeStatus {
    @Override
    public String version() {
      return BuildInfo.current().version();
    }

    @Override
    public long startedAtMillis() {
      return startedAtMillis;
    }

    @Override
    public long configuredAtMillis() {
      return configuredAtMillis;
    }

    @Override
    public boolean reloadedWell() {
      return reloadedWell;
    }

    @Override
    public String retention() {
      long millis = config.storage().retentionMillis();
      return millis == Long.MAX_VALUE ? "unlimited" : Durations.print(millis);
    }

    @Override
    public String maskedConfig() {
      return config.maskedText();
    }

    @Override
    public JsonObject flags() {
      return new JsonObject().put("data-dir", config.dataDir().toString())
          .put("listen", config.listen().host() + ":" + config.listen().port()).put("external-url", config.externalUrl());
    }

    @Override
    public Tsdb tsdb() {
      return new Tsdb(0, 0, 0, 0, 0, List.of(), List.of(), List.of(), List.of());
    }
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

  /// Drains and ends; what was acknowledged is durable. Safe to call again.
  public void close() {
    ready = false;
    LOG.info("Draining.");
    if (engine != null) {
      quietly(vertx.close().compose(_ -> engine.close()));
    } else {
      quietly(vertx.close());
    }
    workers.shutdownNow();
    io.shutdownNow();
    directory.close();
    LOG.info("Stopped.");
  }
}
