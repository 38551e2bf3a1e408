package io.tidemark.cli;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.client.HttpRequest;
import io.vertx.ext.web.client.HttpResponse;
import io.vertx.ext.web.client.WebClient;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `tidemark query`: one PromQL query against a running server, a line a series.
@Command(name = "query", description = "Asks a running server one PromQL query and prints a line a series.")
final class Query implements Callable<Integer> {
  private static final long TIMEOUT_SECONDS = 120;

  @Parameters(paramLabel = "PROMQL", description = "The query.")
  private String query = "";

  @Option(names = "--server", paramLabel = "URL", description = "Default: ${DEFAULT-VALUE}", defaultValue = "http://127.0.0.1:9070")
  private String server = "";

  @Option(names = "--time", paramLabel = "TIME", description = "Evaluation time, seconds or RFC 3339 (default: now).")
  private Optional<String> time = Optional.empty();

  @Override
  public Integer call() throws Exception {
    Vertx vertx = Vertx.vertx();
    try {
      JsonObject answer = ask(vertx).await(TIMEOUT_SECONDS, TimeUnit.SECONDS);
      if (!answer.getString("status", "").equals("success")) {
        System.err.println("tidemark: " + answer.getString("error"));
        return Main.FAILED;
      }
      print(answer.getJsonObject("data"));
      answer.getJsonArray("warnings", new JsonArray()).forEach(w -> System.err.println("warning: " + w));
      answer.getJsonArray("infos", new JsonArray()).forEach(w -> System.err.println("info: " + w));
      return 0;
    } finally {
      vertx.close().await(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    }
  }

  private Future<JsonObject> ask(Vertx vertx) {
    HttpRequest<Buffer> request;
    try {
      request = WebClient.create(vertx).getAbs(server + "/api/v1/query").addQueryParam("query", query);
    } catch (VertxException | IllegalArgumentException e) {
      throw new TidemarkException(ErrorCode.BAD_DATA,
          "--server: expected a URL such as http://127.0.0.1:9070, found \"" + server + "\"", e);
    }
    time.ifPresent(t -> request.addQueryParam("time", t));
    return request.send().map(HttpResponse::bodyAsJsonObject).recover(e -> Future.failedFuture(new TidemarkException(ErrorCode.UNAVAILABLE,
        "no answer of a Tidemark server at " + server + ": " + e.getMessage() + "; is it running there? --server names another", e)));
  }

  private static void print(JsonObject data) {
    if (data.getString("resultType").equals("scalar") || data.getString("resultType").equals("string")) {
      System.out.println(data.getJsonArray("result").getString(1));
      return;
    }
    for (Object item : data.getJsonArray("result")) {
      JsonObject series = (JsonObject) item;
      String labels = series.getJsonObject("metric").encode();
      JsonArray points = series.containsKey("value") ? new JsonArray().add(series.getJsonArray("value")) : series.getJsonArray("values");
      for (Object point : points) {
        JsonArray pair = (JsonArray) point;
        System.out.println(labels + " " + pair.getString(1) + " @" + pair.getValue(0));
      }
    }
  }
}
