package io.tidemark.cli;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;

/// `tidemark COMMAND`.
@Command(name = "tidemark", description = "A time-series monitoring and alerting engine.", synopsisSubcommandLabel = "COMMAND",
    footer = {"", "From a checkout, ./tidemark verify builds everything and passes every test.",
        "Exit codes: 0 done, 1 failed, 2 usage or configuration error."})
public final class Main implements Runnable {
  /// Exit code for a command that ran and failed.
  static final int FAILED = 1;
  /// Exit code for wrong usage or configuration.
  static final int USAGE = 2;

  private static final List<Class<?>> COMMANDS = List.of(Serve.class, Demo.class, Query.class, Import.class, Export.class, Check.class,
      Dump.class, Test.class, Train.class, Version.class, HelpCommand.class);

  public static void main(String[] arguments) {
    System.exit(commandLine(arguments).execute(arguments));
  }

  /// The command line that reads the arguments: of the command they name, or of all commands. To read the annotations of all is an eighth
  /// of a start.
  static CommandLine commandLine(String... arguments) {
    var all = new CommandLine(new Main());
    List<Class<?>> named = COMMANDS.stream().filter(command -> arguments.length > 0 && arguments[0].equals(name(command))).toList();
    (named.isEmpty() ? COMMANDS : named).forEach(all::addSubcommand);
    return all.setExecutionExceptionHandler((failure, line, _) -> {
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

  private static String name(Class<?> command) {
    return command.getSimpleName().toLowerCase(Locale.ROOT);
  }

  @Override
  public void run() {
    commandLine().usage(System.out);
  }
}
