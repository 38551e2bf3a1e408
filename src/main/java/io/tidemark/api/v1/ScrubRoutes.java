package io.tidemark.api.v1;

import io.tidemark.api.Answers;
import io.tidemark.api.Operations;
import io.tidemark.storage.Damage;
import io.tidemark.storage.Integrity;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;

/// `/v1/scrub`: what is known of damage in the blocks of this process, and a POST that has all of them read now. In `docs/integrity.md`.
public final class ScrubRoutes {
  /// Damaged blocks that one answer lists; the rest is only counted.
  static final int QUARANTINED_MAX = 1_000;

  private final Operations operations;

  public ScrubRoutes(Operations operations) {
    this.operations = operations;
  }

  public void mount(Router router) {
    router.get("/v1/scrub").handler(context -> answer(context, 200));
    router.post("/v1/scrub").handler(context -> operations.scrub().onSuccess(_ -> answer(context, 202))
        .onFailure(e -> Answers.failure(context, e)));
  }

  private void answer(RoutingContext context, int status) {
    context.response().putHeader("Cache-Control", "no-store");
    Answers.json(context, status, new JsonObject().put("status", "success").put("data", json(operations.integrity())).encode());
  }

  static JsonObject json(Integrity integrity) {
    var shards = new JsonArray();
    integrity.shards().forEach(shard -> shards.add(new JsonObject().put("shard", shard.shard()).put("running", shard.isRunning())
        .put("startedAt", shard.startedAtMillis() == 0 ? null : shard.startedAtMillis())
        .put("completedAt", shard.completedAtMillis() == 0 ? null : shard.completedAtMillis())
        .put("blocks", shard.blocks()).put("bytes", shard.bytes()).put("damaged", shard.damagedBlocks()).put("left", shard.blocksLeft())));
    var quarantined = new JsonArray();
    integrity.quarantined().stream().limit(QUARANTINED_MAX).forEach(block -> quarantined.add(json(block)));
    return new JsonObject().put("shards", shards).put("quarantinedCount", integrity.quarantined().size()).put("quarantined", quarantined);
  }

  private static JsonObject json(Integrity.Quarantined block) {
    var damages = new JsonArray();
    block.damages().forEach(damage -> damages.add(json(damage)));
    return new JsonObject().put("shard", block.shard()).put("file", block.place()).put("cold", block.isCold())
        .put("start", block.startMillis()).put("end", block.endMillis()).put("samples", block.samples() < 0 ? null : block.samples())
        .put("since", block.sinceMillis()).put("covered", block.isCovered()).put("reason", block.reason()).put("damages", damages);
  }

  private static JsonObject json(Damage damage) {
    return new JsonObject().put("part", damage.part()).put("offset", damage.offset() < 0 ? null : damage.offset())
        .put("expected", damage.expected()).put("found", damage.found());
  }
}
