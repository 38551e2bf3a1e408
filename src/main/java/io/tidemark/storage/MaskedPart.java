package io.tidemark.storage;

import io.tidemark.model.LabelSet;
import io.tidemark.model.TimeRange;

/// A part without what tombstones erase in it. Any thread.
///
/// Of series that a tombstone touches it looks at the samples themselves, so that one without any is not there. In a part whose samples
/// are far away it asks the index alone, and may show the labels of a series that has none left.
final class MaskedPart implements SeriesPart {
  private final SeriesPart part;
  private final Erased erased;
  private final boolean samplesAreFar;

  /// @param samplesAreFar whether reading samples costs a round trip, whatever it costs to read their companion
  MaskedPart(SeriesPart part, Erased erased, boolean samplesAreFar) {
    this.part = part;
    this.erased = erased;
    this.samplesAreFar = samplesAreFar;
  }

  @Override
  public LabelIndex index() {
    return part.index();
  }

  @Override
  public LabelIndex visible() {
    return new VisibleIndex(part.index(), ref -> erased.touches(ref) && !has(ref, Long.MIN_VALUE, Long.MAX_VALUE));
  }

  @Override
  public void sortByLabels(int[] refs, ReadWatch watch) {
    part.sortByLabels(refs, watch);
  }

  @Override
  public LabelSet labels(int ref) {
    return part.labels(ref);
  }

  @Override
  public boolean isFar() {
    return part.isFar();
  }

  @Override
  public String label(int ref, String name) {
    return part.label(ref, name);
  }

  @Override
  public TimeRange time() {
    return part.time();
  }

  @Override
  public boolean overlaps(long fromMillis, long toMillis) {
    return part.overlaps(fromMillis, toMillis);
  }

  @Override
  public boolean has(int ref, long fromMillis, long toMillis) {
    if (!erased.touches(ref)) {
      return part.has(ref, fromMillis, toMillis);
    }
    return hasWithin(ref, erased.kept(ref, fromMillis, toMillis));
  }

  /// Whether the part has samples that are erased.
  boolean hasErased() {
    Postings touched = erased.touched();
    for (int i = 0; i < touched.count(); i++) {
      int ref = touched.refs()[i];
      if (hasWithin(ref, erased.gone(ref, Long.MIN_VALUE, Long.MAX_VALUE))) {
        return true;
      }
    }
    return false;
  }

  private boolean hasWithin(int ref, long[] pieces) {
    var samples = new SampleBuffer();
    for (int i = 0; i < pieces.length; i += 2) {
      if (part.has(ref, pieces[i], pieces[i + 1])) {
        if (samplesAreFar) {
          return true;
        }
        part.read(ref, pieces[i], pieces[i + 1], samples);
        if (samples.count > 0) {
          return true;
        }
      }
    }
    return false;
  }

  @Override
  public long samples() {
    return part.samples();
  }

  @Override
  public long samples(int ref, long fromMillis, long toMillis) {
    if (!erased.touches(ref)) {
      return part.samples(ref, fromMillis, toMillis);
    }
    long samples = 0;
    long[] kept = erased.kept(ref, fromMillis, toMillis);
    for (int i = 0; i < kept.length; i += 2) {
      samples += part.samples(ref, kept[i], kept[i + 1]);
    }
    return samples;
  }

  @Override
  public void read(int ref, long fromMillis, long toMillis, SampleBuffer into) {
    if (!erased.touches(ref)) {
      part.read(ref, fromMillis, toMillis, into);
      return;
    }
    long[] kept = erased.kept(ref, fromMillis, toMillis);
    for (int i = 0; i < kept.length; i += 2) {
      int seam = into.count;
      part.read(ref, kept[i], kept[i + 1], into);
      into.forgetReset(seam);
    }
  }

  @Override
  public void readNewest(int ref, long fromMillis, long toMillis, SampleBuffer into) {
    if (!erased.touches(ref)) {
      part.readNewest(ref, fromMillis, toMillis, into);
      return;
    }
    long[] kept = erased.kept(ref, fromMillis, toMillis);
    for (int i = kept.length - 2; i >= 0 && into.count == 0; i -= 2) {
      part.readNewest(ref, kept[i], kept[i + 1], into);
    }
  }

  /// A companion knows nothing of deletes that came after its block: it does not tell of a series that one touches.
  @Override
  public boolean isDownsampled(int ref, Resolution resolution, Aspect aspect) {
    return !erased.touches(ref) && part.isDownsampled(ref, resolution, aspect);
  }

  @Override
  public boolean readDownsampled(int ref, Resolution resolution, Aspect aspect, long fromMillis, long toMillis, SampleBuffer into) {
    return !erased.touches(ref) && part.readDownsampled(ref, resolution, aspect, fromMillis, toMillis, into);
  }

  @Override
  public boolean readCounted(int ref, Resolution resolution, Aspect edges, long fromMillis, long toMillis, SampleBuffer into,
      SampleBuffer counts) {
    return !erased.touches(ref) && part.readCounted(ref, resolution, edges, fromMillis, toMillis, into, counts);
  }

  @Override
  public long samples(int ref, Resolution resolution, Aspect aspect, long fromMillis, long toMillis) {
    return part.samples(ref, resolution, aspect, fromMillis, toMillis);
  }
}
