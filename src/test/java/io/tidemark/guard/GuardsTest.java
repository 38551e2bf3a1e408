package io.tidemark.guard;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tidemark.telemetry.Metrics;
import io.tidemark.time.VirtualTime;
import io.vertx.core.Future;
import java.util.List;
import org.junit.jupiter.api.Test;

class GuardsTest {
  private final VirtualTime time = new VirtualTime(1);
  private final Metrics metrics = new Metrics();
  private final Guards guards = new Guards();

  private Guard guard(String system) {
    return new Guard(new GuardConfig(system, 100, List.of(), 1, 1_000), time.loop(system), time, metrics);
  }

  private List<String> shown() {
    return guards.list().stream().map(entry -> String.join(" ", entry.concern(), entry.kind(), entry.address(), entry.status().system(),
        entry.status().state().name())).toList();
  }

  @Test
  void listsByConcernAndName() {
    Guard redis = guard("redis");
    guards.add("state", "redis", "10.0.0.5:6379", redis);
    guards.add("peer", "peer", "10.0.1.2:9071", guard("peer 10.0.1.2:9071"));
    guards.add("peer", "peer", "10.0.1.1:9071", guard("peer 10.0.1.1:9071"));
    redis.call(() -> Future.failedFuture("away"));
    assertEquals(List.of("peer peer 10.0.1.1:9071 peer 10.0.1.1:9071 CLOSED", "peer peer 10.0.1.2:9071 peer 10.0.1.2:9071 CLOSED",
        "state redis 10.0.0.5:6379 redis OPEN"), shown());
  }

  @Test
  void forgetsWhatIsTakenOut() {
    Guard leaving = guard("peer a");
    guards.add("peer", "peer", "a", leaving);
    guards.add("peer", "peer", "b", guard("peer b"));
    guards.remove(leaving);
    assertEquals(List.of("peer peer b peer b CLOSED"), shown());
  }

  @Test
  void takesANewAddress() {
    Guard kafka = guard("kafka");
    guards.add("log", "kafka", "old:9092", kafka);
    guards.add("log", "kafka", "new:9092", kafka);
    assertEquals(List.of("log kafka new:9092 kafka CLOSED"), shown());
  }
}
