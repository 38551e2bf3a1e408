package io.tidemark.collector.scrape;

import io.tidemark.collector.TargetView;
import io.tidemark.collector.admit.Admission;
import io.tidemark.collector.admit.Tally;
import io.tidemark.log.SeriesHash;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Stale;
import io.tidemark.model.TidemarkException;
import io.tidemark.time.Entropy;
import io.tidemark.time.Timers;
import io.vertx.core.AsyncResult;
import java.util.Optional;

/// The life of one target: wait, fetch, add, again. Each scrape writes the target's samples, staleness markers of what vanished and
/// the series about the scrape itself, all with the scrape's own time. Owned by one loop; {@link #view} is safe on any thread.
public final class TargetLoop {
  /// A scrape this close to its due time counts as on time, so that timestamps stay regular and compress well.
  private static final long TOLERANCE_MILLIS = 2;
  private static final String[] REPORTS = {"up", "scrape_duration_seconds", "scrape_samples_scraped",
      "scrape_samples_post_metric_relabeling", "scrape_series_added"};

  private final ScrapeContext context;
  private Target target;
  private final Entropy entropy;
  private SeriesHash hash;
  private final SeriesCache cache = new SeriesCache();
  private final LabelSet[] reports = new LabelSet[REPORTS.length];
  private ScrapeConfig job;
  private Optional<Timers.Timer> timer = Optional.empty();
  private boolean stopped;
  private boolean reported;
  /// The number of the last scrape; begins at 1, so that 0 can mean never.
  private long scrape = 1;
  private long dueMillis;
  private volatile TargetView view;

  public TargetLoop(ScrapeContext context, ScrapeConfig job, Target target, Entropy entropy) {
    this.context = context;
    this.job = job;
    this.target = target;
    this.entropy = entropy;
    hash = new SeriesHash(entropy);
    for (int i = 0; i < REPORTS.length; i++) {
      reports[i] = target.labels().with(LabelSet.NAME, REPORTS[i]);
    }
    view = view(TargetView.Health.UNKNOWN, "", 0, 0);
  }

  public Target target() {
    return target;
  }

  public TargetView view() {
    return view;
  }

  private TargetView view(TargetView.Health health, String error, long atMillis, double seconds) {
    return new TargetView(job.jobName(), target.url().toString(), target.discovered(), target.labels(), health, error, atMillis, seconds,
        target.intervalMillis(), target.timeoutMillis());
  }

  /// Waits for the target's own place within the interval, which spreads targets and stays the same over restarts.
  public void start() {
    long interval = target.intervalMillis();
    long offset = target.spread() % interval;
    long now = context.clock().millis();
    dueMillis = now - Math.floorMod(now, interval) + offset;
    dueMillis += dueMillis < now ? interval : 0;
    schedule();
  }

  private void schedule() {
    long delay = Math.max(0, dueMillis - context.clock().millis());
    // A clock that was set back must not stop scraping for longer than an interval.
    timer = Optional.of(context.loop().after(Math.min(delay, target.intervalMillis()), this::scrape));
  }

  /// Goes on under a changed configuration of the same job, for a target that is still the same.
  public void update(ScrapeConfig changed, Target same) {
    job = changed;
    target = same;
    cache.forgetBytes(scrape);
    // The batch writer knows the old labels under the old hashes.
    hash = new SeriesHash(entropy);
    view = new TargetView(view.job(), view.url(), same.discovered(), view.labels(), view.health(), view.lastError(),
        view.lastScrapeMillis(), view.lastSeconds(), same.intervalMillis(), same.timeoutMillis());
  }

  private void scrape() {
    timer = Optional.empty();
    long startMillis = context.clock().millis();
    long startNanos = context.clock().nanos();
    long scrapeMillis = Math.abs(startMillis - dueMillis) <= TOLERANCE_MILLIS ? dueMillis : startMillis;
    long waitMillis = context.gate().waitMillis(job.jobName());
    if (waitMillis > 0) {
      finish(scrapeMillis, startNanos, new Fetcher.Answer("", new byte[0]), "job \"" + job.jobName()
          + "\" brings more samples per second than its limit (limits.samples_per_second)");
      return;
    }
    var request = new Fetcher.Request(target.url(), job.credentials(), target.timeoutMillis(), job.limits().bodyBytesMax(),
        job.followRedirects(), job.nativeHistograms());
    context.fetcher().fetch(request).onComplete(result -> context.onLoop(() -> fetched(scrapeMillis, startNanos, result)));
  }

  private void fetched(long scrapeMillis, long startNanos, AsyncResult<Fetcher.Answer> result) {
    if (result.succeeded()) {
      finish(scrapeMillis, startNanos, result.result(), "");
    } else {
      finish(scrapeMillis, startNanos, new Fetcher.Answer("", new byte[0]), String.valueOf(result.cause().getMessage()));
    }
  }

  private void finish(long scrapeMillis, long startNanos, Fetcher.Answer answer, String fetchError) {
    if (stopped) {
      return;
    }
    var tally = new Tally();
    Admission admission = context.admission();
    admission.begin(tally, job.jobName());
    scrape++;
    String error = fetchError;
    int added = 0;
    int scraped = 0;
    int kept = 0;
    ScrapeDecoder decoder = context.decoder();
    if (error.isEmpty()) {
      try {
        decoder.read(answer, job, target.labels(), cache, hash, scrapeMillis);
      } catch (TidemarkException e) {
        error = e.getMessage();
      }
      scraped = decoder.scraped();
      kept = decoder.kept();
      if (error.isEmpty()) {
        added = decoder.add(admission, cache, scrape);
      }
      decoder.release();
    }
    long endNanos = context.clock().nanos();
    cache.vanished(scrape, gone -> add(admission, gone, scrapeMillis, Stale.VALUE));
    if (error.isEmpty()) {
      cache.trim(scrape, kept);
    }
    double seconds = (endNanos - startNanos) / 1e9;
    double[] values = {error.isEmpty() ? 1 : 0, seconds, scraped, kept, added};
    for (int i = 0; i < values.length; i++) {
      addOwn(admission, reports[i], scrapeMillis, values[i]);
    }
    reported = true;
    // Markers and the series about the scrape are ours, not the job's.
    context.gate().charge(job.jobName(), kept);
    view = view(error.isEmpty() ? TargetView.Health.UP : TargetView.Health.DOWN, error, scrapeMillis, seconds);
    context.scraped(tally, error.isEmpty(), startNanos, endNanos, admission.finish());
    next();
  }

  private static void add(Admission admission, LabelSet labels, long timestampMillis, double value) {
    add(admission, admission.define(labels, 1), labels, timestampMillis, value);
  }

  /// Adds to a series about the scrape, which no budget refuses.
  private static void addOwn(Admission admission, LabelSet labels, long timestampMillis, double value) {
    add(admission, admission.defineOwn(labels), labels, timestampMillis, value);
  }

  private static void add(Admission admission, int handle, LabelSet labels, long timestampMillis, double value) {
    if (handle >= 0 && !admission.add(handle, timestampMillis, value)) {
      admission.rejectTimestamp(timestampMillis, labels::toString);
    }
    admission.boundary();
  }

  /// The next due time that is still ahead; those that passed meanwhile are left out and counted.
  private void next() {
    long now = context.clock().millis();
    dueMillis += target.intervalMillis();
    if (dueMillis <= now) {
      long missed = (now - dueMillis) / target.intervalMillis() + 1;
      context.missed(missed);
      dueMillis += missed * target.intervalMillis();
    }
    schedule();
  }

  /// Ends the target, with staleness markers for all that it had when it is `gone` for good. A process that stops leaves none: its
  /// successor goes on.
  public void stop(boolean gone) {
    stopped = true;
    timer.ifPresent(Timers.Timer::cancel);
    if (gone && reported) {
      var tally = new Tally();
      Admission admission = context.admission();
      admission.begin(tally, job.jobName());
      long nowMillis = admission.nowMillis();
      cache.vanished(scrape + 1, series -> add(admission, series, nowMillis, Stale.VALUE));
      for (LabelSet report : reports) {
        addOwn(admission, report, nowMillis, Stale.VALUE);
      }
      context.ended(tally, admission.finish());
    }
  }
}
