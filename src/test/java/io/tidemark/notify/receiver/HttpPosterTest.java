package io.tidemark.notify.receiver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.cli.servers.TestCertificate;
import io.tidemark.config.Secret;
import io.tidemark.notify.Outcome;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.PemKeyCertOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Against a real server on a free port that misbehaves in every way a receiver can.
class HttpPosterTest {
  private static final String TOKEN = "topsecrettoken";
  private final Vertx vertx = Vertx.vertx();
  private final HttpPoster poster = new HttpPoster(vertx);
  private final List<String> received = Collections.synchronizedList(new ArrayList<>());

  @AfterEach
  void close() throws Exception {
    poster.close().await(10, TimeUnit.SECONDS);
    vertx.close().await(10, TimeUnit.SECONDS);
  }

  private Outcome post(long timeoutMillis, Handler<HttpServerRequest> receiver) throws Exception {
    HttpServer server = vertx.createHttpServer().requestHandler(request -> request.body().onSuccess(body -> {
      received.add(request.method() + " " + request.uri() + " " + request.getHeader("Authorization") + " " + body);
      receiver.handle(request);
    })).listen(0, "127.0.0.1").await(10, TimeUnit.SECONDS);
    var endpoint = Endpoint.of(new Secret("http://127.0.0.1:" + server.actualPort() + "/hook/" + TOKEN + "?a=b"), new Secret("Bearer x"));
    return poster.post(endpoint, Buffer.buffer("{}"), "key", timeoutMillis, HttpPoster::byStatus).await(20, TimeUnit.SECONDS);
  }

  private Outcome post(Handler<HttpServerRequest> receiver) throws Exception {
    return post(5_000, receiver);
  }

  @Test
  void sendsPathQueryAndCredentials() throws Exception {
    assertEquals(new Outcome.Delivered("HTTP 200: taken"), post(request -> request.response().end("taken")));
    assertEquals(List.of("POST /hook/" + TOKEN + "?a=b Bearer x {}"), received);
  }

  @Test
  void turnsCredentialsInTheAddressIntoAHeader() {
    assertEquals("Basic dXNlcjpwYXNz", Endpoint.of(new Secret("http://user:pass@hook.test/"), Secret.NONE).authorization().reveal());
  }

  @Test
  void retriesServerErrors() throws Exception {
    assertEquals(new Outcome.Retry("HTTP 500: broken", 0), post(request -> request.response().setStatusCode(500).end("broken")));
  }

  @Test
  void honoursRetryAfterInSeconds() throws Exception {
    assertEquals(new Outcome.Retry("HTTP 429", 30_000),
        post(request -> request.response().setStatusCode(429).putHeader("Retry-After", "30").end()));
  }

  @Test
  void honoursRetryAfterAsADate() throws Exception {
    assertEquals(new Outcome.Retry("HTTP 503", 120_000), post(request -> request.response().setStatusCode(503)
        .putHeader("Date", "Fri, 15 Dec 2023 08:00:00 GMT").putHeader("Retry-After", "Fri, 15 Dec 2023 08:02:00 GMT").end()));
  }

  @Test
  void ignoresARetryAfterThatNobodyCanRead() throws Exception {
    assertEquals(new Outcome.Retry("HTTP 503", 0),
        post(request -> request.response().setStatusCode(503).putHeader("Retry-After", "soon").end()));
  }

  @Test
  void neverRepeatsWhatIsRejectedForGood() throws Exception {
    assertEquals(new Outcome.Rejected("HTTP 400: no such channel"),
        post(request -> request.response().setStatusCode(400).end("no such channel")));
  }

  @Test
  void refusesRedirects() throws Exception {
    assertInstanceOf(Outcome.Rejected.class,
        post(request -> request.response().setStatusCode(302).putHeader("Location", "http://127.0.0.1:1/").end()));
    assertEquals(1, received.size());
  }

  @Test
  void givesUpWaitingForAnAnswer() throws Exception {
    assertEquals(new Outcome.Retry("no answer within 200 ms", 0), post(200, _ -> { }));
  }

  @Test
  void countsAReplyThatHangsAfterAGoodStatusAsDelivered() throws Exception {
    assertEquals(new Outcome.Delivered("HTTP 200: half"),
        post(500, request -> request.response().setChunked(true).write("half")));
  }

  @Test
  void countsAReplyThatBreaksOffAfterAGoodStatusAsDelivered() throws Exception {
    Outcome outcome = post(request -> request.response().setChunked(true).write("half")
        .onComplete(_ -> request.connection().close()));
    assertInstanceOf(Outcome.Delivered.class, outcome);
  }

  @Test
  void retriesWhenTheConnectionDropsBeforeAStatus() throws Exception {
    assertInstanceOf(Outcome.Retry.class, post(request -> request.connection().close()));
  }

  @Test
  void saysWhyATlsHandshakeFailed(@TempDir Path folder) throws Exception {
    TestCertificate own = TestCertificate.make(folder);
    var pem = new PemKeyCertOptions().addCertPath(own.certificate().toString()).addKeyPath(own.key().toString());
    HttpServer server = vertx.createHttpServer(new HttpServerOptions().setSsl(true).setKeyCertOptions(pem))
        .requestHandler(request -> request.response().end()).listen(0, "127.0.0.1").await(10, TimeUnit.SECONDS);
    var endpoint = Endpoint.of(new Secret("https://127.0.0.1:" + server.actualPort() + "/" + TOKEN), Secret.NONE);
    Outcome outcome = poster.post(endpoint, Buffer.buffer("{}"), "key", 10_000, HttpPoster::byStatus).await(20, TimeUnit.SECONDS);
    assertInstanceOf(Outcome.Retry.class, outcome);
    assertTrue(outcome.detail().contains("SSLHandshakeException: "), outcome.detail());
    assertTrue(outcome.detail().contains("unable to find valid certification path"), outcome.detail());
  }

  @Test
  void readsNoMoreOfAHugeReplyThanItNeeds() throws Exception {
    Buffer huge = Buffer.buffer(new byte[10 * 1024 * 1024]);
    Outcome outcome = post(request -> request.response().setStatusCode(500).end(huge));
    assertTrue(assertInstanceOf(Outcome.Retry.class, outcome).detail().length() < 300);
  }

  @Test
  void neverShowsTheAddress() throws Exception {
    Outcome outcome = post(request -> request.response().setStatusCode(404).end("no route " + request.path() + " " + request.uri()));
    assertFalse(outcome.detail().contains(TOKEN), outcome.detail());
    var dead = Endpoint.of(new Secret("http://127.0.0.1:1/" + TOKEN), Secret.NONE);
    Outcome refused = poster.post(dead, Buffer.buffer("{}"), "key", 5_000, HttpPoster::byStatus).await(20, TimeUnit.SECONDS);
    assertInstanceOf(Outcome.Retry.class, refused);
    assertFalse(refused.detail().contains(TOKEN), refused.detail());
  }
}
