package io.tidemark.server;

import io.tidemark.api.ListenConfig;
import io.tidemark.collector.IngestLimits;
import io.tidemark.config.Problems;
import io.tidemark.config.Section;
import io.tidemark.config.Yaml;
import io.tidemark.log.BatchLimits;
import io.tidemark.log.SegmentLogConfig;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.notify.NotifyConfig;
import io.tidemark.query.QueryConfig;
import io.tidemark.storage.StorageConfig;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// Everything that one node needs to know, read from one YAML file and `--set` overrides.
///
/// @param text the file as it was read, for `/api/v1/status/config`; secrets are masked when it is shown
public record NodeConfig(Path dataDir, ListenConfig listen, LogOutput.LogOutputConfig diagnostics, SegmentLogConfig log, BatchLimits batch,
    StorageConfig storage, QueryConfig query, IngestLimits limits, Optional<NotifyConfig> notifier, String text) {
  private static final Set<String> ROLES = new TreeSet<>(Set.of("collector", "storage", "query", "rules", "notifier", "api"));
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
        throw new TidemarkException(ErrorCode.BAD_DATA, "--set " + setting + ": expected KEY=VALUE");
      }
      root.override(setting.substring(0, equals), setting.substring(equals + 1));
    }
    checkRoles(root);
    ListenConfig listen = ListenConfig.read(root);
    if (!root.flag("listen_without_login", false) && !listen.isLoopback()) {
      root.problem("listen", "listen: " + listen.host() + " is reachable from other machines and this version knows no login; "
          + "listen on 127.0.0.1, or set listen_without_login: true if a proxy in front guards it");
    }
    var config = new NodeConfig(Path.of(root.text("data_dir", "data")), listen, LogOutput.LogOutputConfig.read(root),
        SegmentLogConfig.read(root.sectionOrEmpty("log")), BatchLimits.read(root.sectionOrEmpty("batch")),
        StorageConfig.read(root.sectionOrEmpty("storage")), QueryConfig.read(root.sectionOrEmpty("query")),
        IngestLimits.read(root.sectionOrEmpty("limits")), NotifyConfig.read(root, source.base()), text);
    root.done();
    problems.throwIfAny();
    return config;
  }

  private static void checkRoles(Section root) {
    List<String> roles = List.of(root.text("roles", String.join(",", ROLES)).split(","));
    for (String role : roles) {
      if (!ROLES.contains(role)) {
        root.problem("roles", "roles: unknown role \"" + role + "\"; roles are " + String.join(", ", ROLES));
      }
    }
    if (root.problems().isEmpty() && !Set.copyOf(roles).containsAll(ROLES)) {
      root.problem("roles", "roles: this version runs all roles in one process; leave the key out");
    }
  }

  private static String read(Path file) {
    try {
      if (Files.size(file) > FILE_BYTES_MAX) {
        throw new TidemarkException(ErrorCode.BAD_DATA, file + ": larger than " + FILE_BYTES_MAX + " bytes");
      }
      return Files.readString(file);
    } catch (MalformedInputException e) {
      throw new TidemarkException(ErrorCode.BAD_DATA, file + ": not valid UTF-8", e);
    } catch (IOException e) {
      throw new TidemarkException(ErrorCode.BAD_DATA, file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /// What it holds, in a line.
  public String summary() {
    return "listens on " + listen.host() + ":" + listen.port() + ", data in " + dataDir;
  }
}
