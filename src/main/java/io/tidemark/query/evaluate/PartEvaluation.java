package io.tidemark.query.evaluate;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.promql.Expr;
import io.tidemark.promql.PromQL;
import io.tidemark.promql.Span;
import io.tidemark.query.QueryConfig;
import io.tidemark.storage.SeriesView;
import io.tidemark.time.Clock;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// Evaluates one part of a query for another node, over shards of this one. One object per part.
public final class PartEvaluation implements AutoCloseable {
  private final Part part;
  private final Run run;

  /// @param config        this node's limits
  /// @param deadlineNanos by the clock
  /// @param view          shows the part's shard and no other; stays the caller's
  public PartEvaluation(Part part, QueryConfig config, Fanout fanout, MemoryPool memory, Clock clock, long deadlineNanos, SeriesView view) {
    this.part = part;
    run = new Run(part.request(), config.with(part.features(), part.subqueryStepMillis()), fanout, memory, clock, deadlineNanos);
    run.readFrom(view);
    run.count(part.used());
  }

  /// The part's series. Called once, may block on disk. Fails as queries do, and with `BAD_DATA` when there is no such part.
  public PartResult evaluate() {
    Expr whole = PromQL.parse(part.request().text(), run.config.features());
    Expr.Aggregation aggregation = find(whole, part.aggregation())
        .orElseThrow(() -> new TidemarkException(ErrorCode.BAD_DATA, "part of a query: expected an aggregation at characters "
            + part.aggregation().start() + " to " + part.aggregation().end() + " of " + part.request().text() + ", found none"));
    var grid = new Grid(part.firstMillis(), part.stepMillis(), part.count());
    var evaluator = new Evaluator(run);
    evaluator.look(whole, aggregation);
    Table table = evaluator.shape.table(evaluator.vector(aggregation, grid), grid.count());
    return new PartResult(table.labels(), Arrays.copyOf(table.drops(), table.count()), table.columns(), table.isOrdered(),
        run.notes.warnings(), run.notes.infos(), run.cost().minus(part.used()));
  }

  private static Optional<Expr.Aggregation> find(Expr expr, Span span) {
    if (expr instanceof Expr.Aggregation aggregation && aggregation.span().equals(span)) {
      return Optional.of(aggregation);
    }
    return children(expr).stream().flatMap(child -> find(child, span).stream()).findFirst();
  }

  /// The expressions that `expr` is made of, in the order written.
  static List<Expr> children(Expr expr) {
    return switch (expr) {
      case Expr.NumberLiteral _, Expr.StringLiteral _, Expr.VectorSelector _, Expr.MatrixSelector _ -> List.of();
      case Expr.Subquery subquery -> List.of(subquery.expr());
      case Expr.Unary unary -> List.of(unary.operand());
      case Expr.Paren paren -> List.of(paren.expr());
      case Expr.Binary binary -> List.of(binary.left(), binary.right());
      case Expr.Aggregation aggregation -> aggregation.parameter().map(parameter -> List.of(parameter, aggregation.expr()))
          .orElseGet(() -> List.of(aggregation.expr()));
      case Expr.Call call -> call.arguments();
    };
  }

  /// Ends the evaluation with `CANCELED`. Any thread.
  public void cancel() {
    run.cancel();
  }

  @Override
  public void close() {
    run.close();
  }
}
