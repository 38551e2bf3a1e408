package io.tidemark.query.evaluate;

import io.tidemark.model.LabelSet;
import io.tidemark.promql.VectorMatching;

/// The labels by which the two sides of an operator find each other.
final class Signatures {
  private Signatures() {}

  static LabelSet of(VectorMatching matching, LabelSet labels) {
    return matching.on() ? labels.only(matching.labels()) : labels.without(LabelSet.NAME).without(matching.labels());
  }
}
