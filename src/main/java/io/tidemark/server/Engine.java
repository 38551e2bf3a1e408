package io.tidemark.server;

import io.tidemark.catalog.Catalog;
import io.tidemark.cluster.LeaseConfig;
import io.tidemark.log.BatchWriter;
import io.tidemark.log.Log;
import io.tidemark.notify.Integrations;
import io.tidemark.notify.Notifier;
import io.tidemark.notify.NotifyConfig;
import io.tidemark.notify.NotifyLimits;
import io.tidemark.notify.NotifyPorts;
import io.tidemark.notify.Silences;
import io.tidemark.query.QueryEngine;
import io.tidemark.query.QueryRequest;
import io.tidemark.query.QueryResult;
import io.tidemark.query.Value;
import io.tidemark.rules.AlertSink;
import io.tidemark.rules.RuleEngine;
import io.tidemark.rules.RuleFiles;
import io.tidemark.rules.RuleStore;
import io.tidemark.state.State;
import io.tidemark.storage.Storage;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Loop;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The houses of one process, wired in the order of the data. It knows no sockets, so it runs as it is under virtual time;
/// {@link Node} puts ports in front of it.
final class Engine {
  /// The source under which rules from files are loaded.
  private static final String FILES = "files";
  /// How often silences made through other nodes are looked for.
  private static final long SILENCES_REFRESH_MILLIS = 5_000;

  private final NodeConfig config;
  private final Platform platform;
  private final Metrics metrics;
  private final Closing closing = new Closing();

  private Log log;
  private Storage storage;
  private QueryEngine queries;
  private RuleEngine rules;
  private RuleStore ruleStore;
  private Optional<Notifier> notifier = Optional.empty();
  private Silences silences;

  private Engine(NodeConfig config, Platform platform, Metrics metrics) {
    this.config = config;
    this.platform = platform;
    this.metrics = metrics;
  }

  /// Opens everything below `config.dataDir()`; completes when writes, queries and rules work. When it fails, what was open is closed.
  static Future<Engine> open(NodeConfig config, Platform platform, Integrations integrations, Metrics metrics) {
    var engine = new Engine(config, platform, metrics);
    return engine.openData().compose(_ -> engine.openAlerting(integrations)).map(engine)
        .recover(e -> engine.close().transform(_ -> Future.failedFuture(e)));
  }

  private Future<Void> openData() {
    Path dir = config.dataDir();
    return Log.open(config.log(), dir.resolve("ingest"), platform.disk(), platform.io(), platform.clock(), metrics).compose(opened -> {
      log = opened;
      closing.add(log::close);
      List<Loop> loops = new ArrayList<>();
      for (int i = 0; i < log.partitions(); i++) {
        loops.add(platform.loops().apply("shard-" + i));
      }
      return Storage.open(config.storage(), dir.resolve("storage"), platform.disk(), log, loops, platform.maintenance(),
          platform.clock(), metrics);
    }).map(opened -> {
      storage = opened;
      closing.add(storage::close);
      queries = new QueryEngine(storage, config.query(), platform.queries(), platform.clock(), metrics);
      return null;
    });
  }

  private Future<Void> openAlerting(Integrations integrations) {
    Path dir = config.dataDir();
    Future<State> opening = State.open(config.state(), dir.resolve("state"), platform.disk(), platform.io(), platform.clock(), metrics);
    return opening.compose(state -> {
      closing.add(state::close);
      return platform.catalogs().apply(dir.resolve("catalog.db"), metrics).compose(catalog -> {
        closing.add(catalog::close);
        return openNotifier(state, catalog, integrations).compose(sink -> openRules(state, catalog, sink));
      });
    });
  }

  private Future<AlertSink> openNotifier(State state, Catalog catalog, Integrations integrations) {
    if (config.notifier().isEmpty()) {
      return Future.succeededFuture(_ -> Future.succeededFuture());
    }
    NotifyConfig notify = config.notifier().get();
    Loop loop = platform.loops().apply("notifier");
    return Silences.open(catalog, platform.clock(), platform.entropy(), metrics).compose(opened -> {
      silences = opened;
      silences.follow(loop, SILENCES_REFRESH_MILLIS);
      closing.add(() -> {
        silences.stop();
        return Future.succeededFuture();
      });
      var telling = new Notifier(notify, new NotifyPorts(integrations, state, LeaseConfig.SINGLE, silences, loop, platform.clock(),
          platform.entropy(), metrics, config.externalUrl(), NotifyLimits.DEFAULT));
      notifier = Optional.of(telling);
      closing.add(telling::stop);
      var alerts = config.log().named("alerts", 1);
      return Log.open(alerts, config.dataDir().resolve("alerts"), platform.disk(), platform.io(), platform.clock(), metrics)
          .map(alertLog -> {
            closing.add(alertLog::close);
            var tail = new AlertTail(alertLog, state, telling, loop, platform.clock(), metrics);
            tail.start().onComplete(_ -> telling.start(tail::caughtUp));
            closing.add(() -> {
              tail.stop();
              return Future.succeededFuture();
            });
            return AlertOutbox.of(alertLog, batch -> loop.execute(() -> telling.receive(batch)), metrics);
          });
    });
  }

  private Future<Void> openRules(State state, Catalog catalog, AlertSink sink) {
    Loop loop = platform.loops().apply("rules");
    var writer = new BatchWriter(log, (int) platform.entropy().nextLong(), config.batch(), platform.clock(), metrics);
    rules = new RuleEngine(config.rules(), this::ask, writer, state, LeaseConfig.SINGLE, sink, loop, platform.templates(),
        platform.clock(), metrics);
    closing.add(rules::stop);
    var files = new RuleFiles(config.rules(), config.query().features());
    ruleStore = new RuleStore(catalog, files, rules, platform.clock(), platform.entropy(), metrics);
    closing.add(() -> {
      ruleStore.stop();
      return Future.succeededFuture();
    });
    return rules.start().compose(_ -> ruleStore.start(loop, config.rules().refreshMillis()))
        .compose(_ -> rules.load(FILES, config.ruleGroups()));
  }

  private Future<Value> ask(String expression, long atMillis, long timeoutMillis) {
    return queries.run(new QueryRequest(expression, atMillis, atMillis, 0, 0, timeoutMillis)).map(QueryResult::value);
  }

  /// Takes over rule files and routing of another configuration; everything else needs a restart.
  Future<Void> reload(NodeConfig changed) {
    Future<Void> routed = notifier.isPresent() && changed.notifier().isPresent()
        ? notifier.get().reconfigure(changed.notifier().get()) : Future.succeededFuture();
    return routed.compose(_ -> rules.load(FILES, changed.ruleGroups()));
  }

  Log log() {
    return log;
  }

  Storage storage() {
    return storage;
  }

  QueryEngine queries() {
    return queries;
  }

  RuleEngine rules() {
    return rules;
  }

  RuleStore ruleStore() {
    return ruleStore;
  }

  Optional<Notifier> notifier() {
    return notifier;
  }

  /// Ends everything against the order of the data: nobody is asked for work by somebody who is still there.
  Future<Void> close() {
    return closing.run();
  }
}
