package io.tidemark.log.segment;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tidemark.disk.CrashingDisk;
import io.tidemark.disk.GoldenBytes;
import io.tidemark.log.Log;
import io.tidemark.log.LogRecord;
import io.tidemark.log.SegmentLogConfig;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.VirtualTime;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class SegmentFormatTest {
  private static final Path FOLDER = Path.of("log");
  private static final Path SEGMENT = FOLDER.resolve("0000").resolve("00000000000000000000.segment");

  private final VirtualTime time = new VirtualTime(1);
  private final CrashingDisk disk = new CrashingDisk(1);

  private Log open() {
    Future<Log> opened = Log.open(SegmentLogConfig.DEFAULT.named("test", 1), FOLDER, disk, time.executor(), time, new Metrics());
    time.run();
    return opened.result();
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void writesTheBytesOfVersionOne() {
    Log log = open();
    log.append(0, text("one"));
    time.run();
    log.append(0, text("two"));
    log.append(0, text(""));
    log.close();
    time.run();
    GoldenBytes.check("log-segment-v1", disk.content(SEGMENT));
    GoldenBytes.check("log-facts-v1", disk.content(FOLDER.resolve("log.facts")));
  }

  @Test
  void readsTheBytesOfVersionOne() {
    disk.put(SEGMENT, GoldenBytes.read("log-segment-v1"));
    disk.put(FOLDER.resolve("log.facts"), GoldenBytes.read("log-facts-v1"));
    Log log = open();
    assertEquals(3, log.end(0));
    Future<List<LogRecord>> read = log.read(0, 0, 1000);
    time.run();
    assertEquals(List.of("one", "two", ""), read.result().stream().map(r -> new String(r.bytes(), StandardCharsets.UTF_8)).toList());
  }
}
