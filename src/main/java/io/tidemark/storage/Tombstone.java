package io.tidemark.storage;

import io.tidemark.log.DeleteRecord;
import io.tidemark.model.Matcher;
import io.tidemark.model.TimeRange;
import java.util.BitSet;
import java.util.List;

/// A delete as a shard keeps it: what it erases is in the parts whose samples were all appended before the record.
///
/// @param position the log position after the record, at which it cuts windows. The end of the record cuts others there, in the same
///                 step, so no block of them can be merged before all are cut
public record Tombstone(long position, DeleteRecord delete) {
  public TimeRange range() {
    return delete.range();
  }

  /// Whether samples that came before `partPosition` of the log, and none after, may be erased by it.
  boolean isOver(long partPosition, long startMillis, long endMillis) {
    return position >= partPosition && range().startMillis() < endMillis && startMillis < range().endMillis();
  }

  /// The series of an index that it erases samples of, ascending.
  ///
  /// @throws io.tidemark.model.TidemarkException `BAD_DATA` for a pattern that this release does not know
  public Postings select(LabelIndex index) {
    List<List<Matcher>> selectors = delete.selectors();
    if (selectors.size() == 1) {
      return Matching.compile(selectors.getFirst(), ReadWatch.NONE).select(index);
    }
    var all = new BitSet();
    for (List<Matcher> selector : selectors) {
      Postings some = Matching.compile(selector, ReadWatch.NONE).select(index);
      for (int i = 0; i < some.count(); i++) {
        all.set(some.refs()[i]);
      }
    }
    return postings(all);
  }

  /// The set bits as refs.
  public static Postings postings(BitSet refs) {
    int[] all = refs.stream().toArray();
    return new Postings(all, all.length);
  }
}
