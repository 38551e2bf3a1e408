package io.tidemark.catalog.embedded;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.catalog.Catalog;
import io.tidemark.catalog.CatalogContract;
import io.tidemark.disk.Disk;
import io.tidemark.model.ErrorCode;
import io.tidemark.telemetry.LogLines;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.VirtualTime;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedCatalogTest extends CatalogContract {
  @TempDir
  Path folder;

  private final VirtualTime time = new VirtualTime(1);
  private final Executor io = time.executor();
  private final List<Catalog> opened = new ArrayList<>();

  @Override
  protected Catalog open() {
    Catalog catalog = await(Catalog.open(file(), Disk.local(), io, time, new Metrics()));
    opened.add(catalog);
    return catalog;
  }

  private Path file() {
    return folder.resolve("deep").resolve("catalog.db");
  }

  @Override
  protected <T> void settle(Future<T> future) {
    time.runUntil(future::isComplete);
  }

  @AfterEach
  void closeAll() {
    opened.forEach(catalog -> await(catalog.close()));
  }

  @Test
  void refusesAFileOfANewerRelease() throws SQLException {
    await(open().close());
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file()); var statement = connection.createStatement()) {
      statement.execute("PRAGMA user_version = 99");
    }
    assertEquals(ErrorCode.NOT_SUPPORTED, failure(Catalog.open(file(), Disk.local(), io, time, new Metrics())));
  }

  @Test
  void refusesAFileThatIsNoDatabase() throws IOException {
    Files.createDirectories(file().getParent());
    Files.writeString(file(), "this is not a database, only a text that is longer than a header".repeat(20));
    assertEquals(ErrorCode.CORRUPT, failure(Catalog.open(file(), Disk.local(), io, time, new Metrics())));
  }

  @Test
  void anEmptyOrMissingCatalogWhereOneWasIsTold() throws IOException {
    try (var lines = LogLines.of(EmbeddedCatalog.class)) {
      await(open().close());
      await(open().close());
      assertEquals(List.of(), lines.errors());
      Files.write(file(), new byte[0]);
      await(open().close());
      assertEquals(1, lines.errors().size());
      Files.delete(file());
      await(open().close());
      assertEquals(2, lines.errors().size());
      lines.errors().forEach(line -> assertTrue(line.contains("rules and silences") && line.contains(file().toString()), line));
      await(open().close());
      assertEquals(2, lines.errors().size(), "once");
    }
  }

  @Test
  void refusesWhenTooManyCallsWait() {
    Catalog catalog = open();
    for (int i = 0; i < 512; i++) {
      catalog.get("rule", "a");
    }
    Future<?> refused = catalog.get("rule", "a");
    assertEquals(ErrorCode.UNAVAILABLE, failure(refused));
    time.run();
    await(catalog.get("rule", "a"));
  }
}
