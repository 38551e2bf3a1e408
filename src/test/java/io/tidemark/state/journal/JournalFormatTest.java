package io.tidemark.state.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tidemark.disk.CrashingDisk;
import io.tidemark.disk.GoldenBytes;
import io.tidemark.state.JournalStateConfig;
import io.tidemark.state.State;
import io.tidemark.state.State.Entry;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.VirtualTime;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class JournalFormatTest {
  private static final Path FOLDER = Path.of("state");
  private static final Path JOURNAL = FOLDER.resolve("00000000000000000001.journal");

  private final VirtualTime time = new VirtualTime(1);
  private final CrashingDisk disk = new CrashingDisk(1);

  private State open() {
    Future<State> opened = State.open(JournalStateConfig.DEFAULT, FOLDER, disk, time.executor(), time, new Metrics());
    time.run();
    return opened.result();
  }

  @Test
  void writesTheBytesOfVersionOne() {
    State state = open();
    state.put("a", "one".getBytes(StandardCharsets.UTF_8));
    state.put("b", "two".getBytes(StandardCharsets.UTF_8));
    time.run();
    state.remove("a");
    state.close();
    time.run();
    GoldenBytes.check("state-journal-v1", disk.content(JOURNAL));
  }

  @Test
  void readsTheBytesOfVersionOne() {
    disk.put(JOURNAL, GoldenBytes.read("state-journal-v1"));
    Future<List<Entry>> all = open().scan("");
    assertEquals(List.of("b=two@2"),
        all.result().stream().map(e -> e.key() + "=" + new String(e.value(), StandardCharsets.UTF_8) + "@" + e.version()).toList());
    Future<Long> next = open().put("c", new byte[0]);
    time.run();
    assertEquals(4, next.result(), "the removal took version 3");
  }
}
