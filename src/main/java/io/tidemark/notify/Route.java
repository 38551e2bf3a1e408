package io.tidemark.notify;

import io.tidemark.model.LabelSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// A node of the routing tree with everything that it inherits already filled in. Immutable.
///
/// @param id                   unique in the tree, stable while the file does not change
/// @param key                  the matchers on the way from the root, `{}/{severity="critical"}`, the first part of a group key
/// @param continues            whether siblings after this one are tried, too
/// @param groupBy              the labels that alerts of one group share; of no meaning when `groupByAll`
/// @param groupByAll           every alert is a group of its own (`group_by: ['...']`)
/// @param muteTimeIntervals    names of intervals in which nothing is sent
/// @param activeTimeIntervals  names of intervals outside of which nothing is sent; none means always
public record Route(String id, String key, String receiver, Matchers matchers, boolean continues, Set<String> groupBy,
    boolean groupByAll, long groupWaitMillis, long groupIntervalMillis, long repeatIntervalMillis, List<String> muteTimeIntervals,
    List<String> activeTimeIntervals, List<Route> routes) {
  public Route {
    groupBy = Set.copyOf(groupBy);
    muteTimeIntervals = List.copyOf(muteTimeIntervals);
    activeTimeIntervals = List.copyOf(activeTimeIntervals);
    routes = List.copyOf(routes);
  }

  /// The nodes that take an alert with these labels, deepest first match of each branch, in file order; empty when this node's
  /// matchers refuse it.
  public List<Route> match(LabelSet labels) {
    if (!matchers.matches(labels)) {
      return List.of();
    }
    var taken = new ArrayList<Route>();
    for (Route route : routes) {
      List<Route> below = route.match(labels);
      taken.addAll(below);
      if (!below.isEmpty() && !route.continues) {
        break;
      }
    }
    return taken.isEmpty() ? List.of(this) : taken;
  }

  /// The labels by which an alert with `labels` is grouped here.
  public LabelSet groupLabels(LabelSet labels) {
    return groupByAll ? labels : labels.only(groupBy);
  }

  /// The key of the group with these group labels, e.g. `{}/{severity="critical"}:{alertname="Down"}`, letter by letter Alertmanager's:
  /// label names are never quoted, and a metric name is a label as any other.
  public String groupKey(LabelSet groupLabels) {
    var out = new StringBuilder(key).append(":{");
    for (int i = 0; i < groupLabels.count(); i++) {
      LabelSet.quote(out.append(i == 0 ? "" : ", ").append(groupLabels.name(i)).append('='), groupLabels.value(i));
    }
    return out.append('}').toString();
  }
}
