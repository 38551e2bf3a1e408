package io.tidemark.api.prometheus;

import io.tidemark.api.Answers;
import io.tidemark.api.ApiParts;
import io.tidemark.api.Body;
import io.tidemark.api.Outflow;
import io.tidemark.api.Piece;
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
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// `/federate`: the newest sample of every series that `match[]` names, as a text that another server scrapes.
public final class FederateRoutes {
  private static final long LOOKBACK_MILLIS = 300_000;
  private static final int SERIES_MAX = 1_000_000;
  private final ApiParts.QueryParts parts;
  private final Clock clock;
  private final Outflow outflow;

  public FederateRoutes(ApiParts.QueryParts parts, Clock clock, Outflow outflow) {
    this.parts = parts;
    this.outflow = outflow;
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
      var policy = new ReadPolicy(true, ReadPolicy.DEFAULT.timeoutMillis(), account);
      parts.reader().view(policy).compose(view -> outflow.workers().executeBlocking(() -> {
        outflow.send(context, 200, "text/plain; version=0.0.4; charset=utf-8", body(view, sets));
        return true;
      }, false))
          .onFailure(e -> Answers.failure(context, e));
    } catch (RuntimeException e) {
      Answers.failure(context, e);
    }
  }

  private Body body(SeriesView opened, List<List<Matcher>> sets) {
    try (SeriesView view = opened) {
      Iterator<Map.Entry<String, TreeMap<LabelSet, Newest>>> families = families(sets, view).entrySet().iterator();
      var numbers = new NumberText();
      return out -> {
        while (families.hasNext() && out.count() < Body.PIECE_BYTES) {
          var family = families.next();
          var text = new StringBuilder("# TYPE ");
          name(text, family.getKey());
          text.append(" untyped\n");
          out.add(text.toString());
          family.getValue().forEach((labels, newest) -> line(out, numbers, family.getKey(), labels, newest));
        }
        return families.hasNext();
      };
    }
  }

  /// The newest samples, names in order and the series of a name together, as the text form wants it. A native histogram has no text form
  /// and is left out, as Prometheus does.
  private Map<String, TreeMap<LabelSet, Newest>> families(List<List<Matcher>> sets, SeriesView view) {
    long now = clock.millis();
    var families = new TreeMap<String, TreeMap<LabelSet, Newest>>();
    var samples = new SampleBuffer();
    for (List<Matcher> set : sets) {
      try (var selection = view.select(set, new TimeRange(now - LOOKBACK_MILLIS + 1, now + 1), SERIES_MAX)) {
        for (int i = 0; i < selection.count(); i++) {
          selection.read(i, samples);
          int last = samples.count - 1;
          LabelSet labels = selection.labels(i);
          if (last >= 0 && isFloat(samples, last) && !labels.metricName().isEmpty()) {
            families.computeIfAbsent(labels.metricName(), _ -> new TreeMap<>())
                .put(labels, new Newest(samples.timestampsMillis[last], samples.values[last]));
          }
        }
      }
    }
    return families;
  }

  private static boolean isFloat(SampleBuffer samples, int index) {
    return Double.doubleToRawLongBits(samples.values[index]) != Stale.BITS
        && !(samples.hasHistograms() && samples.histograms[index] != null);
  }

  private static void line(Piece piece, NumberText numbers, String name, LabelSet labels, Newest newest) {
    var out = new StringBuilder();
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
    piece.add(out.append("} ").toString());
    numbers.add(piece, newest.value(), NumberText.Style.EXPOSITION);
    piece.add(" " + newest.timestampMillis() + "\n");
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
