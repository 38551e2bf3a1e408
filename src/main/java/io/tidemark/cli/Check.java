package io.tidemark.cli;

import io.tidemark.server.NodeConfig;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// `tidemark check`: reads a configuration file with everything it names, without starting anything.
@Command(name = "check", description = "Checks a configuration file and the rule files it names; prints every problem with its place.")
final class Check implements Callable<Integer> {
  @Parameters(paramLabel = "FILE", description = "The configuration file.")
  private Path file = Path.of("");

  @Mixin
  private Settings settings = new Settings();

  @Override
  public Integer call() {
    NodeConfig config = NodeConfig.load(new NodeConfig.Source(Optional.of(file), settings.read()));
    System.out.println(file + ": good; " + config.summary());
    return 0;
  }
}
