package io.tidemark.api.prometheus;

import io.tidemark.api.Answers;
import io.tidemark.api.ApiParts;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.Stale;
import io.tidemark.model.TimeRange;
import io.tidemark.promql.PromQL;
import io.tidemark.query.LookUp;
import io.tidemark.storage.ReadPolicy;
import io.tidemark.storage.SampleBuffer;
import io.tidemark.storage.SeriesView;
import io.tidemark.time.Clock;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.TreeMap;

/// `/federate`: the newest sample of every series that `match[]` names, as a text that another server scrapes.
public final class FederateRoutes {
  private static final long LOOKBACK_MILLIS = 300_000;
  private static final int SERIES_MAX = 1_000_000;
  private final ApiParts.QueryParts parts;
  private final Clock clock;

  public FederateRoutes(ApiParts.QueryParts parts, Clock clock) {
    this.parts = parts;
    this.clock = clock;
  }

  public void mount(Router router) {
    router.get("/federate").handler(this::federate);
  }

  private record Newest(long timestampMillis, double value) {}

  private void federate(RoutingContext context) {
    try {
      List<List<Matcher>> sets = new Parameters(context.request().params()).texts("match[]").stream().map(PromQL::parseSelector).toList();
      LookUp account = parts.engine().lookUp();
      context.addEndHandler(_ -> account.close());
      parts.reader().view(new ReadPolicy(true, ReadPolicy.DEFAULT.timeoutMillis(), account))
          .compose(view -> parts.workers().executeBlocking(() -> text(view, sets), false))
          .onSuccess(text -> Answers.send(context, 200, "text/plain; version=0.0.4; charset=utf-8", text))
          .onFailure(e -> Answers.failure(context, e));
    } catch (RuntimeException e) {
      Answers.failure(context, e);
    }
  }

  private String text(SeriesView opened, List<List<Matcher>> sets) {
    try (SeriesView view = opened) {
      return text(sets, view);
    }
  }

  private String text(List<List<Matcher>> sets, SeriesView view) {
    long now = clock.millis();
    // Names in order, and the series of a name together, as the text form wants it.
    var families = new TreeMap<String, TreeMap<LabelSet, Newest>>();
    var samples = new SampleBuffer();
    for (List<Matcher> set : sets) {
      try (var selection = view.select(set, new TimeRange(now - LOOKBACK_MILLIS + 1, now + 1), SERIES_MAX)) {
        for (int i = 0; i < selection.count(); i++) {
          selection.read(i, samples);
          int last = samples.count - 1;
          LabelSet labels = selection.labels(i);
          if (last >= 0 && isNumber(samples, last) && !labels.metricName().isEmpty()) {
            families.computeIfAbsent(labels.metricName(), _ -> new TreeMap<>())
                .put(labels, new Newest(samples.timestampsMillis[last], samples.values[last]));
          }
        }
      }
    }
    var out = new StringBuilder();
    families.forEach((name, series) -> {
      out.append("# TYPE ");
      name(out, name);
      out.append(" untyped\n");
      series.forEach((labels, newest) -> line(out, name, labels, newest));
    });
    return out.toString();
  }

  /// Whether a sample can be told: a staleness marker ends its series, and the text form has no native histograms.
  private static boolean isNumber(SampleBuffer samples, int index) {
    boolean isHistogram = samples.hasHistograms() && samples.histograms[index] != null;
    return !isHistogram && Double.doubleToRawLongBits(samples.values[index]) != Stale.BITS;
  }

  private static void line(StringBuilder out, String name, LabelSet labels, Newest newest) {
    boolean plain = LabelSet.isPlainName(name, true);
    out.append(plain ? name : "").append('{');
    String comma = "";
    if (!plain) {
      name(out, name);
      comma = ",";
    }
    // A series without an instance must not get that of this server at the one that scrapes it.
    boolean instanceMissing = labels.value("instance").isEmpty();
    for (int i = 0; i < labels.count(); i++) {
      String label = labels.name(i);
      if (instanceMissing && label.compareTo("instance") > 0) {
        out.append(comma).append("instance=\"\"");
        comma = ",";
        instanceMissing = false;
      }
      if (!label.equals(LabelSet.NAME)) {
        out.append(comma);
        name(out, label);
        out.append("=\"");
        escaped(out, labels.value(i));
        out.append('"');
        comma = ",";
      }
    }
    if (instanceMissing) {
      out.append(comma).append("instance=\"\"");
    }
    out.append("} ");
    NumberText.append(out, newest.value());
    out.append(' ').append(newest.timestampMillis()).append('\n');
  }

  private static void name(StringBuilder out, String name) {
    if (LabelSet.isPlainName(name, true)) {
      out.append(name);
    } else {
      out.append('"');
      escaped(out, name);
      out.append('"');
    }
  }

  private static void escaped(StringBuilder out, String text) {
    out.append(text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n"));
  }
}
