package io.tidemark.cli;

import picocli.CommandLine.Command;

/// `tidemark import`: samples of other systems into a server.
@Command(name = "import", description = "Imports samples of other systems, from the oldest on; goes on where an earlier run ended.",
    subcommands = {ImportPrometheus.class, ImportOpenMetrics.class}, synopsisSubcommandLabel = "prometheus | openmetrics")
final class Import {}
