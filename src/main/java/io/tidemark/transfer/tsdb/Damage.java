package io.tidemark.transfer.tsdb;

import io.tidemark.model.TidemarkException;

/// Takes what is damaged in a source: throws it again, or notes it and lets the reader go on without the part.
public interface Damage {
  void found(TidemarkException damage);
}
