package io.tidemark.storage;

import io.tidemark.model.LabelSet;
import io.tidemark.storage.head.HeadView;

/// A head that took a delete, as readers see it: it knows series by name that have no samples in it any more. Any thread.
record VisibleHead(HeadView view, LabelIndex index) implements SeriesPart {
  VisibleHead(HeadView view) {
    this(view, new VisibleIndex(view.index(), view::isHidden));
  }

  @Override
  public LabelSet labels(int ref) {
    return view.labels(ref);
  }

  @Override
  public boolean overlaps(long fromMillis, long toMillis) {
    return view.overlaps(fromMillis, toMillis);
  }

  @Override
  public boolean has(int ref, long fromMillis, long toMillis) {
    return view.has(ref, fromMillis, toMillis);
  }

  @Override
  public long samples() {
    return view.samples();
  }

  @Override
  public long samples(int ref, long fromMillis, long toMillis) {
    return view.samples(ref, fromMillis, toMillis);
  }

  @Override
  public void read(int ref, long fromMillis, long toMillis, SampleBuffer into) {
    view.read(ref, fromMillis, toMillis, into);
  }
}
