package io.tidemark.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tidemark.log.BatchLimits;
import io.tidemark.log.BatchWriter;
import io.tidemark.log.LogRecord;
import io.tidemark.model.LabelSet;
import io.tidemark.storage.head.Head;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Entropy;
import io.tidemark.time.Loop;
import io.tidemark.time.VirtualTime;
import io.vertx.core.Future;
import java.util.List;
import org.junit.jupiter.api.Test;

class LogTailTest {
  private static final long T0 = 1_704_067_200_000L;

  private final VirtualTime time = new VirtualTime(1, T0);

  /// What forgets records while the ones before them are still being applied, as a Kafka topic's retention may.
  @Test
  void goesOnBehindAGapThatCameWhileItApplied() {
    var log = new MemoryLog(1) {
      @Override
      public Future<List<LogRecord>> read(int partition, long from, int bytesMax) {
        if (from == 0) {
          return Future.succeededFuture(all(0).subList(0, 200));
        }
        if (from == 200) {
          trim(0, 250);
        }
        return super.read(partition, from, bytesMax);
      }
    };
    var writer = new BatchWriter(log, 1, BatchLimits.DEFAULT, time, new Metrics());
    for (int i = 0; i < 300; i++) {
      add(writer, i);
    }
    Loop loop = time.loop("shard");
    var head = new Head(loop, StorageConfig.DEFAULT.headLimits(1), Entropy.seeded(1), new Metrics(), "0");
    var tail = new LogTail(0, 0, log, loop, time, head, new Changes(), new Metrics());
    loop.execute(tail::start);
    time.advance(60_000);
    assertEquals(300, tail.applied());
    add(writer, 300);
    time.advance(60_000);
    assertEquals(301, tail.applied());
  }

  private static void add(BatchWriter writer, int i) {
    writer.add(writer.define(LabelSet.of(LabelSet.NAME, "a")), T0 + i, i);
    writer.flush();
  }
}
