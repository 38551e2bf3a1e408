package io.tidemark.storage;

import io.tidemark.model.LabelSet;
import io.tidemark.model.TimeRange;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Estimates of what the parts of one shard hold.
final class PartsEstimate {
  /// Series of one part that are looked at; of more every so many-th stands for its neighbours.
  static final int LOOKED_AT_MAX = 1_024;

  private final TimeRange range;
  private final Resolution resolution;
  private final Aspect aspect;
  private final Set<LabelSet> distinct = new HashSet<>();
  /// Whether `distinct` holds all series found so far.
  private boolean isCounted = true;
  private long most;
  private long samples;
  private boolean told;

  private PartsEstimate(TimeRange range, Resolution resolution, Aspect aspect) {
    this.range = range;
    this.resolution = resolution;
    this.aspect = aspect;
  }

  static Estimate of(List<SeriesPart> parts, Matching matching, TimeRange range, Resolution resolution, Aspect aspect) {
    var estimate = new PartsEstimate(range, resolution, aspect);
    for (SeriesPart part : parts) {
      estimate.add(part, matching.select(part.index()), parts.size() > 1);
    }
    // Where not every series was looked at, those of the largest part are at least there; others come and go with a churn unknown.
    return new Estimate(Math.max(estimate.most, estimate.isCounted ? estimate.distinct.size() : 0), estimate.samples, true,
        estimate.told ? resolution : Resolution.RAW);
  }

  /// @param severalParts whether other parts may hold the same series
  private void add(SeriesPart part, Postings refs, boolean severalParts) {
    int stride = Math.ceilDiv(Math.max(1, refs.count()), LOOKED_AT_MAX);
    isCounted &= stride == 1 && severalParts;
    long found = 0;
    long looked = 0;
    long within = 0;
    for (int i = 0; i < refs.count(); i += stride) {
      int ref = refs.refs()[i];
      looked++;
      if (part.has(ref, range.startMillis(), range.endMillis())) {
        found++;
        boolean isTold = resolution != Resolution.RAW && part.isDownsampled(ref, resolution, aspect);
        told |= isTold;
        within += isTold ? part.samples(ref, resolution, aspect, range.startMillis(), range.endMillis())
            : part.samples(ref, range.startMillis(), range.endMillis());
        if (isCounted) {
          distinct.add(part.labels(ref));
        }
      }
    }
    if (looked > 0) {
      double scale = (double) refs.count() / looked;
      most = Math.max(most, Math.round(found * scale));
      samples += Math.round(within * scale);
    }
  }
}
