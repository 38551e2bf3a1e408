package io.tidemark.api.prometheus;

import io.tidemark.api.Piece;
import io.tidemark.model.LabelSet;

/// Writes one label set after the other as JSON objects. Answers are in label order, so most labels are those of the set before: their text
/// is copied, and only the others are looked at character by character. One thread.
final class LabelsJson {
  private static final int LABELS = 32;

  private LabelSet before = LabelSet.EMPTY;
  /// The object of the set before, and where its labels end in it, their commas not included.
  private Piece text = new Piece(512);
  private int[] ends = new int[LABELS];
  /// The same of the one that is being made.
  private Piece next = new Piece(512);
  private int[] nextEnds = new int[LABELS];

  LabelsJson() {
    make(LabelSet.EMPTY);
  }

  /// Adds `labels` as an object, in label order.
  void add(Piece out, LabelSet labels) {
    if (labels != before) {
      make(labels);
    }
    out.add(text.array(), 0, text.count());
  }

  private void make(LabelSet labels) {
    int count = labels.count();
    if (nextEnds.length < count) {
      nextEnds = new int[count];
    }
    next.clear();
    next.add('{');
    for (int i = 0; i < count;) {
      int same = i;
      while (same < count && same < before.count() && isSame(labels, same)) {
        same++;
      }
      if (i > 0) {
        next.add(',');
      }
      if (same > i) {
        copy(i, same);
        i = same;
      } else {
        JsonPiece.string(next, labels.name(i));
        next.add(':');
        JsonPiece.string(next, labels.value(i));
        nextEnds[i++] = next.count();
      }
    }
    next.add('}');
    before = labels;
    Piece made = next;
    next = text;
    text = made;
    int[] madeEnds = nextEnds;
    nextEnds = ends;
    ends = madeEnds;
  }

  private boolean isSame(LabelSet labels, int label) {
    return labels.value(label).equals(before.value(label)) && labels.name(label).equals(before.name(label));
  }

  /// The labels from `from` to before `to` as they are in the set before.
  private void copy(int from, int to) {
    int begin = from == 0 ? 1 : ends[from - 1] + 1;
    int shift = next.count() - begin;
    next.add(text.array(), begin, ends[to - 1] - begin);
    for (int i = from; i < to; i++) {
      nextEnds[i] = ends[i] + shift;
    }
  }
}
