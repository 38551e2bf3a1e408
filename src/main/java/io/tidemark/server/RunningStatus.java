package io.tidemark.server;

import io.tidemark.api.NodeStatus;
import io.tidemark.config.Durations;
import io.tidemark.storage.StorageStats;
import io.vertx.core.json.JsonObject;
import java.util.List;

/// What the status pages show of a running node. Any thread.
final class RunningStatus implements NodeStatus {
  private final Engine engine;
  private final long startedAtMillis;
  private volatile Configured configured;
  private volatile boolean reloadedWell = true;

  private record Configured(NodeConfig config, long atMillis) {}

  RunningStatus(NodeConfig config, Engine engine, long startedAtMillis) {
    this.engine = engine;
    this.startedAtMillis = startedAtMillis;
    configured = new Configured(config, startedAtMillis);
  }

  void reloaded(NodeConfig config, long atMillis) {
    configured = new Configured(config, atMillis);
    reloadedWell = true;
  }

  void reloadFailed() {
    reloadedWell = false;
  }

  NodeConfig config() {
    return configured.config;
  }

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
    return configured.atMillis;
  }

  @Override
  public boolean reloadedWell() {
    return reloadedWell;
  }

  @Override
  public String retention() {
    long millis = configured.config.storage().retentionMillis();
    return millis == Long.MAX_VALUE ? "unlimited" : Durations.print(millis);
  }

  @Override
  public String maskedConfig() {
    return configured.config.maskedText();
  }

  @Override
  public JsonObject flags() {
    NodeConfig config = configured.config;
    return new JsonObject().put("data-dir", config.dataDir().toString())
        .put("listen", config.listen().host() + ":" + config.listen().port()).put("external-url", config.externalUrl())
        .put("roles", Role.list(config.roles()));
  }

  @Override
  public Tsdb tsdb(int rows) {
    if (engine.storageIfAny().isEmpty()) {
      return new Tsdb(0, 0, 0, Long.MAX_VALUE, Long.MIN_VALUE, List.of(), List.of(), List.of(), List.of());
    }
    StorageStats stats = engine.storage().stats(Integer.MAX_VALUE);
    // A pair is in many shards: their sum would count it once for each.
    long labelPairs = stats.valuesByLabel().stream().mapToLong(StorageStats.Entry::value).sum();
    return new Tsdb(stats.series(), labelPairs, stats.chunks(), stats.minMillis(), stats.maxMillis(),
        counts(stats.seriesByMetric(), rows), counts(stats.valuesByLabel(), rows), counts(stats.bytesByLabel(), rows),
        counts(stats.seriesByPair(), rows));
  }

  private static List<Count> counts(List<StorageStats.Entry> entries, int rows) {
    return entries.stream().limit(rows).map(entry -> new Count(entry.name(), entry.value())).toList();
  }
}
