package io.tidemark.storage;

import java.util.List;

/// What a head and a block both know about their series' labels. Safe on any thread; shows a prefix that is fixed by `refsEnd`.
public interface LabelIndex {
  /// The number after the highest series ref. Refs are dense.
  int refsEnd();

  /// Names of all labels, in no order.
  List<String> names();

  /// Each value of label `name` with its postings, in no order.
  void forEachValue(String name, ValueVisitor visitor);

  /// The series with `name="value"`; empty when there are none. `value` is not empty.
  Postings postings(String name, String value);

  /// Takes the values of one label.
  interface ValueVisitor {
    void visit(String value, Postings postings);
  }
}
