package io.tidemark.rules;

import io.tidemark.cluster.LeaseConfig;
import io.tidemark.log.BatchLimits;
import io.tidemark.log.BatchWriter;
import io.tidemark.model.Alert;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.promql.Features;
import io.tidemark.query.QueryConfig;
import io.tidemark.query.QueryEngine;
import io.tidemark.query.QueryRequest;
import io.tidemark.query.Value;
import io.tidemark.state.MemoryState;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.VirtualTime;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;

/// An engine under virtual time with everything it needs. Log, state and what was told outlive `restart`.
final class World {
  static final long START_MILLIS = 1_704_067_200_000L;

  /// Alerts told together.
  record Told(long atMillis, List<Alert> alerts) {}

  /// The query engine over what the log holds, which can be made to fail.
  final class Queries implements RuleQueries {
    /// Whether queries never end.
    boolean hanging;
    /// Whether queries fail.
    boolean failing;
    int asked;
    private final QueryEngine engine =
        new QueryEngine(log.seriesReader, QueryConfig.DEFAULT, Runnable::run, time, new Metrics());

    @Override
    public Future<Value> instant(String expression, long atMillis, long timeoutMillis) {
      asked++;
      if (hanging) {
        return Promise.<Value>promise().future();
      }
      if (failing) {
        return Future.failedFuture(new TidemarkException(ErrorCode.EXECUTION, "as the test asked for"));
      }
      return engine.run(QueryRequest.instant(expression, atMillis)).map(result -> result.value());
    }
  }

  final VirtualTime time = new VirtualTime(7, START_MILLIS);
  /// How far the wall clock is off.
  long skewMillis;
  private final Clock clock = new Clock() {
    @Override
    public long millis() {
      return time.millis() + skewMillis;
    }

    @Override
    public long nanos() {
      return time.nanos();
    }
  };
  final SeriesLog log = new SeriesLog();
  final Queries queries = new Queries();
  final MemoryState state = new MemoryState(time);
  final List<Told> told = new ArrayList<>();
  final RuleSettings settings;
  boolean sinkDown;
  boolean sinkHangs;
  Metrics metrics = new Metrics();
  RuleEngine engine;
  private int writers;

  World(RuleSettings settings) {
    this.settings = settings;
    this.engine = boot();
  }

  World() {
    this(RuleSettings.DEFAULT);
  }

  private RuleEngine boot() {
    var loop = time.loop("rules");
    metrics = new Metrics();
    var writer = new BatchWriter(log, ++writers, BatchLimits.DEFAULT, time, metrics);
    var booted = new RuleEngine(settings, queries, writer, state, LeaseConfig.SINGLE, this::send, loop, time.executor(), clock,
        metrics);
    booted.start();
    return booted;
  }

  private Future<Void> send(List<Alert> alerts) {
    if (sinkDown) {
      return Future.failedFuture(new TidemarkException(ErrorCode.UNAVAILABLE, "down, as the test asked for"));
    }
    if (sinkHangs) {
      return Promise.<Void>promise().future();
    }
    told.add(new Told(time.millis(), alerts));
    return Future.succeededFuture();
  }

  /// Ends the engine as a crash does, waits, and starts it again with the same rules.
  void restart(long downMillis, String yaml) {
    time.crash();
    time.advance(downMillis);
    engine = boot();
    load(yaml);
  }

  void load(String yaml) {
    engine.load("files", new RuleFiles(settings, Features.STANDARD).parse(List.of(new RuleFile("rules.yml", yaml))));
    time.run();
  }

  List<GroupView> groups() {
    var views = engine.groups();
    time.run();
    return views.result();
  }

  GroupView.RuleView rule(String name) {
    return groups().stream().flatMap(g -> g.rules().stream()).filter(r -> r.rule().name().equals(name)).findFirst().orElseThrow();
  }

  void advanceSeconds(long seconds) {
    time.advance(seconds * 1000);
  }

  /// How many alerts the state store holds.
  int savedAlerts() {
    return state.scan("rules/alert/").result().size();
  }

  /// Adds samples every 15 s from the start on, in promqltest's notation: `3 5x2` is 3, 5, 5, 5.
  void samples(String notation, String... labels) {
    long at = START_MILLIS;
    for (String part : notation.split(" ")) {
      String[] valueAndRepeats = part.split("x");
      int repeats = valueAndRepeats.length > 1 ? Integer.parseInt(valueAndRepeats[1]) : 0;
      for (int i = 0; i <= repeats; i++) {
        log.add(LabelSet.of(labels), at, Double.parseDouble(valueAndRepeats[0]));
        at += 15_000;
      }
    }
  }

  /// What was told about alerts of this name, as `offset in seconds: firing or resolved annotation`.
  List<String> tellings(String alertname) {
    var lines = new ArrayList<String>();
    for (Told telling : told) {
      for (Alert alert : telling.alerts()) {
        if (alert.name().equals(alertname)) {
          lines.add((telling.atMillis() - START_MILLIS) / 1000 + ": "
              + (alert.isResolvedAt(telling.atMillis()) ? "resolved " : "firing ") + alert.annotations().value("summary"));
        }
      }
    }
    return lines;
  }
}
