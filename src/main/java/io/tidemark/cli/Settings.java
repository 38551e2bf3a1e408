package io.tidemark.cli;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/// Configuration keys given on the command line. They win over the file.
final class Settings {
  private static final long FILE_BYTES_MAX = 64 * 1024;

  @Option(names = "--set", paramLabel = "KEY=VALUE", description = "Sets one configuration key, e.g. storage.retention=30d; repeatable.")
  private List<String> values = new ArrayList<>();

  @Option(names = "--set-file", paramLabel = "KEY=FILE",
      description = "Sets one configuration key to the content of a file, without the white space around it; for secrets, which a "
          + "command line would show. Repeatable.")
  private List<String> files = new ArrayList<>();

  /// All of them as `KEY=VALUE`.
  ///
  /// @throws TidemarkException `BAD_DATA` for a file that cannot be read
  List<String> read() {
    var all = new ArrayList<>(values);
    for (String setting : files) {
      int equals = setting.indexOf('=');
      if (equals <= 0) {
        throw new TidemarkException(ErrorCode.BAD_DATA, "--set-file " + setting + ": expected KEY=FILE");
      }
      Path file = Path.of(setting.substring(equals + 1));
      try {
        if (Files.size(file) > FILE_BYTES_MAX) {
          throw new TidemarkException(ErrorCode.BAD_DATA, "--set-file " + setting + ": larger than " + FILE_BYTES_MAX + " bytes");
        }
        all.add(setting.substring(0, equals + 1) + Files.readString(file, StandardCharsets.UTF_8).strip());
      } catch (IOException e) {
        throw new TidemarkException(ErrorCode.BAD_DATA, "--set-file " + setting + ": cannot read " + file + " ("
            + e.getClass().getSimpleName() + ")", e);
      }
    }
    return all;
  }
}
