package io.tidemark.server;

import io.tidemark.catalog.Catalog;
import io.tidemark.cluster.LeaseConfig;
import io.tidemark.cluster.LeaseKeeper;
import io.tidemark.cluster.NodeInfo;
import io.tidemark.cluster.Ownership;
import io.tidemark.cluster.Registry;
import io.tidemark.cluster.Topology;
import io.tidemark.log.BatchWriter;
import io.tidemark.log.Log;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.notify.Integrations;
import io.tidemark.notify.Notifier;
import io.tidemark.notify.NotifyLimits;
import io.tidemark.notify.NotifyPorts;
import io.tidemark.notify.Silences;
import io.tidemark.objects.ObjectStore;
import io.tidemark.query.ClusterReader;
import io.tidemark.query.QueryEngine;
import io.tidemark.query.QueryRequest;
import io.tidemark.query.QueryResult;
import io.tidemark.query.Value;
import io.tidemark.rules.AlertSink;
import io.tidemark.rules.RuleBoard;
import io.tidemark.rules.RuleEngine;
import io.tidemark.rules.RuleFiles;
import io.tidemark.rules.RuleLoader;
import io.tidemark.rules.RuleQueries;
import io.tidemark.rules.RuleStore;
import io.tidemark.rules.SharedRuleBoard;
import io.tidemark.state.State;
import io.tidemark.storage.Eraser;
import io.tidemark.storage.ReleaseEvents;
import io.tidemark.storage.SeriesReader;
import io.tidemark.storage.ShardEvents;
import io.tidemark.storage.ShardReader;
import io.tidemark.storage.ShardSource;
import io.tidemark.storage.Storage;
import io.tidemark.storage.StorageConfig;
import io.tidemark.storage.StorageParts;
import io.tidemark.storage.Tier;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Loop;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The houses of one process, those that its roles need, wired in the order of the data. It knows no sockets, so it runs as it is under
/// virtual time; {@link Node} puts ports in front of it.
final class Engine {
  /// The source under which rules from files are loaded.
  private static final String FILES = "files";
  /// How often silences made through other nodes are looked for.
  private static final long SILENCES_REFRESH_MILLIS = 5_000;
  private static final Logger LOG = LoggerFactory.getLogger(Engine.class);

  private final NodeConfig config;
  private final Identity identity;
  private final Platform platform;
  private final Metrics metrics;
  private final Closing closing = new Closing();

  private State state;
  private Log log;
  /// Where the log of a process that works alone ended before anybody could append: what comes later does not tell a log that was lost.
  private long[] logEnds = {};
  private Eraser eraser;
  private Optional<Registry> registry = Optional.empty();
  private volatile Optional<Storage> storage = Optional.empty();
  private SeriesReader reader;
  private Optional<QueryEngine> queries = Optional.empty();
  private Optional<RuleEngine> rules = Optional.empty();
  private Optional<RuleBoard> board = Optional.empty();
  private Optional<RuleStore> ruleStore = Optional.empty();
  private Optional<Notifier> notifier = Optional.empty();

  private Engine(NodeConfig config, Identity identity, Platform platform, Metrics metrics) {
    this.config = config;
    this.identity = identity;
    this.platform = platform;
    this.metrics = metrics;
  }

  /// Opens what the roles need, below `config.dataDir()` or in the systems that are configured; completes when all of it works. When it
  /// fails, what was open is closed.
  static Future<Engine> open(NodeConfig config, Identity identity, Platform platform, Integrations integrations, Metrics metrics) {
    return openLog(config, identity, platform, metrics).compose(engine -> engine.openRest(integrations, () -> false).map(engine)
        .recover(e -> engine.close().transform(_ -> Future.failedFuture(e))));
  }

  /// Opens what all roles stand on. From then on the log takes samples, whatever {@link #openRest} still has to read.
  static Future<Engine> openLog(NodeConfig config, Identity identity, Platform platform, Metrics metrics) {
    var engine = new Engine(config, identity, platform, metrics);
    return engine.openShared().map(engine).recover(e -> engine.close().transform(_ -> Future.failedFuture(e)));
  }

  /// Opens everything else. When it fails, what is open stays so.
  ///
  /// @param pushesComeIn whether queries must leave a processor to pushes
  Future<Void> openRest(Integrations integrations, BooleanSupplier pushesComeIn) {
    return openStorage().compose(_ -> openQueries(pushesComeIn)).compose(_ -> openAlerting(integrations));
  }

  /// What all roles stand on: the state, the log, the registry of nodes.
  private Future<Void> openShared() {
    Path dir = config.dataDir();
    return platform.backends().state(config.backends().state(), dir.resolve("state"), metrics).compose(opened -> {
      state = opened;
      closing.add(state::close);
      state.enter(platform.guards());
      return Log.open(config.backends().log(), dir.resolve("ingest"), platform.disk(), platform.io(), platform.loops().apply("log"),
          platform.clock(), metrics);
    }).compose(opened -> {
      log = opened;
      closing.add(log::close);
      log.enter(platform.guards());
      eraser = new Eraser(log, platform.clock(), metrics, () -> storage.map(Storage::tombstones).orElse(0));
      if (!config.isClustered()) {
        return log.ends().map(ends -> {
          logEnds = ends;
          return null;
        });
      }
      var nodes = new Registry(state, platform.loops().apply("registry"), platform.clock(), metrics,
          config.backends().cluster().leaseMillis());
      registry = Optional.of(nodes);
      closing.add(nodes::close);
      log.beforeHolding(nodes::tell);
      return nodes.open();
    });
  }

  private Future<Void> openStorage() {
    if (!config.has(Role.STORAGE)) {
      return Future.succeededFuture();
    }
    return uploaded().compose(uploaded -> {
      if (config.backends().objects().isPresent()) {
        return openTier(uploaded.blocks() > 0 ? ObjectStore.Known.USED : ObjectStore.Known.NOTHING)
            .compose(tier -> openStorage(tier, tier));
      }
      if (uploaded.alone() > 0) {
        Path headers = config.dataDir().resolve("storage/cold");
        return Future.failedFuture(new TidemarkException(ErrorCode.BAD_DATA, headers + ": the index headers here tell of "
            + uploaded.alone() + " blocks that lie in an object store alone, and objects.backend is none, so that their samples would be"
            + " missing from every answer; configure the object store as it was, or delete this folder to give them up"));
      }
      return openStorage(ShardSource.NONE, ShardEvents.NONE);
    });
  }

  /// What earlier starts put into an object store.
  private Future<Tier.Uploaded> uploaded() {
    Promise<Tier.Uploaded> promise = Promise.promise();
    platform.io().execute(() -> {
      try {
        promise.complete(Tier.uploaded(platform.disk(), config.dataDir().resolve("storage")));
      } catch (RuntimeException e) {
        promise.fail(e);
      }
    });
    return promise.future();
  }

  private Future<Tier> openTier(ObjectStore.Known known) {
    Loop loop = platform.loops().apply("tier");
    Path dir = config.dataDir();
    return ObjectStore.open(config.backends().objects().orElseThrow(), known, dir, platform.disk(), platform.objects(), loop,
        platform.clock(), platform.entropy(), metrics).map(store -> {
          closing.add(store::close);
          store.enter(platform.guards());
          Tier tier = Tier.open(config.tier(), new Tier.Parts(store, dir.resolve("storage"), platform.disk(), loop, platform.maintenance(),
              platform.clock(), metrics, log.partitions()));
          closing.add(tier::close);
          return tier;
        });
  }

  private Future<Void> openStorage(ShardSource source, ShardEvents events) {
    StorageConfig limits = config.backends().objects().isEmpty() ? config.storage() : config.storage().withTier();
    Storage shards = Storage.open(limits, new StorageParts(config.dataDir().resolve("storage"), platform.disk(), log,
        shard -> platform.loops().apply("shard-" + shard), platform.maintenance(), platform.clock(), platform.entropy(),
        metrics, source, new ReleaseEvents(events, platform.released())));
    storage = Optional.of(shards);
    closing.add(shards::close);
    if (!config.retentionRules().isEmpty()) {
      var retention = new SelectorRetention(config.retentionRules(), eraser::erase, state, platform.loops().apply("retention"),
          platform.clock(), metrics);
      retention.start();
      closing.add(() -> {
        retention.stop();
        return Future.succeededFuture();
      });
    }
    if (!config.isClustered()) {
      return shards.own(IntStream.range(0, log.partitions()).boxed().collect(Collectors.toSet()), logEnds);
    }
    Ownership ownership = Ownership.open(config.backends().log(), config.backends().cluster().named(identity.id()), platform.clock(),
        metrics);
    closing.add(ownership::close);
    return ownership.start(new Ownership.Listener() {
      @Override
      public void gained(int shard) {
        shards.gain(shard).onFailure(e -> LOG.warn("Shard {} is not here yet: {}", shard, e.getMessage()));
      }

      @Override
      public void lost(int shard) {
        shards.lose(shard).onFailure(e -> LOG.warn("Shard {} was not left cleanly: {}", shard, e.getMessage()));
      }
    });
  }

  private Future<Void> openQueries(BooleanSupplier pushesComeIn) {
    if (config.has(Role.QUERY) || config.has(Role.RULES)) {
      reader = config.isClustered() ? openReader() : storage.orElseThrow();
      queries = Optional.of(new QueryEngine(reader, config.query(), platform.queries(), pushesComeIn, platform.clock(), metrics));
    }
    return Future.succeededFuture();
  }

  private SeriesReader openReader() {
    ShardReader local = storage.<ShardReader>map(shards -> shards).orElse(ShardReader.NONE);
    ClusterReader all = platform.backends().reader(config, identity, this::topology, local, log, platform.loops().apply("peers"), metrics);
    closing.add(all::close);
    return all;
  }

  private Topology topology() {
    return registry.map(Registry::topology).orElse(Topology.EMPTY);
  }

  /// How work is shared out among the nodes of a role.
  LeaseConfig leases() {
    long life = config.backends().cluster().leaseMillis();
    return config.isClustered() ? new LeaseConfig(identity.id(), life, 3 * life) : LeaseConfig.SINGLE;
  }

  private Future<Void> openAlerting(Integrations integrations) {
    if (!NodeConfig.needsCatalog(config.roles())) {
      return Future.succeededFuture();
    }
    return platform.backends().catalog(config.backends().catalog(), config.dataDir().resolve("catalog.db"), metrics).compose(catalog -> {
      closing.add(catalog::close);
      catalog.enter(platform.guards());
      return openNotifier(catalog, integrations).compose(sink -> openRules(catalog, sink));
    });
  }

  private Future<AlertSink> openNotifier(Catalog catalog, Integrations integrations) {
    boolean tells = config.has(Role.NOTIFIER) && config.notifier().isPresent();
    boolean feeds = config.has(Role.RULES) && (tells || config.isClustered());
    if (!tells && !feeds) {
      return Future.succeededFuture(_ -> Future.succeededFuture());
    }
    return Log.open(config.backends().log().alerts(), config.dataDir().resolve("alerts"), platform.disk(), platform.io(),
        platform.loops().apply("alerts"), platform.clock(), metrics).compose(alerts -> {
          closing.add(alerts::close);
          alerts.enter(platform.guards());
          return tells ? openNotifier(alerts, catalog, integrations)
              : Future.succeededFuture(AlertOutbox.of(alerts, metrics));
        });
  }

  private Future<AlertSink> openNotifier(Log alerts, Catalog catalog, Integrations integrations) {
    Loop loop = platform.loops().apply("notifier");
    return Silences.open(catalog, platform.clock(), platform.entropy(), metrics).map(silences -> {
      silences.follow(loop, SILENCES_REFRESH_MILLIS);
      closing.add(() -> {
        silences.stop();
        return Future.succeededFuture();
      });
      var telling = new Notifier(config.notifier().orElseThrow(), new NotifyPorts(integrations, state, leases(), silences, loop,
          platform.clock(), platform.entropy(), metrics, config.externalUrl(), NotifyLimits.DEFAULT));
      notifier = Optional.of(telling);
      closing.add(telling::stop);
      var tail = new AlertTail(alerts, state, telling, loop, platform.clock(), metrics);
      tail.start().onComplete(_ -> telling.start(tail::caughtUp));
      closing.add(() -> {
        tail.stop();
        return Future.succeededFuture();
      });
      return AlertOutbox.of(alerts, batch -> loop.execute(() -> telling.receive(batch)), metrics);
    });
  }

  /// Rules run here, or are only looked at and edited, or neither.
  private Future<Void> openRules(Catalog catalog, AlertSink sink) {
    if (!config.has(Role.RULES) && !config.has(Role.API)) {
      return Future.succeededFuture();
    }
    Loop loop = platform.loops().apply("rules");
    var shared = new SharedRuleBoard(state, platform.clock(), metrics);
    board = Optional.of(shared);
    if (config.has(Role.RULES)) {
      var writer = new BatchWriter(log, (int) platform.entropy().nextLong(), config.batch(), platform.clock(), metrics);
      var engine = new RuleEngine(config.rules(), ruleQueries(), writer, state, leases(), sink, loop, platform.templates(),
          platform.clock(), metrics);
      rules = Optional.of(engine);
      board = Optional.of(engine);
      closing.add(engine::stop);
      if (config.isClustered()) {
        engine.share(shared);
      }
    }
    var files = new RuleFiles(config.rules(), config.query().features());
    var store = new RuleStore(catalog, files, rules.<RuleLoader>map(engine -> engine).orElse(RuleLoader.NONE), platform.clock(),
        platform.entropy(), metrics);
    ruleStore = Optional.of(store);
    closing.add(() -> {
      store.stop();
      return Future.succeededFuture();
    });
    return rules.map(RuleEngine::start).orElse(Future.succeededFuture())
        .compose(_ -> store.start(loop, config.rules().refreshMillis())).compose(_ -> loadFiles(config));
  }

  private Future<Void> loadFiles(NodeConfig from) {
    return rules.map(engine -> engine.load(FILES, from.ruleGroups())).orElse(Future.succeededFuture());
  }

  private RuleQueries ruleQueries() {
    return new RuleQueries() {
      @Override
      public Future<Value> instant(String expression, long atMillis, long timeoutMillis) {
        return ask(expression, atMillis, timeoutMillis);
      }

      @Override
      public long lookbackMillis() {
        return config.query().lookbackMillis();
      }
    };
  }

  private Future<Value> ask(String expression, long atMillis, long timeoutMillis) {
    var request = new QueryRequest(expression, atMillis, atMillis, 0, 0, timeoutMillis, false);
    return queries().run(request.by(QueryRequest.RULES)).map(QueryResult::value);
  }

  /// Tells the other nodes where this one answers for its shards; fails with `CONFLICT` when another has its id.
  ///
  /// @param address of the internal read protocol; empty without shards
  Future<Void> announce(String address) {
    return registry.map(nodes -> nodes.announce(() -> new NodeInfo(identity.id(), identity.home(), address,
        Role.texts(config.roles()), config.backends().cluster().replicaSet(),
        identity.startedAtMillis(), BuildInfo.current().version(), log.heldBack(), applied()))).orElse(Future.succeededFuture());
  }

  private Map<Integer, Long> applied() {
    return storage.map(Storage::applied).orElse(Map.of());
  }

  /// Takes over rule files and routing of another configuration; everything else needs a restart.
  Future<Void> reload(NodeConfig changed) {
    Future<Void> routed = notifier.isPresent() && changed.notifier().isPresent()
        ? notifier.get().reconfigure(changed.notifier().get()) : Future.succeededFuture();
    return routed.compose(_ -> loadFiles(changed));
  }

  /// What this process does alone among several.
  List<LeaseKeeper.Held> held() {
    if (!config.isClustered()) {
      return List.of();
    }
    var held = new ArrayList<LeaseKeeper.Held>();
    rules.ifPresent(engine -> held.addAll(engine.leases()));
    notifier.ifPresent(telling -> held.addAll(telling.leases()));
    return held;
  }

  State state() {
    return state;
  }

  /// Takes deletes, whatever the roles.
  Eraser eraser() {
    return eraser;
  }

  Log log() {
    return log;
  }

  /// The shards of this process; there with the role `storage`.
  Storage storage() {
    return storage.orElseThrow();
  }

  Optional<Storage> storageIfAny() {
    return storage;
  }

  /// Where queries read; there with the roles `query` and `rules`.
  SeriesReader reader() {
    return reader;
  }

  /// There with the roles `query` and `rules`.
  QueryEngine queries() {
    return queries.orElseThrow();
  }

  /// There with the role `rules`.
  RuleEngine rules() {
    return rules.orElseThrow();
  }

  /// There with the roles `rules` and `api`.
  Optional<RuleBoard> board() {
    return board;
  }

  /// There with the roles `rules` and `api`.
  Optional<RuleStore> ruleStore() {
    return ruleStore;
  }

  Optional<Notifier> notifier() {
    return notifier;
  }

  /// Only of a process that works with others.
  Optional<Registry> registry() {
    return registry;
  }

  /// Ends everything against the order of the data: nobody is asked for work by somebody who is still there.
  Future<Void> close() {
    return closing.run();
  }
}
