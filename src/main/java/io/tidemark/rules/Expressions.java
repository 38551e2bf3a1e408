package io.tidemark.rules;

import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.promql.Expr;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What a rule's expression reads.
final class Expressions {
  private Expressions() {}

  /// All selectors of a tree, in the order written.
  static List<Expr.VectorSelector> selectors(Expr expr) {
    var found = new ArrayList<Expr.VectorSelector>();
    collect(expr, found);
    return found;
  }

  private static void collect(Expr expr, List<Expr.VectorSelector> into) {
    switch (expr) {
      case Expr.NumberLiteral _, Expr.StringLiteral _ -> { }
      case Expr.VectorSelector selector -> into.add(selector);
      case Expr.MatrixSelector matrix -> into.add(matrix.selector());
      case Expr.Subquery subquery -> collect(subquery.expr(), into);
      case Expr.Unary unary -> collect(unary.operand(), into);
      case Expr.Binary binary -> {
        collect(binary.left(), into);
        collect(binary.right(), into);
      }
      case Expr.Aggregation aggregation -> {
        aggregation.parameter().ifPresent(parameter -> collect(parameter, into));
        collect(aggregation.expr(), into);
      }
      case Expr.Call call -> call.arguments().forEach(argument -> collect(argument, into));
      case Expr.Paren paren -> collect(paren.expr(), into);
    }
  }

  /// Whether a matcher fixes the metric name.
  static boolean isName(Matcher matcher) {
    return matcher.name().equals(LabelSet.NAME) && matcher.op() == Matcher.Op.EQUAL;
  }

  /// Whether `selector` may select the series that a rule records under `name` with `labels`: its name matches and none of its
  /// matchers contradicts a label that the rule sets itself.
  static boolean mayRead(Expr.VectorSelector selector, String name, Map<String, String> labels) {
    boolean named = false;
    for (Matcher matcher : selector.matchers()) {
      boolean isName = matcher.name().equals(LabelSet.NAME);
      String value = isName ? name : labels.get(matcher.name());
      if (value == null) {
        continue;
      }
      if (matcher.op() == Matcher.Op.EQUAL && !matcher.value().equals(value)
          || matcher.op() == Matcher.Op.NOT_EQUAL && matcher.value().equals(value)) {
        return false;
      }
      named |= isName && matcher.op() == Matcher.Op.EQUAL;
    }
    return named;
  }

  /// The rules of `reads` that lie on a circle, each with the circle it closes, e.g. `a -> b -> a`.
  ///
  /// @param reads recording rule → the recording rules whose series it may read
  static <T> Map<T, List<T>> circles(Map<T, List<T>> reads) {
    var circles = new LinkedHashMap<T, List<T>>();
    Set<T> done = new HashSet<>();
    for (T start : reads.keySet()) {
      var path = new LinkedHashSet<T>();
      var pending = new ArrayDeque<Iterator<T>>();
      if (!done.add(start)) {
        continue;
      }
      path.add(start);
      pending.push(reads.getOrDefault(start, List.of()).iterator());
      while (!pending.isEmpty()) {
        if (!pending.peek().hasNext()) {
          pending.pop();
          path.removeLast();
          continue;
        }
        T next = pending.peek().next();
        if (path.contains(next)) {
          var circle = new ArrayList<>(path);
          circles.putIfAbsent(path.getLast(), new ArrayList<>(circle.subList(circle.indexOf(next), circle.size())));
          circles.get(path.getLast()).add(next);
        } else if (done.add(next)) {
          path.add(next);
          pending.push(reads.getOrDefault(next, List.of()).iterator());
        }
      }
    }
    return circles;
  }
}
