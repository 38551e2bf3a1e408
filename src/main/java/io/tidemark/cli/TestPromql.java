package io.tidemark.cli;

import io.tidemark.query.QueryConfig;
import io.tidemark.query.ScriptRunner;
import io.tidemark.time.Clock;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `tidemark test promql DIR`: runs promqltest files.
@Command(name = "promql", description = "Runs PromQL case files (*.test); a line a miss, the last line counts.")
final class TestPromql implements Callable<Integer> {
  @Parameters(paramLabel = "DIR", description = "A directory of *.test files, or one file.")
  private Path directory = Path.of("");

  @Option(names = "--tier", paramLabel = "LIST", split = ",", description = "Tiers to run: core, ext, native, native-ext (default: all).")
  private List<String> tiers = List.of();

  @Override
  public Integer call() {
    var runner = new ScriptRunner(QueryConfig.DEFAULT, Clock.system());
    ScriptRunner.Report report = runner.run(directory, tiers.isEmpty() ? ScriptRunner.TIERS : tiers, System.out::println);
    return report.failures().isEmpty() ? 0 : Main.FAILED;
  }
}
