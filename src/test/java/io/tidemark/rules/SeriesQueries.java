package io.tidemark.rules;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.Stale;
import io.tidemark.model.TidemarkException;
import io.tidemark.promql.BinaryOp;
import io.tidemark.promql.Expr;
import io.tidemark.promql.Features;
import io.tidemark.promql.PromQL;
import io.tidemark.query.Value;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;

/// A small evaluator over a {@link SeriesLog}: selectors with `=`, comparisons with a number, `+ ignoring` of two vectors, and numbers.
final class SeriesQueries implements RuleQueries {
  private static final long LOOKBACK_MILLIS = 300_000;
  private final SeriesLog log;
  /// Whether queries never end.
  boolean hanging;
  /// Whether queries fail.
  boolean failing;
  int asked;

  SeriesQueries(SeriesLog log) {
    this.log = log;
  }

  @Override
  public Future<Value> instant(String expression, long atMillis, long timeoutMillis) {
    asked++;
    if (hanging) {
      return Promise.<Value>promise().future();
    }
    if (failing) {
      return Future.failedFuture(new TidemarkException(ErrorCode.EXECUTION, "as the test asked for"));
    }
    Expr expr = PromQL.parse(expression, Features.STANDARD);
    return Future.succeededFuture(expr instanceof Expr.NumberLiteral number ? new Value.Scalar(atMillis, number.value())
        : new Value.Vector(atMillis, vector(expr, atMillis)));
  }

  private List<Value.Element> vector(Expr expr, long atMillis) {
    return switch (expr) {
      case Expr.VectorSelector selector -> select(selector.matchers(), atMillis);
      case Expr.Paren paren -> vector(paren.expr(), atMillis);
      case Expr.Binary binary when binary.right() instanceof Expr.NumberLiteral number ->
          vector(binary.left(), atMillis).stream().filter(e -> holds(binary.op(), e.value(), number.value())).toList();
      case Expr.Binary binary -> sum(binary, atMillis);
      default -> throw new TidemarkException(ErrorCode.NOT_SUPPORTED, "not in this fake: " + expr);
    };
  }

  private static boolean holds(BinaryOp op, double left, double right) {
    return switch (op) {
      case GT -> left > right;
      case EQ -> left == right;
      default -> throw new TidemarkException(ErrorCode.NOT_SUPPORTED, "not in this fake: " + op);
    };
  }

  private List<Value.Element> sum(Expr.Binary binary, long atMillis) {
    var ignored = new ArrayList<>(binary.matching().orElseThrow().labels());
    ignored.add(LabelSet.NAME);
    var sums = new ArrayList<Value.Element>();
    for (Value.Element left : vector(binary.left(), atMillis)) {
      for (Value.Element right : vector(binary.right(), atMillis)) {
        if (left.labels().without(ignored).equals(right.labels().without(ignored))) {
          sums.add(new Value.Element(left.labels().without(ignored), left.value() + right.value()));
        }
      }
    }
    return sums;
  }

  private List<Value.Element> select(List<Matcher> matchers, long atMillis) {
    var found = new ArrayList<Value.Element>();
    log.series.forEach((labels, samples) -> {
      var newest = samples.floorEntry(atMillis);
      boolean matches = matchers.stream().allMatch(m -> labels.value(m.name()).equals(m.value()));
      if (matches && newest != null && newest.getKey() > atMillis - LOOKBACK_MILLIS && !Stale.is(newest.getValue())) {
        found.add(new Value.Element(labels, newest.getValue()));
      }
    });
    return found;
  }
}
