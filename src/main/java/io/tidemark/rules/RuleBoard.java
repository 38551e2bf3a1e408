package io.tidemark.rules;

import io.vertx.core.Future;
import java.util.List;

/// Where all rule groups can be looked at, whichever node runs them. Any thread.
@FunctionalInterface
public interface RuleBoard {
  /// All groups as they stand. Fails with `UNAVAILABLE` when those that other nodes run cannot be read.
  Future<List<GroupView>> groups();
}
