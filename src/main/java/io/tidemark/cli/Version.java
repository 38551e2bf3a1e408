package io.tidemark.cli;

import io.tidemark.server.BuildInfo;
import picocli.CommandLine.Command;

/// `tidemark version`.
@Command(name = "version", description = "Prints the version.")
final class Version implements Runnable {
  @Override
  public void run() {
    System.out.println("tidemark " + BuildInfo.current().version() + ", Java " + Runtime.version());
  }
}
