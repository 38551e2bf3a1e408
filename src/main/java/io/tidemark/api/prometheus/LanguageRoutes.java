package io.tidemark.api.prometheus;

import io.tidemark.api.Answers;
import io.tidemark.api.Piece;
import io.tidemark.promql.Expr;
import io.tidemark.promql.Features;
import io.tidemark.promql.PrettyPrinter;
import io.tidemark.promql.PromQL;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;

/// PromQL's own tools: `/api/v1/format_query` and `/api/v1/parse_query`.
public final class LanguageRoutes {
  private final Features features;

  /// @param features the optional parts of PromQL that are on
  public LanguageRoutes(Features features) {
    this.features = features;
  }

  public void mount(Router router) {
    Handling.both(router, "/api/v1/format_query", this::format);
    Handling.both(router, "/api/v1/parse_query", this::parse);
  }

  /// The query of a request.
  static Expr parsed(Parameters parameters, Features features) {
    String text = parameters.text("query").orElse("");
    return Handling.ofParameter("query", () -> PromQL.parse(text, features));
  }

  private void format(RoutingContext context, Parameters parameters) {
    var out = new Piece(256);
    out.add("{\"status\":\"success\",\"data\":");
    JsonPiece.string(out, PrettyPrinter.print(parsed(parameters, features)));
    out.add('}');
    Answers.json(context, 200, out.text());
  }

  private void parse(RoutingContext context, Parameters parameters) {
    Answers.json(context, 200, new JsonObject().put("status", "success").put("data", TreeJson.of(parsed(parameters, features))).encode());
  }
}
