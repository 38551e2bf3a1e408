package io.tidemark.guard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.VirtualTime;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class GuardTest {
  private final VirtualTime time = new VirtualTime(1);
  private final Metrics metrics = new Metrics();
  private final List<Long> attemptsAtMillis = new ArrayList<>();
  private final long startNanos = time.nanos();

  private Guard guard(List<Long> retries, int failuresToOpen) {
    return new Guard(new GuardConfig("redis", 100, retries, failuresToOpen, 1_000), time.loop("guard"), time, metrics);
  }

  private <T> Future<T> noted(Future<T> outcome) {
    attemptsAtMillis.add((time.nanos() - startNanos) / 1_000_000);
    return outcome;
  }

  private static Future<String> broken() {
    return Future.failedFuture(new TidemarkException(ErrorCode.UNAVAILABLE, "connection refused"));
  }

  private static ErrorCode code(Future<?> failed) {
    assertTrue(failed.failed());
    return ((TidemarkException) failed.cause()).code();
  }

  @Test
  void retriesAfterTheConfiguredPauses() {
    Future<String> answer = guard(List.of(10L, 50L), 100).call(() -> noted(broken()));
    time.advance(1_000);
    assertEquals(ErrorCode.UNAVAILABLE, code(answer));
    assertEquals(List.of(0L, 10L, 60L), attemptsAtMillis);
  }

  @Test
  void givesTheAnswerOfALaterAttempt() {
    Future<String> answer = guard(List.of(10L), 100)
        .call(() -> noted(attemptsAtMillis.isEmpty() ? broken() : Future.succeededFuture("ok")));
    time.advance(1_000);
    assertEquals("ok", answer.result());
  }

  @Test
  void endsAnAttemptAtItsDeadline() {
    Promise<String> never = Promise.promise();
    Future<String> answer = guard(List.of(), 100).call(() -> noted(never.future()));
    time.advance(99);
    assertFalse(answer.isComplete());
    time.advance(1);
    assertEquals(ErrorCode.TIMEOUT, code(answer));
  }

  @Test
  void doesNotRetryAnAnswer() {
    Future<String> answer = guard(List.of(10L, 10L), 1)
        .call(() -> noted(Future.failedFuture(new TidemarkException(ErrorCode.CONFLICT, "no"))));
    time.advance(1_000);
    assertEquals(ErrorCode.CONFLICT, code(answer));
    assertEquals(List.of(0L), attemptsAtMillis);
  }

  @Test
  void opensProbesAndCloses() {
    Guard guard = guard(List.of(), 2);
    guard.call(GuardTest::broken);
    assertEquals(Guard.State.CLOSED, guard.state());
    guard.call(GuardTest::broken);
    assertEquals(Guard.State.OPEN, guard.state());
    assertEquals(ErrorCode.UNAVAILABLE, code(guard.call(() -> noted(Future.succeededFuture("not asked")))));
    assertEquals(List.of(), attemptsAtMillis);

    time.advance(1_000);
    Promise<String> probe = Promise.promise();
    Future<String> probed = guard.call(() -> noted(probe.future()));
    assertEquals(Guard.State.HALF_OPEN, guard.state());
    assertEquals(ErrorCode.UNAVAILABLE, code(guard.call(() -> noted(Future.succeededFuture("one at a time")))));
    probe.complete("back");
    time.advance(0);
    assertEquals("back", probed.result());
    assertEquals(Guard.State.CLOSED, guard.state());
  }

  @Test
  void staysOpenWhenTheProbeFails() {
    Guard guard = guard(List.of(), 1);
    guard.call(GuardTest::broken);
    time.advance(1_000);
    guard.call(GuardTest::broken);
    assertEquals(Guard.State.OPEN, guard.state());
    time.advance(999);
    assertEquals(ErrorCode.UNAVAILABLE, code(guard.call(() -> noted(Future.succeededFuture("too early")))));
    time.advance(1);
    assertEquals("back", guard.call(() -> Future.succeededFuture("back")).result());
    assertTrue(metrics.print().contains("tidemark_guard_state{system=\"redis\"} 0"));
    assertTrue(metrics.print().contains("tidemark_guard_opened_total{system=\"redis\"} 1"));
  }

  @Test
  void tellsHowItStands() {
    long madeAtMillis = time.millis();
    Guard guard = guard(List.of(10L), 3);
    assertEquals(new Guard.Status("redis", Guard.State.CLOSED, madeAtMillis, 0, 0, 0, 0, 0, "", 0), guard.status());

    time.advance(500);
    guard.call(GuardTest::broken);
    time.advance(10);
    assertEquals(new Guard.Status("redis", Guard.State.CLOSED, madeAtMillis, 2, 2, 1, 0, 0, "connection refused", madeAtMillis + 510),
        guard.status());

    time.advance(90);
    guard.once(() -> Future.failedFuture(new IllegalStateException()));
    guard.once(GuardTest::broken);
    assertEquals(new Guard.Status("redis", Guard.State.OPEN, madeAtMillis + 600, 3, 3, 1, 1, 1, "IllegalStateException",
        madeAtMillis + 600), guard.status());

    time.advance(1_000);
    guard.once(GuardTest::broken);
    assertEquals(madeAtMillis + 600, guard.status().changedAtMillis(), "a failed probe does not make the system away since then only");
    assertEquals(madeAtMillis + 1_600, guard.status().lastFailureAtMillis());

    time.advance(1_000);
    guard.once(() -> Future.succeededFuture("back"));
    assertEquals(new Guard.Status("redis", Guard.State.CLOSED, madeAtMillis + 2_600, 5, 4, 1, 1, 1, "connection refused",
        madeAtMillis + 1_600), guard.status());
  }

  @Test
  void keepsNoPasswordAndNoBookAsLastFailure() {
    Guard guard = guard(List.of(), 100);
    guard.call(() -> Future.failedFuture(new IllegalStateException("no route to redis://app:hunter2@10.0.0.5:6379/0")));
    assertEquals("no route to redis://10.0.0.5:6379/0", guard.status().lastFailure());
    guard.call(() -> Future.failedFuture(new IllegalStateException("redis://app:p@ss@10.0.0.5")));
    assertEquals("redis://10.0.0.5", guard.status().lastFailure());
    guard.call(() -> Future.failedFuture(new IllegalStateException("x".repeat(100_000))));
    assertEquals(401, guard.status().lastFailure().length());
  }

  @Test
  void callFromBeforeTheCircuitOpenedDoesNotLetASecondProbeThrough() {
    Guard guard = new Guard(new GuardConfig("redis", 5_000, List.of(), 1, 1_000), time.loop("guard"), time, metrics);
    Promise<String> early = Promise.promise();
    guard.call(early::future);
    guard.call(GuardTest::broken);
    time.advance(1_000);
    Promise<String> probe = Promise.promise();
    guard.call(probe::future);
    early.fail(new TidemarkException(ErrorCode.UNAVAILABLE, "late"));
    time.advance(1_000);
    assertEquals(Guard.State.HALF_OPEN, guard.state());
    assertEquals(ErrorCode.UNAVAILABLE, code(guard.call(() -> noted(Future.succeededFuture("second probe")))));
    assertEquals(List.of(), attemptsAtMillis);

    probe.fail(new TidemarkException(ErrorCode.UNAVAILABLE, "still away"));
    time.advance(999);
    assertEquals(ErrorCode.UNAVAILABLE, code(guard.call(() -> noted(Future.succeededFuture("too early")))));
    time.advance(1);
    assertEquals("back", guard.call(() -> Future.succeededFuture("back")).result());
  }
}
