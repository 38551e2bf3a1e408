package io.tidemark.storage;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.TidemarkException;
import io.tidemark.time.VirtualTime;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OffloadTest {
  /// A job that does not end lets no other one begin.
  @Test
  void anErrorOfAWorkerEndsItsJob() {
    var time = new VirtualTime(1, 0);
    List<Throwable> uncaught = new ArrayList<>();
    var offload = new Offload(time.loop("shard"), work -> time.executor().execute(() -> {
      try {
        work.run();
      } catch (Error e) {
        uncaught.add(e);
      }
    }));
    var ended = new ArrayList<Future<Object>>();
    time.loop("shard").execute(() -> ended.add(offload.run(() -> {
      throw new AssertionError("as the test asked for");
    })));
    time.advance(1_000);
    assertTrue(ended.getFirst().failed());
    assertInstanceOf(TidemarkException.class, ended.getFirst().cause());
    assertTrue(uncaught.getFirst() instanceof AssertionError, "the thread's handler hears of it too");
  }
}
