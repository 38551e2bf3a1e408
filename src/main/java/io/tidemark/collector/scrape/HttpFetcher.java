package io.tidemark.collector.scrape;

import io.tidemark.collector.admit.Gunzip;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.time.Loop;
import io.tidemark.time.Timers;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import java.net.URI;
import java.util.Locale;
import java.util.Optional;

/// Fetches over HTTP with one deadline and one byte limit for everything, redirects included.
///
/// Credentials go to the scheme, host and port of the target only; a redirect elsewhere is followed without them, and one from
/// elsewhere to a link-local address (where clouds keep their metadata) is refused. Owned by one loop.
public final class HttpFetcher implements Fetcher {
  private static final int REDIRECTS_MAX = 10;
  private static final String PROTOBUF_FIRST =
      "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,";
  private static final String ACCEPT =
      "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=1.0.0;q=0.5,"
          + "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";

  private final HttpClient client;
  private final Loop loop;
  private final String userAgent;

  /// @param client without pool limits that would make targets wait for each other; decompression off
  public HttpFetcher(HttpClient client, Loop loop, String userAgent) {
    this.client = client;
    this.loop = loop;
    this.userAgent = userAgent;
  }

  @Override
  public Future<Answer> fetch(Request request) {
    var exchange = new Exchange(request);
    exchange.send(request.url(), 0);
    return exchange.promise.future();
  }

  private static TidemarkException failure(ErrorCode code, String why) {
    return new TidemarkException(code, why);
  }

  /// One fetch on its way.
  private final class Exchange {
    private final Request request;
    private final Promise<Answer> promise = Promise.promise();
    private final Timers.Timer deadline;
    private final Buffer body = Buffer.buffer();
    private Optional<HttpClientRequest> sent = Optional.empty();
    private boolean over;

    Exchange(Request request) {
      this.request = request;
      deadline = loop.after(request.timeoutMillis(), () -> fail(failure(ErrorCode.TIMEOUT,
          "no complete answer from " + request.url() + " within the timeout of " + request.timeoutMillis() + " ms")));
    }

    private void fail(TidemarkException why) {
      if (!over) {
        over = true;
        deadline.cancel();
        sent.ifPresent(HttpClientRequest::reset);
        promise.fail(why);
      }
    }

    private void fail(Throwable cause) {
      fail(cause instanceof TidemarkException known ? known
          : new TidemarkException(ErrorCode.UNAVAILABLE, "scraping " + request.url() + ": " + cause.getMessage(), cause));
    }

    void send(URI url, int redirects) {
      boolean tls = url.getScheme().equals("https");
      int port = url.getPort() > 0 ? url.getPort() : tls ? 443 : 80;
      String path = url.getRawPath().isEmpty() ? "/" : url.getRawPath();
      var options = new RequestOptions().setMethod(HttpMethod.GET).setHost(host(url)).setPort(port).setSsl(tls)
          .setURI(url.getRawQuery() == null ? path : path + "?" + url.getRawQuery()).setFollowRedirects(false)
          .setConnectTimeout(request.timeoutMillis())
          .putHeader("Accept", request.prefersProtobuf() ? PROTOBUF_FIRST + ACCEPT : ACCEPT)
          .putHeader("Accept-Encoding", "gzip").putHeader("User-Agent", userAgent)
          .putHeader("X-Prometheus-Scrape-Timeout-Seconds", seconds(request.timeoutMillis()));
      String authorization = sameOrigin(url, request.url()) ? request.credentials().header() : "";
      if (!authorization.isEmpty()) {
        options.putHeader("Authorization", authorization);
      }
      client.request(options).onComplete(opened -> onLoop(() -> {
        if (opened.failed()) {
          fail(opened.cause());
        } else if (over) {
          opened.result().reset();
        } else {
          sent = Optional.of(opened.result());
          // The handlers must be set before the answer's first chunk, hence on the client's own turn, not a later one.
          opened.result().send().onComplete(answered -> {
            if (answered.failed()) {
              onLoop(() -> fail(answered.cause()));
            } else {
              answered(url, redirects, answered.result());
            }
          });
        }
      }));
    }

    private void answered(URI url, int redirects, HttpClientResponse response) {
      int status = response.statusCode();
      String location = response.getHeader("Location");
      if (status >= 300 && status < 400 && location != null && request.followRedirects()) {
        // The reset ends the answer with an error that says nothing new.
        response.exceptionHandler(_ -> {});
        response.request().reset();
        redirect(url, redirects, location);
        return;
      }
      response.exceptionHandler(this::fail);
      if (status != 200) {
        fail(failure(ErrorCode.UNAVAILABLE, "server returned HTTP status " + status + " " + response.statusMessage()));
        return;
      }
      response.handler(chunk -> {
        if (!over && body.length() + (long) chunk.length() > request.bodyBytesMax()) {
          fail(tooLarge());
        } else if (!over) {
          body.appendBuffer(chunk);
        }
      });
      response.endHandler(_ -> ended(response));
    }

    private void redirect(URI from, int redirects, String location) {
      sent = Optional.empty();
      URI to;
      try {
        to = from.resolve(location);
      } catch (IllegalArgumentException e) {
        fail(failure(ErrorCode.UNAVAILABLE, "redirected to \"" + location + "\", which is no URL"));
        return;
      }
      boolean http = to.getScheme() != null && (to.getScheme().equals("http") || to.getScheme().equals("https")) && to.getHost() != null;
      if (!http) {
        fail(failure(ErrorCode.UNAVAILABLE, "redirected to \"" + location + "\", which is no HTTP URL"));
      } else if (isLinkLocal(to) && !isLinkLocal(request.url())) {
        fail(failure(ErrorCode.UNAVAILABLE, "redirected to the link-local address " + to.getHost() + ", which is refused"));
      } else if (redirects == REDIRECTS_MAX) {
        fail(failure(ErrorCode.UNAVAILABLE, "stopped after " + REDIRECTS_MAX + " redirects"));
      } else if (!over) {
        send(to, redirects + 1);
      }
    }

    private void ended(HttpClientResponse response) {
      if (over) {
        return;
      }
      String encoding = response.getHeader("Content-Encoding");
      String type = response.getHeader("Content-Type");
      try {
        byte[] bytes = body.getBytes();
        if (encoding != null && encoding.strip().equalsIgnoreCase("gzip")) {
          bytes = Gunzip.inflate(bytes, request.bodyBytesMax());
        }
        over = true;
        deadline.cancel();
        promise.complete(new Answer(type == null ? "" : type, bytes));
      } catch (TidemarkException e) {
        fail(e.code() == ErrorCode.TOO_LARGE ? tooLarge() : e);
      }
    }

    private TidemarkException tooLarge() {
      return failure(ErrorCode.TOO_LARGE, "body size limit exceeded: more than " + request.bodyBytesMax() + " bytes");
    }
  }

  private void onLoop(Runnable work) {
    if (loop.isCurrent()) {
      work.run();
    } else {
      loop.execute(work);
    }
  }

  /// The host without the brackets of an IPv6 literal.
  private static String host(URI url) {
    String host = url.getHost();
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }

  private static boolean sameOrigin(URI a, URI b) {
    return a.getScheme().equals(b.getScheme()) && a.getHost().equalsIgnoreCase(b.getHost()) && port(a) == port(b);
  }

  private static int port(URI url) {
    return url.getPort() > 0 ? url.getPort() : url.getScheme().equals("https") ? 443 : 80;
  }

  private static boolean isLinkLocal(URI url) {
    String host = host(url).toLowerCase(Locale.ROOT);
    return host.startsWith("169.254.") || host.startsWith("fe80:") || host.startsWith("fd00:ec2:")
        || host.startsWith("::ffff:169.254.") || host.startsWith("::ffff:a9fe:");
  }

  private static String seconds(long millis) {
    return Double.toString(millis / 1000.0);
  }
}
