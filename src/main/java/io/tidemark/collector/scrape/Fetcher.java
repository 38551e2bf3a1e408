package io.tidemark.collector.scrape;

import io.vertx.core.Future;
import java.net.URI;

/// Gets the body of one scrape.
public interface Fetcher {
  /// Fetches within the request's bounds of time and bytes. Fails with a {@code TidemarkException} whose message is told as the
  /// target's last error. May complete on any thread.
  Future<Answer> fetch(Request request);

  /// @param url             where from
  /// @param credentials     for this host only, never for one redirected to
  /// @param timeoutMillis   from the first byte sent to the last received
  /// @param bodyBytesMax    bytes of the body, as sent and inflated
  /// @param followRedirects whether a redirect is followed or a failure
  /// @param prefersProtobuf whether protobuf is asked for first, which alone brings native histograms
  record Request(URI url, Credentials credentials, long timeoutMillis, int bodyBytesMax, boolean followRedirects,
      boolean prefersProtobuf) {}

  /// @param body inflated; the receiver's own
  record Answer(String contentType, byte[] body) {}
}
