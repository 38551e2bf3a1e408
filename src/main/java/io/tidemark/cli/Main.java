package io.tidemark.cli;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;

/// `tidemark COMMAND`.
@Command(name = "tidemark", description = "A time-series monitoring and alerting engine.", synopsisSubcommandLabel = "COMMAND",
    subcommands = {Serve.class, Demo.class, Query.class, Import.class, Export.class, Check.class, Dump.class, Test.class, Train.class,
        Version.class, HelpCommand.class},
    footer = {"", "From a checkout, ./tidemark verify builds everything and passes every test.",
        "Exit codes: 0 done, 1 failed, 2 usage or configuration error."})
public final class Main implements Runnable {
  /// Exit code for a command that ran and failed.
  static final int FAILED = 1;
  /// Exit code for wrong usage or configuration.
  static final int USAGE = 2;

  public static void main(String[] arguments) {
    System.exit(commandLine().execute(arguments));
  }

  static CommandLine commandLine() {
    return new CommandLine(new Main()).setExecutionExceptionHandler((failure, line, _) -> {
      line.getErr().println("tidemark: " + failure.getMessage());
      if (failure instanceof TidemarkException known) {
        return known.code() == ErrorCode.BAD_DATA ? USAGE : FAILED;
      }
      line.getErr().println("tidemark: this is a defect of Tidemark, of type " + failure.getClass().getName());
      for (StackTraceElement frame : failure.getStackTrace()) {
        line.getErr().println("    at " + frame);
      }
      return FAILED;
    });
  }

  @Override
  public void run() {
    commandLine().usage(System.out);
  }
}
