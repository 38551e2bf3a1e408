package io.tidemark.collector.scrape;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Answers each URL with what the test put there.
public final class ScriptedFetcher implements Fetcher {
  public final Map<String, String> bodies = new HashMap<>();
  /// Bodies that are no text.
  public final Map<String, byte[]> messages = new HashMap<>();
  public final List<Request> requests = new ArrayList<>();
  public String contentType = "text/plain";

  @Override
  public Future<Answer> fetch(Request request) {
    requests.add(request);
    byte[] message = messages.get(request.url().toString());
    if (message != null) {
      return Future.succeededFuture(new Answer(contentType, message));
    }
    String body = bodies.get(request.url().toString());
    return body == null ? Future.failedFuture(new TidemarkException(ErrorCode.UNAVAILABLE, "connection refused"))
        : Future.succeededFuture(new Answer(contentType, body.getBytes(StandardCharsets.UTF_8)));
  }
}
