package io.tidemark.query;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.promql.Features;
import io.tidemark.query.script.Script;
import io.tidemark.query.script.ScriptStore;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// Runs PromQL cases in the promqltest format, files named `*.test`, against an engine over a store of their own.
///
/// Cases without a tag line above them are of tier `core`.
public final class ScriptRunner {
  /// The tiers there are, in the order of totals.
  public static final List<String> TIERS = List.of("core", "ext", "native", "native-ext");

  private final QueryConfig config;
  private final Clock clock;

  public ScriptRunner(QueryConfig config, Clock clock) {
    this.config = config;
    this.clock = clock;
  }

  /// How many cases passed and failed.
  public record Total(int passed, int failed) {
    Total plus(boolean pass) {
      return new Total(passed + (pass ? 1 : 0), failed + (pass ? 0 : 1));
    }
  }

  /// What came out.
  ///
  /// @param failures names of the failing cases, `file:line`
  /// @param passes   names of the passing cases
  public record Report(Map<String, Total> tiers, List<String> passes, List<String> failures) {}

  /// Runs one file or all files of a directory, in the order of their names. Prints a line for each failing case, a line for each
  /// tier and last `N passed, N failed`.
  ///
  /// @throws TidemarkException `NOT_FOUND` when there are no files, `BAD_DATA` for a file that is no script
  public Report run(Path path, Collection<String> tiers, Consumer<String> print) {
    var totals = new TreeMap<String, Total>();
    var passes = new ArrayList<String>();
    var failures = new ArrayList<String>();
    for (Path file : files(path)) {
      var engines = new LinkedHashMap<Features, QueryEngine>();
      script(file).run(Set.copyOf(tiers), (store, features) -> engines.computeIfAbsent(features, _ -> engine(store, features)), outcome -> {
        boolean passed = outcome.failure().isEmpty();
        totals.merge(outcome.tier(), new Total(0, 0).plus(passed), (a, _) -> a.plus(passed));
        (passed ? passes : failures).add(outcome.name());
        outcome.failure().ifPresent(text -> print.accept(outcome.name() + " " + outcome.query() + ": " + text));
      });
    }
    for (String tier : TIERS) {
      if (totals.containsKey(tier)) {
        print.accept(tier + ": " + text(totals.get(tier)));
      }
    }
    print.accept(text(new Total(passes.size(), failures.size())));
    return new Report(Map.copyOf(totals), List.copyOf(passes), List.copyOf(failures));
  }

  private static String text(Total total) {
    return total.passed + " passed, " + total.failed + " failed";
  }

  private QueryEngine engine(ScriptStore store, Features features) {
    return new QueryEngine(store, config.withFeatures(features), Runnable::run, clock, new Metrics());
  }

  private static Script script(Path file) {
    String name = String.valueOf(file.getFileName());
    try {
      return Script.parse(name.substring(0, name.length() - ".test".length()), Files.readString(file));
    } catch (IOException e) {
      throw new TidemarkException(ErrorCode.NOT_FOUND, file + ": cannot be read: " + e, e);
    }
  }

  private static List<Path> files(Path path) {
    if (!Files.isDirectory(path)) {
      if (Files.isRegularFile(path) && path.toString().endsWith(".test")) {
        return List.of(path);
      }
      throw new TidemarkException(ErrorCode.NOT_FOUND, path + ": expected a directory or a file *.test");
    }
    try (Stream<Path> list = Files.list(path)) {
      List<Path> files = list.filter(file -> file.toString().endsWith(".test")).sorted().toList();
      if (files.isEmpty()) {
        throw new TidemarkException(ErrorCode.NOT_FOUND, path + ": holds no files *.test");
      }
      return files;
    } catch (IOException e) {
      throw new TidemarkException(ErrorCode.NOT_FOUND, path + ": cannot be listed: " + e, e);
    }
  }
}
