package io.tidemark.notify;

import io.tidemark.cluster.LeaseTenure;
import io.tidemark.time.Clock;
import io.tidemark.time.Entropy;
import io.tidemark.time.Loop;
import io.tidemark.time.Timers;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.Optional;

/// One notification on its way to one channel: attempts until it is delivered, rejected, or out of time. Belongs to one loop.
///
/// Waits between attempts grow by half from 500 ms to 60 s, each varied by half up or down; a receiver's Retry-After is honoured when
/// it is longer, and beyond this notification. An open circuit holds back every attempt but the first. After the deadline the group's
/// next flush starts afresh. All waits are measured by the clock that nobody sets, so that a step of the wall clock holds nothing back.
final class Delivery {
  private static final long BACKOFF_FIRST_MILLIS = 500;
  private static final long BACKOFF_MAX_MILLIS = 60_000;
  private static final String OVER = "stopped before an attempt; who has the group next tells it";

  /// @param delivered whether the receiver took it
  record Result(boolean delivered, int attempts, String detail) {}

  private final Channel channel;
  private final Notification notification;
  private final LeaseTenure tenure;
  private final long deadlineMillis;
  private final Loop loop;
  private final Clock clock;
  private final Entropy entropy;
  private final Promise<Result> promise = Promise.promise();
  private long backoffMillis = BACKOFF_FIRST_MILLIS;
  private int attempts;
  private String lastDetail = "no attempt was possible";
  private Optional<Timers.Timer> waiting = Optional.empty();
  private boolean stopped;

  /// @param tenure         the right to tell; once it is over no further attempt is made
  /// @param patienceMillis how long it may take, attempts and waits together
  Delivery(Channel channel, Notification notification, LeaseTenure tenure, long patienceMillis, Loop loop, Clock clock, Entropy entropy) {
    this.channel = channel;
    this.notification = notification;
    this.tenure = tenure;
    this.loop = loop;
    this.clock = clock;
    this.deadlineMillis = steadyMillis() + patienceMillis;
    this.entropy = entropy;
  }

  private long steadyMillis() {
    return clock.nanos() / 1_000_000;
  }

  Future<Result> future() {
    return promise.future();
  }

  void start() {
    channel.notifications.increment();
    long wait = channel.retryWaitMillis(notification.groupKey(), steadyMillis());
    if (wait > 0) {
      lastDetail = "held back: the receiver named a time to retry after, " + wait + " ms from the flush on";
      later(wait);
    } else {
      attempt();
    }
  }

  private void attempt() {
    assert loop.isCurrent();
    waiting = Optional.empty();
    if (isOver()) {
      end(new Result(false, attempts, OVER));
      return;
    }
    boolean first = attempts == 0;
    long wait = first ? 0 : channel.circuit.admit(this, steadyMillis());
    if (wait > 0) {
      lastDetail = "held back: " + channel.name() + " of " + channel.receiver + " keeps failing; last: " + lastDetail;
      later(wait);
      return;
    }
    channel.enqueue(() -> {
      if (isOver()) {
        if (!first) {
          channel.circuit.abandoned();
        }
        // On a turn of its own: those that wait behind may be abandoned as well.
        loop.execute(channel::attemptEnded);
        end(new Result(false, attempts, OVER));
        return;
      }
      attempts++;
      channel.requests.increment();
      long startNanos = clock.nanos();
      // Composed, so that an integration that throws is a failed attempt and not the end of its group.
      Future<Outcome> sent = Future.succeededFuture(notification).compose(channel.integration::send);
      OnLoop.await(loop, sent).onComplete(result -> {
        channel.latency.observeNanos(startNanos, clock.nanos());
        channel.attemptEnded();
        ended(result.succeeded() ? result.result() : new Outcome.Retry("the integration failed: " + result.cause(), 0));
      });
    });
  }

  private void end(Result result) {
    channel.circuit.leave(this);
    promise.complete(result);
  }

  private boolean isOver() {
    return stopped || !tenure.holds();
  }

  private void ended(Outcome outcome) {
    switch (outcome) {
      case Outcome.Delivered delivered -> {
        channel.circuit.succeeded();
        end(new Result(true, attempts, delivered.detail()));
      }
      case Outcome.Rejected rejected -> {
        // The receiver answers, so its circuit stays closed.
        channel.circuit.succeeded();
        channel.requestsFailed.increment();
        channel.failedRejected.increment();
        end(new Result(false, attempts, "rejected: " + rejected.detail()));
      }
      case Outcome.Retry retry -> {
        channel.circuit.failed(steadyMillis());
        channel.requestsFailed.increment();
        lastDetail = retry.detail();
        if (retry.afterMillis() > 0) {
          channel.retryAfter(notification.groupKey(), steadyMillis() + retry.afterMillis());
        }
        long jittered = (long) (backoffMillis * (0.5 + entropy.nextDouble()));
        backoffMillis = Math.min(BACKOFF_MAX_MILLIS, backoffMillis + backoffMillis / 2);
        later(Math.max(jittered, retry.afterMillis()));
      }
    }
  }

  private void later(long delayMillis) {
    if (stopped || steadyMillis() + delayMillis >= deadlineMillis) {
      giveUp("gave up after " + attempts + " attempts: " + lastDetail);
    } else {
      waiting = Optional.of(loop.after(delayMillis, this::attempt));
    }
  }

  private void giveUp(String detail) {
    channel.failedTimeout.increment();
    end(new Result(false, attempts, detail));
  }

  /// Makes no further attempt; one under way still counts.
  void stop() {
    stopped = true;
    waiting.ifPresent(timer -> {
      timer.cancel();
      giveUp("stopped while waiting for the next attempt; last: " + lastDetail);
    });
    waiting = Optional.empty();
  }
}
