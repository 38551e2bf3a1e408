package io.tidemark.notify;

import io.tidemark.catalog.MemoryCatalog;
import io.tidemark.cluster.LeaseConfig;
import io.tidemark.config.Durations;
import io.tidemark.model.Alert;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.state.MemoryState;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Entropy;
import io.tidemark.time.Loop;
import io.tidemark.time.VirtualTime;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Runs one `alerting/notify/*.scenario`: a routing file, a line `---`, then a timeline.
///
/// `TIME fire LABELS`, `TIME fire-until END LABELS`, `TIME resolve LABELS`, `TIME answer RECEIVER ANSWER...`, `TIME silence END MATCHERS`,
/// `TIME expire` (all silences), `TIME restart` (the process dies, and comes back with what was durable; the sender repeats firing
/// alerts), `TIME crash` and `TIME start` (the same in two steps, without repeats), `TIME reload`, `TIME state fails|works`, `TIME end`;
/// and `TIME sent ...` for what must be sent, all of it, in this order.
final class Scenario {
  private static final long NEVER_MILLIS = 365L * 86_400_000;

  private final String name;
  private final NotifyConfig config;
  private final List<String> steps = new ArrayList<>();
  private final List<String> expected = new ArrayList<>();
  private final VirtualTime time;
  private final long originMillis;
  private final MemoryState state;
  private final RecordingIntegrations integrations;
  private final Silences silences;
  private final Map<LabelSet, Alert> firing = new LinkedHashMap<>();
  private final Map<LabelSet, Long> starts = new HashMap<>();
  private final Metrics metrics = new Metrics();
  private Loop loop;
  private Notifier notifier;

  Scenario(String name, String text) {
    this.name = name;
    int cut = text.indexOf("\n---\n");
    config = NotifyConfig.parse(text.substring(0, cut), name, Path.of("."));
    for (String line : text.substring(cut + 5).split("\n")) {
      String step = line.replaceAll("^#.*", "").strip().replaceAll("\\s+", " ");
      if (!step.isEmpty()) {
        (step.contains(" sent ") ? expected : steps).add(step);
      }
    }
    // A Friday, 2023-12-15T08:00:00Z, so that time intervals have something to hold on to.
    time = new VirtualTime(7, 1_702_627_200_000L);
    originMillis = time.millis();
    state = new MemoryState(time);
    integrations = new RecordingIntegrations(time);
    silences = Silences.open(new MemoryCatalog(), time, time.entropy(), new Metrics()).result();
    start();
  }

  private void start() {
    loop = time.loop("notifier");
    // Jitter is left out: half of the way, the wait is exactly the backoff.
    Entropy middle = () -> 1L << 63;
    notifier = new Notifier(config, new NotifyPorts(integrations, state, LeaseConfig.SINGLE, silences, loop, time, middle, metrics,
        "http://tidemark.test", NotifyLimits.DEFAULT));
    notifier.start(Future::succeededFuture);
    time.run();
  }

  List<String> expected() {
    return expected;
  }

  List<String> run() {
    for (String step : steps) {
      String[] words = step.split(" ", 3);
      long at = originMillis + Durations.parse(words[0]).orElseThrow(() -> new IllegalArgumentException(name + ": " + step));
      time.advance(at - time.millis());
      run(words[1], words.length > 2 ? words[2] : "");
      time.run();
    }
    return integrations.sent;
  }

  private void run(String verb, String rest) {
    switch (verb) {
      case "fire" -> fire(rest, NEVER_MILLIS);
      case "fire-until" -> fire(rest.split(" ", 2)[1],
          originMillis + Durations.parse(rest.split(" ", 2)[0]).orElseThrow() - time.millis());
      case "resolve" -> resolve(labels(rest));
      case "answer" -> {
        String[] words = rest.split(" ");
        for (int i = 1; i < words.length; i++) {
          integrations.answer(words[0], words[i]);
        }
      }
      case "silence" -> {
        String[] words = rest.split(" ", 2);
        silences.create(new Silence("", Matchers.parse(words[1]), time.millis(),
            originMillis + Durations.parse(words[0]).orElseThrow(), "someone", "a test", 0), "someone").result();
      }
      case "expire" -> silences.list().forEach(silence -> silences.expire(silence.id(), "someone"));
      case "restart" -> {
        time.crash();
        start();
        receive(List.copyOf(firing.values()));
      }
      case "crash" -> time.crash();
      case "start" -> start();
      case "reload" -> notifier.reconfigure(config);
      case "state" -> state.fail(rest.equals("fails"));
      case "end" -> { }
      default -> throw new IllegalArgumentException(name + ": unknown step " + verb);
    }
  }

  private void fire(String text, long forMillis) {
    LabelSet labels = labels(text);
    long startsAt = starts.computeIfAbsent(labels, _ -> time.millis());
    var alert = new Alert(labels, LabelSet.EMPTY, startsAt, time.millis() + forMillis, "http://tidemark.test/graph");
    if (forMillis == NEVER_MILLIS) {
      firing.put(labels, alert);
    }
    receive(List.of(alert));
  }

  private void resolve(LabelSet labels) {
    firing.remove(labels);
    Long started = starts.remove(labels);
    long startsAt = started == null ? time.millis() : started;
    receive(List.of(new Alert(labels, LabelSet.EMPTY, startsAt, time.millis(), "http://tidemark.test/graph")));
  }

  private void receive(List<Alert> alerts) {
    loop.execute(() -> notifier.receive(alerts));
  }

  private static LabelSet labels(String text) {
    var labels = new LinkedHashMap<String, String>();
    for (String pair : text.split(" ")) {
      Matcher matcher = Matchers.parse(pair).list().getFirst();
      labels.put(matcher.name(), matcher.value());
    }
    return LabelSet.of(labels);
  }
}
