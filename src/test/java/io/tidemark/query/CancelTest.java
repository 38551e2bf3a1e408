package io.tidemark.query;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.storage.Estimate;
import io.tidemark.storage.ReadPolicy;
import io.tidemark.storage.SampleBuffer;
import io.tidemark.storage.Selection;
import io.tidemark.storage.SeriesReader;
import io.tidemark.storage.SeriesView;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// How much a query still does after it was canceled: counted in look-ups of labels, samples read and looks at the clock, not in time.
/// Each takes well under a microsecond, so what is allowed here takes a few milliseconds.
class CancelTest {
  private static final int SERIES = 6_000;
  private static final int AFTER_MAX = 2 * 1_024 + 64;
  private static final List<String> QUERIES = List.of("x", "x + x", "sum by (i) (x)", "sum by (i, j) (rate(x[1m]))", "sort(x)",
      "sort_by_label(x, \"i\")", "topk(10, x)", "topk by (j) (10, x)", "quantile(0.5, x)", "count_values(\"v\", x)",
      "x and on (i) x", "x or x", "x unless on (j) x", "x * on (j, i) group_left () x", "label_replace(x, \"i\", \"$1-\", \"i\", \"(.*)\")",
      "label_join(x, \"k\", \"-\", \"i\", \"j\")", "histogram_quantile(0.5, x)", "max_over_time(x[1m:10s])", "absent(x)", "scalar(x)",
      "-x", "timestamp(x)", "x[1m]", "limitk(5, x)", "x > 2 or x < 1");

  /// Series `x` that count what is done with them, and cancel the query at some point.
  private final class CountingReader implements SeriesReader, SeriesView, Selection {
    long done;
    long cancelAt = Long.MAX_VALUE;
    long doneAtCancel = -1;

    private void count(int more) {
      done += more;
      if (done >= cancelAt && doneAtCancel < 0) {
        doneAtCancel = done;
        engine.active().forEach(ActiveQuery::cancel);
      }
    }

    @Override
    public Future<SeriesView> view(ReadPolicy policy) {
      return Future.succeededFuture(this);
    }

    @Override
    public Selection select(List<Matcher> matchers, TimeRange range, int seriesMax) {
      return this;
    }

    @Override
    public Estimate estimate(List<Matcher> matchers, TimeRange range) {
      return new Estimate(SERIES, SERIES, true);
    }

    @Override
    public int count() {
      return SERIES;
    }

    @Override
    public LabelSet labels(int index) {
      count(1);
      return labels.get(index);
    }

    @Override
    public void read(int index, SampleBuffer into) {
      into.clear();
      for (int i = 0; i < 6; i++) {
        into.add(i * 10_000L, index);
      }
      count(6);
    }

    @Override
    public List<String> labelNames(List<Matcher> matchers, TimeRange range) {
      return List.of();
    }

    @Override
    public List<String> labelValues(String name, List<Matcher> matchers, TimeRange range) {
      return List.of();
    }

    @Override
    public Map<String, List<Metadata>> metadata() {
      return Map.of();
    }

    @Override
    public List<String> warnings() {
      return List.of();
    }

    @Override
    public void close() {}
  }

  private final CountingReader reader = new CountingReader();
  private final List<LabelSet> labels = new ArrayList<>();
  private final QueryEngine engine = new QueryEngine(reader, QueryConfig.DEFAULT.withPlaces(4, 4, 1, QueryConfig.DEFAULT.principal()),
      Runnable::run, Clock.system(), new Metrics());

  private Future<QueryResult> run(String query, boolean range) {
    return engine.run(range && !query.endsWith("[1m]") ? QueryRequest.range(query, 0, 60_000, 10_000)
        : QueryRequest.instant(query, 60_000));
  }

  @Test
  void endsAFewOperationsLater() {
    for (int i = 0; i < SERIES; i++) {
      labels.add(LabelSet.of(LabelSet.NAME, "x", "i", "i" + (SERIES - i) * 7 % SERIES, "j", "j" + i % 10, "le", "" + i % 5));
    }
    int canceled = 0;
    for (String query : QUERIES) {
      for (boolean range : new boolean[] {false, true}) {
        reader.done = 0;
        reader.cancelAt = Long.MAX_VALUE;
        run(query, range);
        long whole = reader.done;
        for (int part = 1; part < 8; part++) {
          reader.done = 0;
          reader.doneAtCancel = -1;
          reader.cancelAt = whole * part / 8;
          Future<QueryResult> ended = run(query, range);
          String place = query + (range ? " over a range" : " at once") + ", canceled after " + reader.cancelAt + " of " + whole;
          if (ended.failed() && ((TidemarkException) ended.cause()).code() != ErrorCode.CANCELED) {
            continue; // a query that fails by itself
          }
          assertTrue(ended.failed(), place + " went on to its end");
          assertTrue(reader.done - reader.doneAtCancel <= AFTER_MAX, place + " did " + (reader.done - reader.doneAtCancel) + " more");
          canceled++;
        }
      }
    }
    assertTrue(canceled > QUERIES.size() * 10, canceled + " were canceled");
    assertEquals(List.of(), engine.active());
  }
}
