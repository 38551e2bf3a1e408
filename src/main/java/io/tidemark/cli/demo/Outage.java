package io.tidemark.cli.demo;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.time.Clock;
import io.vertx.ext.web.client.WebClient;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;

/// A storage node is killed, is missed, comes back and catches up; what the queries noticed of it is counted and told.
final class Outage {
  private static final long LOOK_MILLIS = 200;
  private static final long CATCH_UP_SECONDS = 300;

  /// The measured course of one outage.
  ///
  /// @param whileAway    what became of the queries until the node was started again
  /// @param whileBack    and from then on until it had caught up
  /// @param readyNanos   from its start until it was ready
  /// @param caughtUpNanos from being ready until it had applied all that the log held when it was
  /// @param missed       records that it applied meanwhile
  record Course(Prober.Report whileAway, Prober.Report whileBack, long readyNanos, long caughtUpNanos, long missed) {}

  private final Family family;
  private final Map<String, String> urls;
  private final Prober prober;
  private final WebClient client;
  private final Clock clock;
  private final BiConsumer<String, String> line;

  /// @param urls of the storage nodes, by name
  /// @param line told what happens: a kind and a text
  Outage(Family family, Map<String, String> urls, Prober prober, WebClient client, Clock clock, BiConsumer<String, String> line) {
    this.family = family;
    this.urls = urls;
    this.prober = prober;
    this.client = client;
    this.clock = clock;
    this.line = line;
  }

  /// Lets time pass unless a process ends by itself.
  ///
  /// @throws TidemarkException `UNAVAILABLE` when one does
  static void pass(Family family, long millis) {
    try {
      throw ClusterDemo.lost(family.lost().get(millis, TimeUnit.MILLISECONDS));
    } catch (TimeoutException e) {
      // The usual case: the time has passed and all processes run.
      return;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TidemarkException(ErrorCode.CANCELED, "interrupted", e);
    }
  }

  /// Kills `victim`, starts it again after a while, and waits until it has caught up.
  ///
  /// @param other a storage node with the same shards, whose progress is the measure; `victim` itself when there is none
  Course tell(String victim, String other, long awaySeconds) {
    long before = StorageProgress.ask(client, urls.get(victim)).applied();
    prober.begin();
    line.accept("killed", victim + " (process " + family.child(victim).pid() + ") with kill -9, after " + before + " records");
    family.kill(victim);
    pass(family, awaySeconds * 1_000);
    Prober.Report away = prober.report();
    line.accept("queries", describe(away));

    prober.begin();
    long started = clock.nanos();
    family.restart(victim);
    long ready = clock.nanos();
    StorageProgress goal = StorageProgress.ask(client, urls.get(other));
    line.accept("ready again", victim + " after " + seconds(ready - started) + "; it has to reach " + goal.applied() + " records");
    StorageProgress progress = StorageProgress.ask(client, urls.get(victim));
    while (progress.shards() < goal.shards() || progress.applied() < goal.applied()) {
      if (clock.nanos() - ready > TimeUnit.SECONDS.toNanos(CATCH_UP_SECONDS)) {
        throw new TidemarkException(ErrorCode.TIMEOUT, victim + " has " + progress.applied() + " of " + goal.applied()
            + " records after " + CATCH_UP_SECONDS + " s");
      }
      pass(family, LOOK_MILLIS);
      progress = StorageProgress.ask(client, urls.get(victim));
    }
    long caughtUp = clock.nanos();
    var course = new Course(away, prober.report(), ready - started, caughtUp - ready, progress.applied() - before);
    line.accept("caught up", victim + " applied the " + course.missed + " records it had missed within " + seconds(course.caughtUpNanos)
        + " of being ready");
    line.accept("queries", describe(course.whileBack));
    return course;
  }

  private static String describe(Prober.Report report) {
    String all = report.answered() + " of " + report.asked() + " were answered, " + report.partial() + " of them in part, "
        + report.wentBack() + " behind an earlier answer; the slowest took " + seconds(report.slowestNanos());
    return report.failed() == 0 ? all + "; none failed" : all + "; " + report.failed() + " failed, asked from "
        + seconds(report.firstFailedNanos()) + " to " + seconds(report.lastFailedNanos()) + " after it";
  }

  private static String seconds(long nanos) {
    return String.format("%.1f s", nanos / 1e9);
  }
}
