package io.tidemark.api.remoteread;

import io.tidemark.model.LabelSet;
import io.tidemark.storage.SampleBuffer;
import io.tidemark.storage.Selection;
import io.tidemark.storage.SeriesView;
import java.util.List;

/// Walks over the series of all queries of a request, one at a time: holds one selection and one series' samples. One thread at a time.
final class SeriesCursor implements AutoCloseable {
  private static final int SERIES_MAX = 2_000_000;

  private final SeriesView view;
  private final List<ReadRequest.Query> queries;
  private final SampleBuffer samples = new SampleBuffer();
  private int query;
  private int series = -1;
  private LabelSet labels = LabelSet.EMPTY;
  private Selection selection;

  /// @param view     closed with the cursor
  /// @param queries at least one
  SeriesCursor(SeriesView view, List<ReadRequest.Query> queries) {
    this.view = view;
    this.queries = queries;
    selection = select();
  }

  private Selection select() {
    return view.select(queries.get(query).matchers(), queries.get(query).range(), SERIES_MAX);
  }

  /// Which query the series belongs to, 0-based.
  int query() {
    return query;
  }

  LabelSet labels() {
    return labels;
  }

  /// At least one sample.
  SampleBuffer samples() {
    return samples;
  }

  /// Moves on to the next series that has samples; false at the end of the last query.
  boolean next() {
    while (true) {
      while (++series < selection.count()) {
        selection.read(series, samples);
        if (samples.count > 0) {
          labels = selection.labels(series);
          return true;
        }
      }
      if (query + 1 == queries.size()) {
        return false;
      }
      selection.close();
      query++;
      series = -1;
      selection = select();
    }
  }

  @Override
  public void close() {
    selection.close();
    view.close();
  }
}
