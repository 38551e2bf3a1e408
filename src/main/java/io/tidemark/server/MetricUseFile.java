package io.tidemark.server;

import io.tidemark.model.TidemarkException;
import io.tidemark.query.MetricUse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps what metrics are used for over restarts, in a file of the data directory. A convenience: when it cannot be read or written the log
/// says so and counting begins anew. Blocks; one thread at a time.
final class MetricUseFile {
  static final long SAVE_EVERY_MILLIS = 600_000;
  private static final Logger LOG = LoggerFactory.getLogger(MetricUseFile.class);

  private final Path file;
  private final MetricUse use;

  MetricUseFile(Path dataDir, MetricUse use) {
    file = dataDir.resolve("metric-use");
    this.use = use;
  }

  void load() {
    try {
      use.read(Files.readString(file));
    } catch (NoSuchFileException e) {
      LOG.debug("No metrics were used before.", e);
    } catch (IOException | TidemarkException e) {
      LOG.atWarn().addKeyValue("file", file).addKeyValue("reason", String.valueOf(e.getMessage()))
          .log("Which metrics were used before cannot be read; counting begins anew.");
    }
  }

  void save() {
    try {
      Path unfinished = file.resolveSibling("metric-use.tmp");
      Files.writeString(unfinished, use.print());
      Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      LOG.atWarn().addKeyValue("file", file).addKeyValue("reason", String.valueOf(e.getMessage()))
          .log("Which metrics are used cannot be written.");
    }
  }
}
