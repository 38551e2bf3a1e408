package io.tidemark.query.evaluate;

import io.tidemark.model.LabelSet;
import io.tidemark.promql.Expr;
import io.tidemark.promql.Function;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/// `sort`, `sort_desc`, `sort_by_label`, `sort_by_label_desc`. Only instant queries have an order of their own.
final class Sorting {
  private final Evaluator evaluator;

  Sorting(Evaluator evaluator) {
    this.evaluator = evaluator;
  }

  Source evaluate(Expr.Call call, Grid grid) {
    Source source = evaluator.vector(call.arguments().getFirst(), grid);
    if (call.function() == Function.SORT || call.function() == Function.SORT_DESC) {
      source = evaluator.shape.changed(source, column -> column.dropHistograms(grid.count()));
    }
    if (!evaluator.run.request.isInstant()) {
      Notes notes = evaluator.run.notes;
      notes.own(call.span()).forEach(place ->
          notes.warn("sort is ineffective for range queries since results are always ordered by labels", place));
      return source;
    }
    if (grid.count() > 1) {
      return source;
    }
    Table table = evaluator.shape.table(source, 1);
    Comparator<Integer> order = switch (call.function()) {
      case SORT -> Comparator.comparingDouble(row -> table.columns()[row].values[0]);
      case SORT_DESC -> descendingNanLast(table);
      default -> byLabels(call, table);
    };
    return sorted(evaluator.run, table, order);
  }

  /// The rows of `table` by `order`, which compares the numbers of two rows.
  static Table sorted(Run run, Table table, Comparator<Integer> order) {
    run.hold(table.count() * Run.ROW_BYTES);
    var compared = new int[1];
    return table.inOrder(IntStream.range(0, table.count()).boxed().sorted((a, b) -> {
      run.checkEach(compared[0]++);
      return order.compare(a, b);
    }).toList());
  }

  private static Comparator<Integer> descendingNanLast(Table table) {
    return (a, b) -> {
      double x = table.columns()[a].values[0];
      double y = table.columns()[b].values[0];
      return Double.isNaN(x) || Double.isNaN(y) ? Boolean.compare(Double.isNaN(x), Double.isNaN(y)) : Double.compare(y, x);
    };
  }

  private Comparator<Integer> byLabels(Expr.Call call, Table table) {
    List<String> names = call.arguments().stream().skip(1).map(evaluator::text).toList();
    Comparator<LabelSet> order = (a, b) -> {
      for (String name : names) {
        int c = natural(a.value(name), b.value(name));
        if (c != 0) {
          return c;
        }
      }
      return a.compareTo(b);
    };
    Comparator<LabelSet> directed = call.function() == Function.SORT_BY_LABEL ? order : order.reversed();
    return (a, b) -> directed.compare(table.labels(a), table.labels(b));
  }

  /// Texts with numbers in them as a person would order them: `node9` before `node10`.
  static int natural(String a, String b) {
    int i = 0;
    int j = 0;
    while (i < a.length() && j < b.length()) {
      int aEnd = digits(a, i);
      int bEnd = digits(b, j);
      if (aEnd > i && bEnd > j) {
        int aFrom = skipZeros(a, i, aEnd);
        int bFrom = skipZeros(b, j, bEnd);
        int c = Integer.compare(aEnd - aFrom, bEnd - bFrom);
        c = c != 0 ? c : a.substring(aFrom, aEnd).compareTo(b.substring(bFrom, bEnd));
        c = c != 0 ? c : Integer.compare(aEnd - i, bEnd - j);
        if (c != 0) {
          return c;
        }
        i = aEnd;
        j = bEnd;
      } else {
        int c = Character.compare(a.charAt(i++), b.charAt(j++));
        if (c != 0) {
          return c;
        }
      }
    }
    return Integer.compare(a.length() - i, b.length() - j);
  }

  private static int digits(String text, int from) {
    int at = from;
    while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
      at++;
    }
    return at;
  }

  private static int skipZeros(String text, int from, int to) {
    int at = from;
    while (at < to - 1 && text.charAt(at) == '0') {
      at++;
    }
    return at;
  }
}
