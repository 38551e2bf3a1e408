package io.tidemark.cluster;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/// What one node says about itself.
///
/// @param id              unlike any other live node's
/// @param address         `host:port` of its internal read protocol; empty when it owns no shards
/// @param roles           by their names in the configuration
/// @param replicaSet      0-based; of nodes that store
/// @param home            random, kept in the data directory: tells a node that was restarted from another one of the same id
/// @param startedAtMillis when the process started
/// @param heldBack        records that it acknowledged and no reader can have yet, because Kafka takes none
/// @param shards          the shards it answers for, each with the log position up to which (exclusive) it has everything
public record NodeInfo(String id, String home, String address, Set<String> roles, int replicaSet, long startedAtMillis,
    String version, long heldBack, Map<Integer, Long> shards) {
  public NodeInfo {
    roles = Set.copyOf(roles);
    shards = Map.copyOf(shards);
  }

  /// As the registry keeps it; the id is part of the key.
  JsonObject toJson() {
    var positions = new JsonObject();
    shards.forEach((shard, position) -> positions.put(shard.toString(), position));
    return new JsonObject().put("home", home).put("address", address).put("roles", new JsonArray(roles.stream().sorted().toList()))
        .put("replicaSet", replicaSet).put("startedAt", startedAtMillis).put("version", version).put("heldBack", heldBack)
        .put("shards", positions);
  }

  /// @throws TidemarkException `CORRUPT` for something else than {@link #toJson} gave
  static NodeInfo fromJson(String id, byte[] json) {
    try {
      var object = new JsonObject(Buffer.buffer(json));
      var shards = new HashMap<Integer, Long>();
      JsonObject positions = object.getJsonObject("shards");
      positions.fieldNames().forEach(shard -> shards.put(Integer.valueOf(shard), positions.getLong(shard)));
      var roles = new HashSet<String>();
      object.getJsonArray("roles").forEach(role -> roles.add((String) role));
      return new NodeInfo(id, object.getString("home"), object.getString("address"), roles, object.getInteger("replicaSet"),
          object.getLong("startedAt"), object.getString("version"), object.getLong("heldBack", 0L),
          shards);
    } catch (DecodeException | ClassCastException | NullPointerException | NumberFormatException e) {
      throw new TidemarkException(ErrorCode.CORRUPT, "registry: what node \"" + id + "\" says of itself is not readable", e);
    }
  }
}
