package io.tidemark.cli.demo;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.time.Clock;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.function.Consumer;

/// Where a demo runs.
///
/// @param dataDir for everything it writes
/// @param listen  address of the engine, `HOST:PORT`
/// @param print   told what happens, line by line
public record DemoPlace(Path dataDir, String listen, Clock clock, Consumer<String> print) {
  /// Unpacks an example's files from the jar into `dataDir/example/EXAMPLE`, over older ones, and returns that directory.
  Path unpack(String example, List<String> files) {
    Path directory = dataDir.resolve("example").resolve(example);
    try {
      Files.createDirectories(directory);
      for (String file : files) {
        String name = "config/examples/" + example + "/" + file;
        try (InputStream content = DemoPlace.class.getResourceAsStream("/" + name)) {
          if (content == null) {
            throw new TidemarkException(ErrorCode.NOT_FOUND, "the jar lacks " + name + "; build it again");
          }
          Files.copy(content, directory.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        }
      }
      return directory;
    } catch (IOException e) {
      throw new TidemarkException(ErrorCode.DISK_FAILED, "cannot write the example to " + directory + ": " + e.getMessage(), e);
    }
  }

  /// Prints each of the lines.
  void say(String... lines) {
    List.of(lines).forEach(print);
  }
}
