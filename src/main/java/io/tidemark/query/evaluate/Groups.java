package io.tidemark.query.evaluate;

import io.tidemark.model.LabelSet;
import io.tidemark.promql.Expr;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Which group of an aggregation every series belongs to; made once for all steps. Groups are numbered as they first appear.
record Groups(List<LabelSet> labels, boolean[] drops, int[] groupOf) {
  int count() {
    return labels.size();
  }

  static Groups of(Run run, Source source, Expr.Aggregation aggregation) {
    List<String> names = aggregation.grouping();
    if (isOne(aggregation)) {
      return one(source);
    }
    boolean byName = !aggregation.without() && names.stream().anyMatch(Run::isNameLabel);
    if (!aggregation.without() && names.size() == 1 && !byName) {
      return byOneLabel(run, source, names.getFirst());
    }
    var groupOf = new int[source.count()];
    Map<LabelSet, Integer> places = new HashMap<>();
    var labels = new ArrayList<LabelSet>();
    boolean[] drops = new boolean[4];
    for (int i = 0; i < groupOf.length; i++) {
      run.checkEach(i);
      LabelSet of = byName ? source.labels(i) : source.namedLabels(i);
      LabelSet key = aggregation.without() ? Run.withoutName(of).without(names) : of.only(names);
      Integer place = places.get(key);
      if (place == null) {
        run.hold(Run.ROW_BYTES);
        place = labels.size();
        places.put(key, place);
        labels.add(key);
        drops = drops.length > place ? drops : Arrays.copyOf(drops, place * 2);
      }
      drops[place] |= source.dropsName(i);
      groupOf[i] = place;
    }
    return new Groups(labels, drops, groupOf);
  }

  /// Whether all series are one group, whatever their labels.
  static boolean isOne(Expr.Aggregation aggregation) {
    return !aggregation.without() && aggregation.grouping().isEmpty();
  }

  private static Groups one(Source source) {
    boolean drops = false;
    for (int i = 0; i < source.count() && !drops; i++) {
      drops = source.dropsName(i);
    }
    return new Groups(source.count() == 0 ? List.of() : List.of(LabelSet.EMPTY), new boolean[] {drops}, new int[source.count()]);
  }

  private static Groups byOneLabel(Run run, Source source, String name) {
    var groupOf = new int[source.count()];
    Map<String, Integer> places = new HashMap<>();
    var labels = new ArrayList<LabelSet>();
    boolean[] drops = new boolean[4];
    for (int i = 0; i < groupOf.length; i++) {
      run.checkEach(i);
      String value = source.label(i, name);
      Integer place = places.get(value);
      if (place == null) {
        run.hold(Run.ROW_BYTES);
        place = labels.size();
        places.put(value, place);
        labels.add(LabelSet.of(name, value));
        drops = drops.length > place ? drops : Arrays.copyOf(drops, place * 2);
      }
      drops[place] |= source.dropsName(i);
      groupOf[i] = place;
    }
    return new Groups(labels, drops, groupOf);
  }
}
