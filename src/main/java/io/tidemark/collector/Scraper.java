package io.tidemark.collector;

import io.tidemark.collector.scrape.Fetcher;
import io.tidemark.collector.scrape.HttpFetcher;
import io.tidemark.collector.scrape.ScrapeConfig;
import io.tidemark.collector.scrape.ScrapeContext;
import io.tidemark.collector.scrape.Target;
import io.tidemark.collector.scrape.TargetLoop;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Entropy;
import io.tidemark.time.Loop;
import io.vertx.core.http.HttpClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Scrapes the targets of the configuration that fall to one loop. With several loops each has its own scraper, and a target belongs
/// to the one that its hash picks.
///
/// Calls belong to the loop; {@link #targets} and {@link #dropped} may be asked from any thread.
public final class Scraper {
  private static final Logger LOG = LoggerFactory.getLogger(Scraper.class);

  /// Into so many slots targets are shared out among processes; the same on all of them.
  public static final int SLOTS = 16;

  private final Loop loop;
  private final Share share;
  private final Entropy entropy;
  private final ScrapeContext context;
  private List<Entry> entries = List.of();
  private List<ScrapeConfig> jobs = List.of();
  private IntPredicate slots = _ -> true;
  private volatile List<TargetLoop> published = List.of();
  private volatile List<TargetView.Dropped> publishedDropped = List.of();

  /// Which part of the targets one scraper has.
  ///
  /// @param index 0-based
  /// @param count of scrapers
  public record Share(int index, int count) {
    public static final Share ALL = new Share(0, 1);
  }

  private record Entry(String job, TargetLoop target) {}

  /// @param ingest    the pushes of the same loop, whose batches are shared
  /// @param client    for the fetches, with `setDecompressionSupported(false)` and a large pool per host
  /// @param userAgent as sent to targets
  public Scraper(Ingest ingest, Share share, Loop loop, HttpClient client, String userAgent, Clock clock, Entropy entropy,
      Metrics metrics) {
    this(ingest, share, loop, new HttpFetcher(client, loop, userAgent), clock, entropy, metrics);
  }

  Scraper(Ingest ingest, Share share, Loop loop, Fetcher fetcher, Clock clock, Entropy entropy, Metrics metrics) {
    this.loop = loop;
    this.share = share;
    this.entropy = entropy;
    context = new ScrapeContext(ingest.batcher(), ingest.limits().samples(), ingest.gate(), ingest.budgets(), loop, fetcher, clock,
        metrics);
    metrics.gauge("tidemark_scrape_targets", "Targets that are scraped.", () -> published.size(), "loop", Integer.toString(share.index));
  }

  /// Takes a configuration over: targets that are still there go on undisturbed, new ones start, vanished ones end with staleness
  /// markers.
  public void apply(CollectorConfig config) {
    assert loop.isCurrent();
    jobs = config.scrapeConfigs();
    applyAll();
  }

  /// From now on only the targets of these slots are scraped here. Those of slots that went elsewhere end without staleness markers:
  /// another process goes on with them.
  ///
  /// @param slots of 0 to {@link #SLOTS}, exclusive
  public void own(IntPredicate slots) {
    assert loop.isCurrent();
    this.slots = slots;
    applyAll();
  }

  private static int slot(Target target) {
    return (int) ((target.spread() >>> 24) % SLOTS);
  }

  private void applyAll() {
    var before = new ArrayList<>(entries);
    var next = new ArrayList<Entry>();
    var dropped = new ArrayList<TargetView.Dropped>();
    for (ScrapeConfig job : jobs) {
      Target.Found found = Target.of(job);
      found.problems().forEach(problem -> LOG.warn("A target cannot be scraped job={} {}", job.jobName(), problem));
      if (share.index == 0) {
        found.dropped().forEach(labels -> dropped.add(new TargetView.Dropped(job.jobName(), labels)));
      }
      for (Target target : found.active()) {
        if (target.spread() / 7 % share.count == share.index && slots.test(slot(target))) {
          next.add(keepOrStart(before, job, target));
        }
      }
    }
    before.forEach(entry -> entry.target.stop(slots.test(slot(entry.target.target()))));
    entries = List.copyOf(next);
    published = next.stream().map(Entry::target).toList();
    publishedDropped = List.copyOf(dropped);
  }

  private Entry keepOrStart(List<Entry> before, ScrapeConfig job, Target target) {
    Optional<Entry> same = before.stream().filter(e -> e.job.equals(job.jobName()) && e.target.target().isSameAs(target)).findFirst();
    if (same.isPresent()) {
      before.remove(same.get());
      same.get().target.update(job, target);
      return same.get();
    }
    var started = new TargetLoop(context, job, target, entropy);
    started.start();
    return new Entry(job.jobName(), started);
  }

  /// Ends all scraping without staleness markers, as a process does that is coming back.
  public void stop() {
    assert loop.isCurrent();
    entries.forEach(entry -> entry.target.stop(false));
    entries = List.of();
    published = List.of();
  }

  /// The targets as they are now.
  public List<TargetView> targets() {
    return published.stream().map(TargetLoop::view).toList();
  }

  /// What relabelling dropped; told by the first of several scrapers only.
  public List<TargetView.Dropped> dropped() {
    return publishedDropped;
  }
}
