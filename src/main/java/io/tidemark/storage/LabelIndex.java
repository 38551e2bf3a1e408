package io.tidemark.storage;

import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;

/// What a head and a block both know about their series' labels. Safe on any thread; shows a prefix that is fixed by `refsEnd`.
public interface LabelIndex {
  /// The number after the highest series ref. Refs are dense.
  int refsEnd();

  /// Names of all labels, in no order.
  List<String> names();

  /// Each value of label `name` that passes `wanted`, with its postings, in no order. Postings of others are not looked at.
  void forEachValue(String name, Predicate<String> wanted, ValueVisitor visitor);

  /// Each value of label `name`, in no order.
  default void values(String name, Consumer<String> visitor) {
    forEachValue(name, value -> {
      visitor.accept(value);
      return false;
    }, (_, _) -> { });
  }

  /// The series with `name="value"`; empty when there are none. `value` is not empty.
  Postings postings(String name, String value);

  /// Takes the values of one label.
  interface ValueVisitor {
    void visit(String value, Postings postings);
  }
}
