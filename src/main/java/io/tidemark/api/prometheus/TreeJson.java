package io.tidemark.api.prometheus;

import io.tidemark.model.Matcher;
import io.tidemark.promql.DurationExpr;
import io.tidemark.promql.Expr;
import io.tidemark.promql.ValueType;
import io.tidemark.promql.VectorMatching;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A parsed query as the JSON tree of `/api/v1/parse_query`. Source: Prometheus' HTTP API, "Parsing a PromQL expressions into a
/// abstract syntax tree".
final class TreeJson {
  private TreeJson() {}

  static JsonObject of(Expr expr) {
    return switch (expr) {
      case Expr.NumberLiteral number -> node("numberLiteral").put("val", text(number.value()));
      case Expr.StringLiteral string -> node("stringLiteral").put("val", string.value());
      case Expr.Paren paren -> node("parenExpr").put("expr", of(paren.expr()));
      case Expr.Unary unary -> node("unaryExpr").put("op", unary.negate() ? "-" : "+").put("expr", of(unary.operand()));
      case Expr.VectorSelector selector -> selector("vectorSelector", selector);
      case Expr.MatrixSelector matrix -> selector("matrixSelector", matrix.selector()).put("range", millis(matrix.range()));
      case Expr.Subquery subquery -> shift(node("subquery").put("expr", of(subquery.expr())), subquery.shift())
          .put("range", millis(subquery.range())).put("step", subquery.step().map(TreeJson::millis).orElse(0L));
      case Expr.Binary binary -> binary(binary);
      case Expr.Aggregation aggregation -> node("aggregation").put("op", aggregation.op().text()).put("expr", of(aggregation.expr()))
          .put("param", aggregation.parameter().<Object>map(TreeJson::of).orElse(null)).put("without", aggregation.without())
          .put("grouping", new JsonArray(aggregation.grouping()));
      case Expr.Call call -> node("call").put("func", new JsonObject().put("name", call.function().text())
          .put("argTypes", types(call)).put("variadic", variadic(call)).put("returnType", type(call.function().returns())))
          .put("args", nodes(call.arguments()));
    };
  }

  private static JsonObject node(String type) {
    return new JsonObject().put("type", type);
  }

  private static JsonArray nodes(List<Expr> exprs) {
    var array = new JsonArray();
    exprs.forEach(e -> array.add(of(e)));
    return array;
  }

  private static JsonArray types(Expr.Call call) {
    var array = new JsonArray();
    List<ValueType> types = call.function().arguments();
    // Prometheus tells the argument that may be repeated once; here the table of functions has it a second time where none is needed.
    boolean twice = call.function().repeatsLast() && call.function().argumentsMin() < types.size() - 1;
    types.subList(0, types.size() - (twice ? 1 : 0)).forEach(t -> array.add(type(t)));
    return array;
  }

  private static int variadic(Expr.Call call) {
    return call.function().repeatsLast() ? -1 : call.function().arguments().size() - call.function().argumentsMin();
  }

  private static String type(ValueType type) {
    return type.name().toLowerCase(Locale.ROOT);
  }

  private static String text(double value) {
    return NumberText.text(value, NumberText.Style.PLAIN);
  }

  private static JsonObject selector(String type, Expr.VectorSelector selector) {
    var matchers = new JsonArray();
    boolean named = !selector.name().isEmpty();
    // The name before the braces comes last, as in Prometheus.
    List<Matcher> braces = named ? selector.matchers().subList(1, selector.matchers().size()) : selector.matchers();
    List<Matcher> name = named ? selector.matchers().subList(0, 1) : List.of();
    for (Matcher matcher : Stream.concat(braces.stream(), name.stream()).toList()) {
      matchers.add(new JsonObject().put("type", matcher.op().text()).put("name", matcher.name()).put("value", matcher.value()));
    }
    return shift(node(type).put("name", selector.name()).put("matchers", matchers), selector.shift())
        .put("anchored", selector.extension() == Expr.Extension.ANCHORED).put("smoothed", selector.extension() == Expr.Extension.SMOOTHED);
  }

  private static JsonObject shift(JsonObject node, Expr.TimeShift shift) {
    node.put("offset", shift.offset().map(TreeJson::millis).orElse(0L));
    return switch (shift.at()) {
      case Expr.At.None _ -> node.putNull("timestamp").putNull("startOrEnd");
      case Expr.At.Timestamp at -> node.put("timestamp", at.millis()).putNull("startOrEnd");
      case Expr.At.Start _ -> node.putNull("timestamp").put("startOrEnd", "start");
      case Expr.At.End _ -> node.putNull("timestamp").put("startOrEnd", "end");
    };
  }

  private static long millis(DurationExpr duration) {
    return duration instanceof DurationExpr.Literal literal ? literal.millis() : 0;
  }

  private static @Nullable Double value(OptionalDouble value) {
    return value.isPresent() ? value.getAsDouble() : null;
  }

  private static JsonObject binary(Expr.Binary binary) {
    JsonObject node = node("binaryExpr").put("op", binary.op().text()).put("lhs", of(binary.left())).put("rhs", of(binary.right()))
        .put("bool", binary.returnBool());
    if (binary.matching().isEmpty()) {
      return node.putNull("matching");
    }
    VectorMatching matching = binary.matching().get();
    String card = switch (matching.cardinality()) {
      case ONE_TO_ONE -> "one-to-one";
      case MANY_TO_ONE -> "many-to-one";
      case ONE_TO_MANY -> "one-to-many";
      case MANY_TO_MANY -> "many-to-many";
    };
    return node.put("matching", new JsonObject().put("card", card).put("labels", new JsonArray(matching.labels()))
        .put("on", matching.on()).put("include", new JsonArray(matching.include())).put("fillValues", new JsonObject()
            .put("lhs", value(matching.fillLeft())).put("rhs", value(matching.fillRight()))));
  }
}
