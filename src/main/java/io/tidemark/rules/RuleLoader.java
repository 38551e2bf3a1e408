package io.tidemark.rules;

import io.vertx.core.Future;
import java.util.List;

/// Who runs rule groups: the engine, or nobody on a node without the role. Any thread.
@FunctionalInterface
public interface RuleLoader {
  /// For a node that runs no rules: takes them and does nothing.
  RuleLoader NONE = (_, _, _) -> Future.succeededFuture();

  /// Replaces all groups of `source`; completes once those that this node runs are on their timetable.
  ///
  /// @param sinceMillis from when on new and changed groups count as there: the last evaluation due since then is made up for
  Future<Void> load(String source, List<RuleGroup> groups, long sinceMillis);
}
