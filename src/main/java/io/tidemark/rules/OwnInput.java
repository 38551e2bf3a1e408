package io.tidemark.rules;

import io.tidemark.promql.Expr;
import io.tidemark.promql.Features;
import io.tidemark.promql.PromQL;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// Finds recording rules that read what they write, by themselves or in a circle: their values would depend on the order and number
/// of evaluations. Names are compared as written; a selector that names its metric by a regex is not followed.
final class OwnInput {
  /// One recording rule and its place.
  record Node(String file, Rule.Recording rule) {
    int line() {
      return rule.place().line();
    }

    int column() {
      return rule.place().column();
    }
  }

  private OwnInput() {}

  /// What is wrong, by rule.
  static Map<Node, String> find(List<RuleGroup> groups, Features features) {
    var byName = new LinkedHashMap<String, List<Node>>();
    for (RuleGroup group : groups) {
      for (Rule rule : group.rules()) {
        if (rule instanceof Rule.Recording recording) {
          byName.computeIfAbsent(recording.name(), _ -> new ArrayList<>()).add(new Node(group.file(), recording));
        }
      }
    }
    var reads = new LinkedHashMap<Node, List<Node>>();
    byName.values().forEach(nodes -> nodes.forEach(node -> reads.put(node, readBy(node, byName, features))));
    var found = new LinkedHashMap<Node, String>();
    Expressions.circles(reads).forEach((node, circle) -> {
      String path = circle.stream().map(n -> n.rule().name()).collect(Collectors.joining(" -> "));
      found.put(node, "recording rule \"" + node.rule().name() + "\" reads what it writes: " + path + "; record under another name");
    });
    return found;
  }

  private static List<Node> readBy(Node node, Map<String, List<Node>> byName, Features features) {
    var read = new ArrayList<Node>();
    for (Expr.VectorSelector selector : Expressions.selectors(PromQL.parse(node.rule().query(), features))) {
      byName.getOrDefault(nameOf(selector), List.of()).stream()
          .filter(other -> Expressions.mayRead(selector, other.rule().name(), other.rule().labels())).forEach(read::add);
    }
    return read;
  }

  private static String nameOf(Expr.VectorSelector selector) {
    return selector.matchers().stream().filter(Expressions::isName).map(m -> m.value()).findFirst().orElse("");
  }
}
