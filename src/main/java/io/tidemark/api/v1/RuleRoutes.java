package io.tidemark.api.v1;

import io.tidemark.api.Answers;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.rules.RuleStore;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;

/// Rules made by people through the API: `/v1/alerts/rules` and `/v1/alerts/rules/{id}`.
///
/// A rule's version is its `ETag`. PUT and DELETE need it in `If-Match`; another version answers 412 and changes nothing.
public final class RuleRoutes {
  private static final String PATH = "/v1/alerts/rules";
  /// Nobody logs in to this version, so the audit trail knows no names.
  private static final String ACTOR = "api";
  private final RuleStore store;

  public RuleRoutes(RuleStore store) {
    this.store = store;
  }

  public void mount(Router router) {
    router.get(PATH).handler(context -> answer(context, 200, store.list().map(rules -> {
      var array = new JsonArray();
      rules.forEach(rule -> array.add(json(rule)));
      return array.encode();
    })));
    router.post(PATH).handler(context -> guarded(context, () ->
        answerStored(context, 201, store.create(body(context), ACTOR))));
    router.get(PATH + "/:id").handler(context -> answerStored(context, 200, store.find(context.pathParam("id"))));
    router.put(PATH + "/:id").handler(context -> guarded(context, () ->
        answerStored(context, 200, store.replace(context.pathParam("id"), body(context), version(context), ACTOR))));
    router.delete(PATH + "/:id").handler(context -> guarded(context, () ->
        store.remove(context.pathParam("id"), version(context), ACTOR)
            .onSuccess(_ -> context.response().setStatusCode(204).end()).onFailure(e -> Answers.failure(context, e))));
  }

  private static void guarded(RoutingContext context, Runnable work) {
    try {
      work.run();
    } catch (TidemarkException e) {
      Answers.failure(context, e);
    }
  }

  private static JsonObject body(RoutingContext context) {
    Buffer body = context.body().buffer();
    try {
      if (body != null && Json.decodeValue(body) instanceof JsonObject json) {
        return json;
      }
    } catch (DecodeException e) {
      String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("").replace("Failed to decode:", "");
      throw new TidemarkException(ErrorCode.BAD_DATA, "body: not JSON: " + reason, e);
    }
    throw new TidemarkException(ErrorCode.BAD_DATA, "body: expected a JSON object with the rule");
  }

  private static long version(RoutingContext context) {
    String given = context.request().getHeader("If-Match");
    if (given == null) {
      throw new TidemarkException(ErrorCode.BAD_DATA, "header If-Match: missing; send the ETag that GET answered with");
    }
    try {
      return Long.parseLong(given.replace("\"", "").strip());
    } catch (NumberFormatException e) {
      throw new TidemarkException(ErrorCode.CONFLICT, "header If-Match: " + given + " is not the version that is stored", e);
    }
  }

  private static JsonObject json(RuleStore.Stored rule) {
    return new JsonObject().put("id", rule.id()).put("version", rule.version()).put("updatedAt", rule.updatedAtMillis())
        .put("rule", rule.json());
  }

  private static void answerStored(RoutingContext context, int status, Future<RuleStore.Stored> stored) {
    answer(context, status, stored.map(rule -> {
      context.response().putHeader("ETag", "\"" + rule.version() + "\"");
      return json(rule).encode();
    }));
  }

  private static void answer(RoutingContext context, int status, Future<String> json) {
    json.onSuccess(text -> Answers.json(context, status, text)).onFailure(e -> Answers.failure(context, e));
  }
}
