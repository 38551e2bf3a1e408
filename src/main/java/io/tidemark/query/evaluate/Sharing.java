package io.tidemark.query.evaluate;

import io.tidemark.promql.Expr;
import io.tidemark.promql.Function;
import io.tidemark.promql.Printer;
import io.tidemark.promql.Span;
import io.tidemark.promql.ValueType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Which vectors a query asks for more than once: parts of its tree that are equal apart from where they stand, at the same times.
///
/// Such a part is evaluated once, `a` of `a / (a + b)` for example. A part that only comes up within a larger one that is shared is not
/// counted: the larger one is. What is remarked on a part is said of all its places, by {@link #twins}.
final class Sharing {
  /// A part that stands in more places is evaluated in each: nobody writes that, and the twins of so many places take room.
  static final int PLACES_MAX = 64;
  static final Sharing NONE = new Sharing(new ResetWatch());

  private final ResetWatch resets;
  private final Map<List<Object>, Integer> numbers = new HashMap<>();
  /// Number of each vector that is evaluated as one.
  private final Map<Expr, Integer> parts = new IdentityHashMap<>();
  private final Map<Integer, List<Expr>> places = new LinkedHashMap<>();
  /// Parts within which the falling buckets of classic histograms are counted.
  private final Set<Expr> counting = Collections.newSetFromMap(new IdentityHashMap<>());
  private final Map<Integer, Integer> uses = new HashMap<>();

  private Sharing(ResetWatch resets) {
    this.resets = resets;
  }

  /// @param resets has looked at `expr`
  static Sharing of(Expr expr, ResetWatch resets) {
    if (lines(expr) < 2) {
      return NONE;
    }
    var sharing = new Sharing(resets);
    sharing.number(expr, 0);
    sharing.use(expr);
    return sharing;
  }

  /// How many lines of vectors lie beside each other: none, one, or 2 for any more. In a single line each vector is part of the next, so no
  /// two are equal.
  private static int lines(Expr expr) {
    int lines = 0;
    for (Expr child : PartEvaluation.children(expr)) {
      lines = Math.min(2, lines + lines(child));
    }
    return lines == 0 && expr.type() == ValueType.VECTOR ? 1 : lines;
  }

  /// Whether the vector `expr`, without parentheses around it, is asked for more than once.
  boolean isShared(Expr expr) {
    Integer part = parts.get(expr);
    return part != null && isShared(part);
  }

  private boolean isShared(int part) {
    return uses.getOrDefault(part, 0) > 1 && places.get(part).size() <= PLACES_MAX;
  }

  /// The same for all places of a part.
  int part(Expr shared) {
    return parts.get(shared);
  }

  /// Where else in the query a remark belongs. A remark is made by the part at its place or by what is around that, which need not be
  /// shared itself; so a part that remarks on itself asks for both.
  ///
  /// @param own    for the place of a shared part all places of that part
  /// @param within for a place inside of shared parts the same place in all of them
  record Twins(Map<Span, Set<Span>> own, Map<Span, Set<Span>> within) {
    static final Twins NONE = new Twins(Map.of(), Map.of());
  }

  Twins twins() {
    var twins = new Twins(new HashMap<>(), new HashMap<>());
    places.forEach((part, equals) -> {
      if (isShared(part)) {
        join(equals, twins.own);
        children(equals).forEach(child -> pair(child, twins.within));
      }
    });
    return twins;
  }

  private static void pair(List<Expr> equals, Map<Span, Set<Span>> twins) {
    join(equals, twins);
    children(equals).forEach(child -> pair(child, twins));
  }

  private static void join(List<Expr> equals, Map<Span, Set<Span>> twins) {
    Set<Span> spans = new LinkedHashSet<>();
    equals.forEach(expr -> spans.add(expr.span()));
    for (Span span : spans) {
      twins.merge(span, spans, (before, more) -> {
        var all = new LinkedHashSet<>(before);
        all.addAll(more);
        return all;
      });
    }
  }

  /// The first children of equal trees, their second children and so on.
  private static List<List<Expr>> children(List<Expr> equals) {
    List<List<Expr>> children = new ArrayList<>();
    for (int i = 0; i < PartEvaluation.children(equals.getFirst()).size(); i++) {
      int child = i;
      children.add(equals.stream().map(expr -> PartEvaluation.children(expr).get(child)).toList());
    }
    return children;
  }

  /// Numbers a tree from its leaves up: equal trees at the same times get the same number.
  ///
  /// @param around number of the subquery around it, 0 outside of all
  private int number(Expr expr, int around) {
    int number = switch (expr) {
      case Expr.Paren paren -> numbered("(", around, number(paren.expr(), around));
      case Expr.NumberLiteral literal -> numbered("number", around, Double.doubleToRawLongBits(literal.value()), literal.duration());
      case Expr.StringLiteral literal -> numbered("string", around, literal.value());
      case Expr.VectorSelector selector -> selector(selector, around);
      case Expr.MatrixSelector matrix -> numbered("range", selector(matrix.selector(), around), Printer.print(matrix.range()));
      case Expr.Subquery subquery -> {
        int within = numbered("within", around, Printer.print(subquery.range()), subquery.step().map(Printer::print),
            subquery.shift().at(), subquery.shift().offset().map(Printer::print));
        yield numbered("subquery", number(subquery.expr(), within));
      }
      case Expr.Unary unary -> numbered("unary", unary.negate(), number(unary.operand(), around));
      case Expr.Binary binary -> numbered("binary", binary.op(), binary.matching(), binary.returnBool(), number(binary.left(), around),
          number(binary.right(), around));
      case Expr.Aggregation aggregation -> numbered("aggregation", aggregation.op(), aggregation.without(), aggregation.grouping(),
          aggregation.parameter().map(parameter -> number(parameter, around)), number(aggregation.expr(), around));
      case Expr.Call call -> {
        var key = new ArrayList<Object>(List.of("call", call.function(), around));
        for (Expr argument : call.arguments()) {
          key.add(isLookedInto(call, argument) ? selector((Expr.VectorSelector) Evaluator.unwrapped(argument), around)
              : number(argument, around));
        }
        yield numbered(key.toArray());
      }
    };
    if (isQuantile(expr) || PartEvaluation.children(expr).stream().anyMatch(counting::contains)) {
      counting.add(expr);
    }
    if (expr.type() == ValueType.VECTOR && !(expr instanceof Expr.Paren)) {
      parts.put(expr, number);
      places.computeIfAbsent(number, _ -> new ArrayList<>()).add(expr);
    }
    return number;
  }

  private int selector(Expr.VectorSelector selector, int around) {
    return numbered("select", around, Printer.print(selector), resets.holds(selector));
  }

  private int numbered(Object... key) {
    return numbers.computeIfAbsent(List.of(key), _ -> numbers.size() + 1);
  }

  /// Whether a function takes the selector itself, not the vector it yields.
  private static boolean isLookedInto(Expr.Call call, Expr argument) {
    return Evaluator.unwrapped(argument) instanceof Expr.VectorSelector && switch (call.function()) {
      case TIMESTAMP, START_TIMESTAMP -> true;
      case INFO -> argument != call.arguments().getFirst();
      default -> false;
    };
  }

  private static boolean isQuantile(Expr expr) {
    return expr instanceof Expr.Call call
        && (call.function() == Function.HISTOGRAM_QUANTILE || call.function() == Function.HISTOGRAM_QUANTILES);
  }

  /// Counts how often each part would be evaluated if what was evaluated once were kept.
  private void use(Expr expr) {
    Integer part = parts.get(expr);
    if (part != null) {
      boolean known = uses.merge(part, 1, Integer::sum) > 1;
      // Buckets that fall must be counted once, so what counts them is kept itself and not what is made of it.
      if (counting.contains(expr) && !isQuantile(expr)) {
        uses.remove(part);
      } else if (known) {
        return;
      }
    }
    PartEvaluation.children(expr).forEach(this::use);
  }
}
