package io.tidemark.api.prometheus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.api.Body;
import io.tidemark.api.Piece;
import io.tidemark.model.LabelSet;
import io.tidemark.query.QueryRequest;
import io.tidemark.query.QueryResult;
import io.tidemark.query.Value;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AnswerBodyTest {
  private static final QueryResult.Stats STATS = new QueryResult.Stats(7, 9, 1, 0, 0, 0, 0, new long[] {7}, List::of);

  private static final QueryRequest REQUEST = QueryRequest.instant("x", 0);

  static String written(Body body) {
    var whole = new StringBuilder();
    var piece = new Piece(16);
    boolean more = true;
    while (more) {
      piece.clear();
      more = body.next(piece);
      assertTrue(piece.count() > 0);
      assertTrue(piece.count() < 2 * Body.PIECE_BYTES, () -> "a piece of " + piece.count() + " bytes");
      whole.append(piece.text());
    }
    return whole.toString();
  }

  static String written(Value value) {
    return written(new AnswerBody(new QueryResult(value, List.of(), List.of(), STATS), REQUEST, Optional.empty(), Optional.empty()));
  }

  @Test
  void writesEveryPointOfALongMatrix() {
    var random = new Random(3);
    List<Value.Series> series = new ArrayList<>();
    var expected = new JsonArray();
    for (int s = 0; s < 40; s++) {
      int count = 1 + random.nextInt(1_500);
      long[] timestamps = new long[count + 3];
      double[] values = new double[count + 3];
      var points = new JsonArray();
      long time = s % 3 == 0 ? -2_000 : 1_700_000_000_000L;
      for (int i = 0; i < count; i++) {
        timestamps[i] = time;
        values[i] = i % 4 == 0 ? i : random.nextDouble();
        points.add(new JsonArray().add(time / 1000.0).add(NumberText.text(values[i], NumberText.Style.JSON)));
        time += s % 2 == 0 ? 15_000 : 1 + random.nextInt(20_000);
      }
      series.add(new Value.Series(LabelSet.of("s", "ü" + s), timestamps, values, count));
      expected.add(new JsonObject().put("metric", new JsonObject().put("s", "ü" + s)).put("values", points));
    }
    JsonObject data = new JsonObject(written(new Value.Matrix(series))).getJsonObject("data");
    assertEquals("matrix", data.getString("resultType"));
    for (int s = 0; s < series.size(); s++) {
      JsonArray found = data.getJsonArray("result").getJsonObject(s).getJsonArray("values");
      JsonArray wanted = expected.getJsonObject(s).getJsonArray("values");
      assertEquals(wanted.size(), found.size());
      for (int i = 0; i < wanted.size(); i++) {
        assertEquals(wanted.getJsonArray(i).getDouble(0), found.getJsonArray(i).getDouble(0), "series " + s + " point " + i);
        assertEquals(wanted.getJsonArray(i).getString(1), found.getJsonArray(i).getString(1));
      }
    }
  }

  @Test
  void writesVectorsScalarsTextsAndNothing() {
    assertEquals("{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[{\"metric\":{\"a\":\"b\"},"
        + "\"value\":[1.5,\"NaN\"]},{\"metric\":{},\"value\":[1.5,\"2\"]}]}}", written(new Value.Vector(1_500, List.of(
            new Value.Element(LabelSet.of("a", "b"), Double.NaN), new Value.Element(LabelSet.EMPTY, 2)))));
    assertEquals("{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1,\"+Inf\"]}}",
        written(new Value.Scalar(1_000, Double.POSITIVE_INFINITY)));
    assertEquals("{\"status\":\"success\",\"data\":{\"resultType\":\"string\",\"result\":[1,\"a\\\"b\"]}}",
        written(new Value.Text(1_000, "a\"b")));
    assertEquals("{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[]}}", written(new Value.Matrix(List.of())));
  }

  @Test
  void endsWithStatsAndNotes() {
    String whole = written(new AnswerBody(new QueryResult(new Value.Vector(0, List.of()), List.of("w"), List.of("i"), STATS), REQUEST,
        Optional.of("all"), Optional.empty()));
    var json = new JsonObject(whole);
    assertEquals(new JsonArray("[\"w\"]"), json.getJsonArray("warnings"));
    assertEquals(new JsonArray("[\"i\"]"), json.getJsonArray("infos"));
    assertEquals(7, json.getJsonObject("data").getJsonObject("stats").getJsonObject("samples").getInteger("totalQueryableSamples"));
  }

  @Test
  void escapesTextsSoThatTheyReadBackAndStayInert() {
    String text = "\"\\\n\r\t\u0001<>&\u2028\u2029é€\uD83D\uDE00 \uD800 end";
    var piece = new Piece(1);
    JsonPiece.string(piece, text);
    assertEquals("\"\\\"\\\\\\n\\r\\t\\u0001\\u003c\\u003e\\u0026\\u2028\\u2029é€\uD83D\uDE00 ? end\"", piece.text());
  }

  @Test
  void endsAListWithItsWarnings() {
    var names = List.of("x".repeat(Body.PIECE_BYTES), "y", "z");
    assertEquals("{\"status\":\"success\",\"data\":[\"" + String.join("\",\"", names) + "\"],\"warnings\":[\"w\"]}",
        written(new ListBody<>("[]", names.iterator(), JsonPiece::string, List.of("w"))));
    assertEquals("{\"status\":\"success\",\"data\":{}}", written(new ListBody<>("{}", List.<String>of().iterator(), JsonPiece::string,
        List.of())));
  }
}
