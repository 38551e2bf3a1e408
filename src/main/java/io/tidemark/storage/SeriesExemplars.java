package io.tidemark.storage;

import io.tidemark.model.Exemplar;
import io.tidemark.model.LabelSet;
import java.util.List;

/// The exemplars of one series.
///
/// @param exemplars by time, at least one
public record SeriesExemplars(LabelSet series, List<Exemplar> exemplars) {
  public SeriesExemplars {
    exemplars = List.copyOf(exemplars);
  }
}
