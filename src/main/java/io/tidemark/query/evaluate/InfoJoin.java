package io.tidemark.query.evaluate;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.promql.Expr;

/// `info()`: adds the labels of info series.
final class InfoJoin {
  private final Evaluator evaluator;

  InfoJoin(Evaluator evaluator) {
    this.evaluator = evaluator;
  }

  Source evaluate(Expr.Call call, Grid grid) {
    throw new TidemarkException(ErrorCode.NOT_SUPPORTED, "info() at character " + call.span().start() + " is not supported yet, "
        + evaluator.run.request.text());
  }
}
