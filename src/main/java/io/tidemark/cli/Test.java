package io.tidemark.cli;

import picocli.CommandLine.Command;

/// `tidemark test`: runs test files of users.
@Command(name = "test", description = "Runs test files.", subcommands = {TestPromql.class})
final class Test {}
