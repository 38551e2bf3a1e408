package io.tidemark.transfer;

import io.tidemark.config.Durations;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalLong;

/// The server that a command talks to. Any thread.
public final class Server implements AutoCloseable {
  private static final Duration CONNECT_MAX = Duration.ofSeconds(10);
  private static final Duration ANSWER_MAX = Duration.ofMinutes(2);

  private final String name;
  private final URI base;
  private final HttpClient client = HttpClient.newBuilder().connectTimeout(CONNECT_MAX).version(HttpClient.Version.HTTP_1_1).build();

  /// @param url such as `http://127.0.0.1:9070`
  /// @throws TidemarkException `BAD_DATA` when it is none
  public Server(String url) {
    this(url, url);
  }

  /// @param name what to call it
  public Server(String url, String name) {
    this.name = name;
    try {
      base = URI.create(url.endsWith("/") ? url : url + "/");
      HttpRequest.newBuilder(base);
    } catch (IllegalArgumentException e) {
      throw new TidemarkException(ErrorCode.BAD_DATA, "--server: expected a URL such as http://127.0.0.1:9070, found \"" + url + "\"", e);
    }
  }

  String name() {
    return name;
  }

  /// What the server answered to a push.
  ///
  /// @param retryAfterSeconds 0 when it does not say
  record Answer(int status, String text, long retryAfterSeconds) {}

  /// Posts a body.
  ///
  /// @param path without a slash at its beginning
  /// @throws IOException when there is no answer
  Answer post(String path, Map<String, String> headers, byte[] body) throws IOException {
    HttpResponse<String> response = send(request(path, headers, body), BodyHandlers.ofString());
    long retry = response.headers().firstValue("Retry-After").filter(text -> text.matches("\\d{1,6}")).map(Long::parseLong).orElse(0L);
    return new Answer(response.statusCode(), response.body().strip(), retry);
  }

  /// How long the server keeps samples; empty when that is for ever, or when it does not say.
  OptionalLong retentionMillis() {
    try {
      HttpResponse<String> response = send(HttpRequest.newBuilder(base.resolve("api/v1/status/runtimeinfo")).timeout(ANSWER_MAX).GET()
          .build(), BodyHandlers.ofString());
      return response.statusCode() == 200
          ? Durations.parse(new JsonObject(response.body()).getJsonObject("data", new JsonObject()).getString("storageRetention", ""))
          : OptionalLong.empty();
    } catch (IOException | DecodeException | ClassCastException e) {
      return OptionalLong.empty();
    }
  }

  /// Posts a body and answers with the stream of what comes back; the caller closes it.
  ///
  /// @throws IOException       when there is no answer
  /// @throws TidemarkException `UNAVAILABLE` for another status than 200
  InputStream read(String path, Map<String, String> headers, byte[] body) throws IOException {
    HttpResponse<InputStream> response = send(request(path, headers, body), BodyHandlers.ofInputStream());
    if (response.statusCode() == 200) {
      return response.body();
    }
    try (InputStream text = response.body()) {
      throw new TidemarkException(ErrorCode.UNAVAILABLE, name + " answered " + response.statusCode() + ": "
          + new String(text.readNBytes(2_000), StandardCharsets.UTF_8).strip());
    }
  }

  private HttpRequest request(String path, Map<String, String> headers, byte[] body) {
    var request = HttpRequest.newBuilder(base.resolve(path)).timeout(ANSWER_MAX).POST(BodyPublishers.ofByteArray(body));
    headers.forEach(request::header);
    return request.build();
  }

  private <T> HttpResponse<T> send(HttpRequest request, HttpResponse.BodyHandler<T> handler) throws IOException {
    try {
      return client.send(request, handler);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TidemarkException(ErrorCode.CANCELED, "interrupted while " + name + " was asked", e);
    }
  }

  @Override
  public void close() {
    client.shutdownNow();
    client.close();
  }
}
