package io.tidemark.transfer;

import io.tidemark.model.TidemarkException;
import java.util.ArrayList;
import java.util.List;

/// What is wrong with a source, or was refused by the server: ends the import, or is noted and passed over. Any thread.
final class Findings {
  private static final int KEPT_MAX = 20;

  private final boolean goesOn;
  private final List<String> kept = new ArrayList<>();
  private long count;

  /// @param goesOn whether to note instead of to throw
  Findings(boolean goesOn) {
    this.goesOn = goesOn;
  }

  synchronized void found(TidemarkException finding) {
    if (!goesOn) {
      throw finding;
    }
    count++;
    if (kept.size() < KEPT_MAX) {
      kept.add(finding.getMessage());
    }
  }

  /// The first of them.
  synchronized List<String> kept() {
    return List.copyOf(kept);
  }

  synchronized long count() {
    return count;
  }
}
