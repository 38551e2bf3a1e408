package io.tidemark.server;

import io.tidemark.api.ApiConfig;
import io.tidemark.api.ListenConfig;
import io.tidemark.catalog.EmbeddedCatalogConfig;
import io.tidemark.collector.CollectorConfig;
import io.tidemark.config.Problems;
import io.tidemark.config.Section;
import io.tidemark.config.Yaml;
import io.tidemark.log.BatchLimits;
import io.tidemark.log.KafkaLogConfig;
import io.tidemark.log.SegmentLogConfig;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.notify.NotifyConfig;
import io.tidemark.objects.ObjectStoreConfig;
import io.tidemark.query.PeerConfig;
import io.tidemark.query.QueryConfig;
import io.tidemark.rules.RuleFiles;
import io.tidemark.rules.RuleGroup;
import io.tidemark.rules.RuleSettings;
import io.tidemark.state.JournalStateConfig;
import io.tidemark.storage.StorageConfig;
import io.tidemark.storage.TierConfig;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Everything that one node needs to know, read from one YAML file and `--set` overrides.
///
/// @param roles      what this process does; all unless it is one of several
/// @param backends   where everything is kept
/// @param tier       of use when there is an object store
/// @param warmUpRequests how many requests `serve` sends to itself once something is stored
/// @param ruleGroups of all rule files
/// @param notifier   missing when there is no `route`: alerts are evaluated and shown, nobody is told
/// @param maskedText the configuration as YAML, secrets masked
public record NodeConfig(Path dataDir, ListenConfig listen, ApiConfig api, String externalUrl, LogOutput.LogOutputConfig diagnostics,
    Set<Role> roles, Backends.Choice backends, BatchLimits batch, TierConfig tier, List<RetentionRule> retentionRules,
    StorageConfig storage, QueryConfig query, PeerConfig peer, int warmUpRequests, CollectorConfig collector, RuleSettings rules,
    List<RuleGroup> ruleGroups, Optional<NotifyConfig> notifier, String maskedText) {
  private static final int WARM_UP_REQUESTS = 8_000;
  private static final long FILE_BYTES_MAX = 16 * 1024 * 1024;

  /// Where a configuration comes from.
  ///
  /// @param file     the YAML file; without it every key has its default
  /// @param settings `key.path=value` texts that win over the file
  public record Source(Optional<Path> file, List<String> settings) {
    public Source {
      settings = List.copyOf(settings);
    }

    /// Relative paths inside the file start here.
    Path base() {
      return file.flatMap(f -> Optional.ofNullable(f.toAbsolutePath().getParent())).orElse(Path.of("").toAbsolutePath());
    }
  }

  /// Reads and checks the whole configuration.
  ///
  /// @throws TidemarkException `BAD_DATA` with every problem, a line each
  public static NodeConfig load(Source source) {
    String text = source.file().map(NodeConfig::read).orElse("");
    var problems = new Problems(source.file().map(Path::toString).orElse("--set"));
    Section root = Yaml.parse(text, problems);
    for (String setting : source.settings()) {
      int equals = setting.indexOf('=');
      if (equals <= 0) {
        // Not shown, because it may be a secret in another form.
        throw new TidemarkException(ErrorCode.BAD_DATA, "--set, number " + (source.settings().indexOf(setting) + 1)
            + ": expected KEY=VALUE, found a text without =");
      }
      root.override(setting.substring(0, equals), setting.substring(equals + 1));
    }
    var backends = Backends.Choice.read(root);
    Set<Role> roles = roles(root, backends);
    ListenConfig listen = ListenConfig.read(root);
    if (!root.flag("listen_without_login", false) && !listen.isLoopback()) {
      root.problem("listen", "listen: " + listen.host() + " is reachable from other machines and this version knows no login; "
          + "listen on 127.0.0.1, or set listen_without_login: true if a proxy in front guards it");
    }
    Section query = root.sectionOrEmpty("query");
    BatchLimits batch = BatchLimits.read(root.sectionOrEmpty("batch"), backends.log());
    var rules = RuleSettings.read(root);
    var config = new NodeConfig(Path.of(root.text("data_dir", "data")), listen,
        ApiConfig.read(root.sectionOrEmpty("api")), rules.externalUrl().toString(),
        LogOutput.LogOutputConfig.read(root), roles, backends,
        batch, tier(root, backends), RetentionRule.read(root.sectionOrEmpty("storage")),
        StorageConfig.read(root.sectionOrEmpty("storage")),
        QueryConfig.read(query), PeerConfig.read(query.sectionOrEmpty("peer")),
        (int) query.number("warm_up", WARM_UP_REQUESTS, 0, 1_000_000),
        CollectorConfig.read(root, batch.epochMillisMax()), rules, List.of(), NotifyConfig.read(root, source.base()), "");
    query.done();
    root.sectionOrEmpty("global").done();
    root.done();
    problems.throwIfAny();
    return config.withRuleGroups(Yaml.print(root),
        new RuleFiles(rules, config.query().features()).parse(RuleFileSet.read(source.base(), rules.ruleFiles())));
  }

  private NodeConfig withRuleGroups(String maskedText, List<RuleGroup> groups) {
    return new NodeConfig(dataDir, listen, api, externalUrl, diagnostics, roles, backends, batch, tier, retentionRules, storage,
        query, peer, warmUpRequests, collector, rules, List.copyOf(groups), notifier, maskedText);
  }

  private static TierConfig tier(Section root, Backends.Choice backends) {
    boolean isRemote = backends.objects().filter(store -> store instanceof ObjectStoreConfig.S3).isPresent();
    return TierConfig.read(root.sectionOrEmpty("storage"), isRemote ? TierConfig.REMOTE : TierConfig.DIRECTORY);
  }

  private static Set<Role> roles(Section root, Backends.Choice backends) {
    Set<Role> roles = EnumSet.noneOf(Role.class);
    for (String text : root.text("roles", Role.list(Role.ALL)).split(",")) {
      Role.named(text.strip()).ifPresentOrElse(roles::add, () -> root.problem("roles",
          "roles: unknown role \"" + text.strip() + "\"; roles are " + Role.list(Role.ALL)));
    }
    if (!roles.containsAll(Role.ALL)) {
      checkShared(root, roles, backends);
    }
    return Set.copyOf(roles);
  }

  /// What several processes work on together has to lie where all of them reach it.
  private static void checkShared(Section root, Set<Role> roles, Backends.Choice backends) {
    String some = "roles: a process with the roles " + Role.list(roles) + " works with others, so ";
    if (backends.log() instanceof SegmentLogConfig) {
      root.problem("roles", some + "the log has to be shared: set log.backend: kafka");
    }
    if (backends.state() instanceof JournalStateConfig) {
      root.problem("roles", some + "the state has to be shared: set state.backend: redis");
    }
    if (needsCatalog(roles) && backends.catalog() instanceof EmbeddedCatalogConfig) {
      root.problem("roles", some + "the catalog has to be shared: set catalog.backend: postgres");
    }
  }

  /// Rules and silences are documents.
  static boolean needsCatalog(Set<Role> roles) {
    return roles.contains(Role.RULES) || roles.contains(Role.NOTIFIER) || roles.contains(Role.API);
  }

  /// Whether it may share the work with other processes.
  boolean isClustered() {
    return backends.log() instanceof KafkaLogConfig;
  }

  boolean has(Role role) {
    return roles.contains(role);
  }

  private static String read(Path file) {
    try {
      if (Files.size(file) > FILE_BYTES_MAX) {
        throw new TidemarkException(ErrorCode.BAD_DATA, file + ": larger than " + FILE_BYTES_MAX + " bytes");
      }
      return Files.readString(file);
    } catch (MalformedInputException e) {
      throw new TidemarkException(ErrorCode.BAD_DATA, file + ": not valid UTF-8", e);
    } catch (NoSuchFileException e) {
      throw new TidemarkException(ErrorCode.BAD_DATA, file + ": no such file", e);
    } catch (IOException e) {
      throw new TidemarkException(ErrorCode.BAD_DATA, file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /// What it holds, in a line.
  public String summary() {
    return "does " + Role.list(roles) + ", listens on " + listen.host() + ":" + listen.port() + ", data in " + dataDir + ", "
        + collector.scrapeConfigs().size()
        + " scrape jobs, " + ruleGroups.size() + " rule groups, " + (notifier.isPresent() ? "with" : "without") + " notifications";
  }
}
