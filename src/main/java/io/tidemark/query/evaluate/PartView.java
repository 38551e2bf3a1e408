package io.tidemark.query.evaluate;

import io.tidemark.storage.SeriesView;
import java.util.Optional;

/// A view whose series lie on several nodes, which can evaluate a part of a query where its series are.
public interface PartView extends SeriesView, Placement {
  /// `part` as a node that has `shard` evaluates it; nothing when this node reads the shard itself. May block; fails as reads do, and as
  /// the part itself fails.
  Optional<PartResult> evaluate(Part part, int shard);
}
