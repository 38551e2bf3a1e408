package io.tidemark.storage;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import java.util.function.Predicate;

/// An index without the names and values that only hidden series have. Postings still hold them: who takes series from those asks for
/// their samples anyway. Safe on any thread.
///
/// @param isHidden whether nothing of a series is there to be seen
public record VisibleIndex(LabelIndex index, IntPredicate isHidden) implements LabelIndex {
  @Override
  public int refsEnd() {
    return index.refsEnd();
  }

  @Override
  public List<String> names() {
    var names = new ArrayList<String>();
    for (String name : index.names()) {
      var seen = new boolean[1];
      index.forEachValue(name, _ -> !seen[0], (_, postings) -> seen[0] = isVisible(postings));
      if (seen[0]) {
        names.add(name);
      }
    }
    return names;
  }

  @Override
  public void forEachValue(String name, Predicate<String> wanted, ValueVisitor visitor) {
    index.forEachValue(name, wanted, (value, postings) -> {
      if (isVisible(postings)) {
        visitor.visit(value, postings);
      }
    });
  }

  @Override
  public void values(String name, Consumer<String> visitor) {
    forEachValue(name, _ -> true, (value, _) -> visitor.accept(value));
  }

  private boolean isVisible(Postings postings) {
    for (int i = 0; i < postings.count(); i++) {
      if (!isHidden.test(postings.refs()[i])) {
        return true;
      }
    }
    return false;
  }

  @Override
  public Postings postings(String name, String value) {
    return index.postings(name, value);
  }
}
