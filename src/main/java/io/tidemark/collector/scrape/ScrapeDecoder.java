package io.tidemark.collector.scrape;

import io.tidemark.collector.admit.Admission;
import io.tidemark.collector.admit.HistogramAssembler;
import io.tidemark.collector.admit.LabelAssembler;
import io.tidemark.collector.admit.Rule;
import io.tidemark.collector.admit.SampleLimits;
import io.tidemark.collector.proto.MetricFamilyReader;
import io.tidemark.collector.relabel.RelabelRule;
import io.tidemark.collector.text.Dialect;
import io.tidemark.collector.text.ExpositionParser;
import io.tidemark.collector.text.MetadataCollector;
import io.tidemark.log.SeriesHash;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.Exemplar;
import io.tidemark.model.Histogram;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Stale;
import io.tidemark.model.TidemarkException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Decodes the body of a scrape into columns, whole or not at all. Shared by the targets of one loop; one thread.
final class ScrapeDecoder {
  private static final int KEPT_SAMPLES_MAX = 1 << 18;
  private static final @Nullable Histogram[] NO_HISTOGRAMS = new Histogram[0];
  private static final long[] NO_STARTS = new long[0];

  private static final Pattern PROTOBUF = Pattern.compile("application/vnd\\.google\\.protobuf\\b.*");
  private final ExpositionParser parser = new ExpositionParser();
  private final MetricFamilyReader messages = new MetricFamilyReader();
  private final HistogramAssembler histogramAssembler;
  private final MetadataCollector metadata = new MetadataCollector();
  private final LabelAssembler assembler;
  private int[] entries = new int[1024];
  private long[] timestamps = new long[1024];
  private double[] values = new double[1024];
  private boolean[] own = new boolean[1024];
  /// By sample, as far as one tells it: only protobuf does.
  private @Nullable Histogram[] histograms = NO_HISTOGRAMS;
  private long[] starts = NO_STARTS;
  private String badHistogram = "";
  private long badHistograms;
  private int samples;
  private int scraped;
  /// Exemplars beside samples.
  private final List<Exemplar> exemplars = new ArrayList<>();
  private int[] exemplarOf = new int[64];
  private long brokenExemplars;

  ScrapeDecoder(SampleLimits limits) {
    assembler = new LabelAssembler(limits);
    histogramAssembler = new HistogramAssembler(limits);
  }

  /// Samples in the body, and those left after the rules; valid after {@link #read}, even when it threw.
  int scraped() {
    return scraped;
  }

  int kept() {
    return samples;
  }

  /// Reads the body into columns.
  ///
  /// @throws TidemarkException `BAD_DATA` with the reason why the scrape fails
  void read(Fetcher.Answer answer, ScrapeConfig job, LabelSet targetLabels, SeriesCache cache, SeriesHash hash, long scrapeMillis) {
    byte[] body = answer.body();
    Dialect dialect = Dialect.of(answer.contentType());
    samples = 0;
    scraped = 0;
    exemplars.clear();
    brokenExemplars = 0;
    badHistograms = 0;
    histograms = NO_HISTOGRAMS;
    starts = NO_STARTS;
    metadata.clear();
    if (PROTOBUF.matcher(answer.contentType().toLowerCase(Locale.ROOT)).matches()) {
      readMessages(body, job, targetLabels, cache, hash, scrapeMillis);
    } else {
      readText(body, dialect, job, targetLabels, cache, hash, scrapeMillis);
    }
    if (job.limits().samplesMax() > 0 && samples > job.limits().samplesMax()) {
      throw bad("sample limit exceeded: " + samples + " samples, sample_limit is " + job.limits().samplesMax());
    }
  }

  private void readText(byte[] body, Dialect dialect, ScrapeConfig job, LabelSet targetLabels, SeriesCache cache, SeriesHash hash,
      long scrapeMillis) {
    parser.reset(body, body.length, dialect);
    boolean complete = dialect == Dialect.PROMETHEUS;
    for (var event = parser.next(); event != ExpositionParser.Event.DONE; event = parser.next()) {
      switch (event) {
        case SAMPLE -> sample(body, job, targetLabels, cache, hash, scrapeMillis);
        case METADATA -> metadata.add(parser);
        case EOF -> complete = true;
        case BROKEN, DONE -> throw bad(parser.problem());
      }
      if (event == ExpositionParser.Event.EOF) {
        break;
      }
    }
    if (!complete) {
      throw bad("data does not end with # EOF");
    }
  }

  private void readMessages(byte[] body, ScrapeConfig job, LabelSet targetLabels, SeriesCache cache, SeriesHash hash,
      long scrapeMillis) {
    messages.reset(body, body.length, job.nativeHistograms(), job.classicHistogramsToo(), metadata::add);
    while (messages.next()) {
      scraped++;
      long high = messages.high(hash);
      long low = messages.low(hash);
      int entry = cache.find(high, low);
      if (entry < 0) {
        assembler.reset();
        messages.labels(assembler);
        entry = cache.add(high, low, labels(job, targetLabels, "sample " + scraped + ": "));
      }
      if (cache.labels(entry) != SeriesCache.DROPPED) {
        message(entry, job, scrapeMillis);
      }
    }
  }

  /// Keeps the present sample of the messages.
  private void message(int entry, ScrapeConfig job, long scrapeMillis) {
    Histogram histogram = null;
    double value = messages.value();
    if (messages.isHistogram()) {
      messages.histogram(histogramAssembler);
      if (histogramAssembler.isStale()) {
        value = Stale.VALUE;
      } else {
        try {
          histogram = histogramAssembler.build();
        } catch (TidemarkException e) {
          badHistogram = badHistograms++ == 0 ? e.getMessage() : badHistogram;
          return;
        }
      }
    }
    boolean isOwn = messages.timestampMillis() != 0 && job.honorTimestamps();
    keep(entry, isOwn, isOwn ? messages.timestampMillis() : scrapeMillis, value);
    if (histogram != null) {
      histograms = histograms.length < entries.length ? Arrays.copyOf(histograms, entries.length) : histograms;
      histograms[samples - 1] = histogram;
    }
    if (messages.startMillis() != 0) {
      starts = starts.length < entries.length ? Arrays.copyOf(starts, entries.length) : starts;
      starts[samples - 1] = messages.startMillis();
    }
    for (int i = messages.nextExemplar(0); i >= 0; i = messages.nextExemplar(i + 1)) {
      assembler.reset();
      messages.exemplar(i, assembler);
      exemplar(messages.exemplarValue(), messages.exemplarMillis() == 0 ? timestamps[samples - 1] : messages.exemplarMillis());
    }
  }

  private static TidemarkException bad(String why) {
    return new TidemarkException(ErrorCode.BAD_DATA, why);
  }

  private void sample(byte[] body, ScrapeConfig job, LabelSet targetLabels, SeriesCache cache, SeriesHash hash, long scrapeMillis) {
    scraped++;
    long high = hash.high(body, parser.seriesFrom(), parser.seriesTo());
    long low = hash.low(body, parser.seriesFrom(), parser.seriesTo());
    int entry = cache.find(high, low);
    if (entry < 0) {
      assembler.reset();
      parser.labels(assembler);
      entry = cache.add(high, low, labels(job, targetLabels, "line " + parser.line() + ": "));
    }
    if (cache.labels(entry) == SeriesCache.DROPPED) {
      return;
    }
    boolean isOwn = parser.hasTimestamp() && job.honorTimestamps();
    keep(entry, isOwn, isOwn ? parser.timestampMillis() : scrapeMillis, parser.value());
    if (parser.hasExemplar()) {
      assembler.reset();
      parser.exemplar(assembler);
      exemplar(parser.exemplarValue(), parser.exemplarTimestampMillis(timestamps[samples - 1]));
    }
  }

  private void keep(int entry, boolean isOwn, long timestampMillis, double value) {
    if (samples == entries.length) {
      entries = Arrays.copyOf(entries, samples * 2);
      timestamps = Arrays.copyOf(timestamps, samples * 2);
      values = Arrays.copyOf(values, samples * 2);
      own = Arrays.copyOf(own, samples * 2);
    }
    entries[samples] = entry;
    own[samples] = isOwn;
    timestamps[samples] = timestampMillis;
    values[samples++] = value;
  }

  /// Keeps an exemplar of the last sample, whose labels are assembled.
  private void exemplar(double value, long timestampMillis) {
    if (!assembler.isSound()) {
      brokenExemplars++;
      return;
    }
    if (exemplars.size() == exemplarOf.length) {
      exemplarOf = Arrays.copyOf(exemplarOf, exemplarOf.length * 2);
    }
    exemplarOf[exemplars.size()] = samples - 1;
    exemplars.add(new Exemplar(assembler.labels(), value, timestampMillis));
  }

  /// The labels that a new series, whose own are assembled, gets in the end, or DROPPED.
  ///
  /// @param place where it is, for messages
  private LabelSet labels(ScrapeConfig job, LabelSet targetLabels, String place) {
    if (!assembler.isComplete()) {
      throw bad((assembler.rule() == Rule.SYNTAX ? "" : place) + assembler.problem());
    }
    TreeMap<String, String> labels = merge(assembler.labels(), targetLabels, job.honorLabels());
    if (!RelabelRule.apply(job.metricRelabelRules(), labels)) {
      return SeriesCache.DROPPED;
    }
    LabelSet set = LabelSet.of(labels);
    if (!set.has(LabelSet.NAME)) {
      throw bad(place + "metric_relabel_configs left " + set + " without a name");
    }
    check(set, job.limits());
    return set;
  }

  /// Target labels win, and what they hide is kept as `exported_…`; with `honorLabels` the series' own win.
  private static TreeMap<String, String> merge(LabelSet series, LabelSet target, boolean honorLabels) {
    TreeMap<String, String> labels = series.toMap();
    for (int i = 0; i < target.count(); i++) {
      String name = target.name(i);
      String hidden = labels.get(name);
      if (hidden != null && honorLabels) {
        continue;
      }
      labels.put(name, target.value(i));
      if (hidden != null) {
        String exported = "exported_" + name;
        while (series.has(exported) || target.has(exported)) {
          exported = "exported_" + exported;
        }
        labels.put(exported, hidden);
      }
    }
    return labels;
  }

  private void check(LabelSet set, ScrapeLimits limits) {
    if (limits.labelsMax() > 0 && set.count() > limits.labelsMax()) {
      throw bad("label_limit exceeded: " + set.count() + " labels, limit " + limits.labelsMax() + ", metric " + set.metricName());
    }
    for (int i = 0; i < set.count(); i++) {
      if (limits.labelNameBytesMax() > 0 && bytes(set.name(i)) > limits.labelNameBytesMax()) {
        throw bad("label_name_length_limit exceeded: label " + set.name(i) + " of metric " + set.metricName() + ", limit "
            + limits.labelNameBytesMax());
      }
      if (limits.labelValueBytesMax() > 0 && bytes(set.value(i)) > limits.labelValueBytesMax()) {
        throw bad("label_value_length_limit exceeded: value of label " + set.name(i) + " of metric " + set.metricName() + ", limit "
            + limits.labelValueBytesMax());
      }
    }
  }

  private static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  /// Adds the columns to the open batch and answers how many series are new since scrape `scrape - 1`.
  int add(Admission admission, SeriesCache cache, long scrape) {
    int added = 0;
    int nextExemplar = 0;
    for (int i = 0; i < samples; i++) {
      int entry = entries[i];
      int handle = admission.find(cache.high(entry), cache.low(entry));
      if (handle == Admission.UNKNOWN) {
        handle = admission.define(cache.high(entry), cache.low(entry), cache.labels(entry), 1);
      }
      if (handle >= 0) {
        if (!add(admission, handle, i)) {
          admission.rejectTimestamp(timestamps[i], () -> cache.labels(entry).toString());
        }
        while (nextExemplar < exemplars.size() && exemplarOf[nextExemplar] <= i) {
          if (exemplarOf[nextExemplar] == i) {
            admission.addExemplar(handle, exemplars.get(nextExemplar));
          }
          nextExemplar++;
        }
        admission.boundary();
      }
      // Series with timestamps of their own end by age, not by a marker, as in Prometheus.
      if (!own[i]) {
        added += cache.see(entry, scrape) ? 1 : 0;
      }
    }
    metadata.entries().forEach((name, entry) -> admission.metadata(name, entry.type(), entry.help(), entry.unit()));
    if (badHistograms > 0) {
      admission.reject(Rule.HISTOGRAM, badHistograms, () -> badHistogram);
    }
    for (; brokenExemplars > 0; brokenExemplars--) {
      admission.tally().refuseExemplar();
    }
    return added;
  }

  private boolean add(Admission admission, int handle, int sample) {
    long start = sample < starts.length ? starts[sample] : 0;
    Histogram histogram = sample < histograms.length ? histograms[sample] : null;
    if (histogram != null) {
      return admission.add(handle, timestamps[sample], histogram, start);
    }
    return start == 0 ? admission.add(handle, timestamps[sample], values[sample])
        : admission.add(handle, timestamps[sample], values[sample], start);
  }

  /// Gives up references to the last body.
  void release() {
    parser.reset(new byte[0], 0, Dialect.PROMETHEUS);
    messages.reset(new byte[0], 0, false, false, metadata::add);
    metadata.clear();
    exemplars.clear();
    histograms = NO_HISTOGRAMS;
    starts = NO_STARTS;
    samples = 0;
    if (entries.length > KEPT_SAMPLES_MAX) {
      entries = new int[1024];
      timestamps = new long[1024];
      values = new double[1024];
      own = new boolean[1024];
    }
  }
}
