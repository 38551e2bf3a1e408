package io.tidemark.log;

import io.tidemark.model.Alert;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/// Alerts as a record of the alert-event log: JSON, so that other consumers of the topic can read them.
///
/// `{"version":1,"alerts":[{"labels":{…},"annotations":{…},"startsAt":ms,"endsAt":ms,"generatorURL":"…"}]}`
public final class AlertEvents {
  private static final int VERSION = 1;

  private AlertEvents() {}

  public static byte[] encode(List<Alert> alerts) {
    var array = new JsonArray();
    for (Alert alert : alerts) {
      array.add(new JsonObject().put("labels", object(alert.labels())).put("annotations", object(alert.annotations()))
          .put("startsAt", alert.startsAtMillis()).put("endsAt", alert.endsAtMillis()).put("generatorURL", alert.generatorUrl()));
    }
    return new JsonObject().put("version", VERSION).put("alerts", array).toBuffer().getBytes();
  }

  private static JsonObject object(LabelSet labels) {
    var object = new JsonObject();
    labels.toMap().forEach(object::put);
    return object;
  }

  /// Reads what {@link #encode} wrote.
  ///
  /// @throws TidemarkException `CORRUPT` when it is something else
  public static List<Alert> decode(byte[] record) {
    try {
      JsonObject json = new JsonObject(Buffer.buffer(record));
      if (json.getInteger("version", 0) != VERSION) {
        throw new TidemarkException(ErrorCode.CORRUPT, "alert event of version " + json.getValue("version") + "; expected " + VERSION);
      }
      var alerts = new ArrayList<Alert>();
      for (Object item : json.getJsonArray("alerts")) {
        JsonObject alert = (JsonObject) item;
        alerts.add(new Alert(labels(alert.getJsonObject("labels")), labels(alert.getJsonObject("annotations")),
            alert.getLong("startsAt"), alert.getLong("endsAt"), alert.getString("generatorURL")));
      }
      return alerts;
    } catch (DecodeException | ClassCastException | NullPointerException e) {
      throw new TidemarkException(ErrorCode.CORRUPT, "alert event is not the JSON that was written: " + e.getMessage(), e);
    }
  }

  private static LabelSet labels(JsonObject object) {
    var map = new TreeMap<String, String>();
    object.forEach(entry -> map.put(entry.getKey(), (String) entry.getValue()));
    return LabelSet.of(map);
  }
}
