package io.tidemark.notify.receiver;

import io.tidemark.config.Secret;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;

/// An HTTP address that may carry a token, and the credentials sent with it. Prints as `<secret>`.
public final class Endpoint {
  private final Secret url;
  private final URI uri;
  private final Secret authorization;

  private Endpoint(Secret url, URI uri, Secret authorization) {
    this.url = url;
    this.uri = uri;
    this.authorization = authorization;
  }

  /// @param authorization the whole `Authorization` header, or {@link Secret#NONE}
  /// @throws TidemarkException `BAD_DATA` without any part of the address when it is not an HTTP address
  public static Endpoint of(Secret url, Secret authorization) {
    if (url.reveal().startsWith("<") && url.reveal().endsWith(">")) {
      throw new TidemarkException(ErrorCode.BAD_DATA,
          "expected an address that starts with http:// or https://, found a placeholder in angle brackets; put the real address there");
    }
    try {
      URI uri = new URI(url.reveal());
      String scheme = uri.getScheme() == null ? "" : uri.getScheme();
      if (!scheme.equals("http") && !scheme.equals("https")) {
        throw new TidemarkException(ErrorCode.BAD_DATA, "expected an address that starts with http:// or https://, found "
            + (scheme.isEmpty() ? "one without a scheme" : "another scheme"));
      }
      if (uri.getHost() == null) {
        throw new TidemarkException(ErrorCode.BAD_DATA, "expected an address with a host, found none");
      }
      return new Endpoint(url, uri, authorization.isEmpty() && uri.getUserInfo() != null ? basic(uri.getUserInfo()) : authorization);
    } catch (URISyntaxException _) {
      // The exception quotes the address, which may hold a token: it is not passed on.
      throw new TidemarkException(ErrorCode.BAD_DATA,
          "expected an address that starts with http:// or https://, found a text that is no address (not shown: it may be a secret)");
    }
  }

  /// `user:password` in front of the host, as the header that says the same.
  private static Secret basic(String userInfo) {
    return new Secret("Basic " + Base64.getEncoder().encodeToString(userInfo.getBytes(StandardCharsets.UTF_8)));
  }

  boolean isTls() {
    return uri.getScheme().equals("https");
  }

  String host() {
    return uri.getHost();
  }

  int port() {
    return uri.getPort() >= 0 ? uri.getPort() : isTls() ? 443 : 80;
  }

  /// Path and query.
  String path() {
    String path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
    return uri.getRawQuery() == null ? path : path + "?" + uri.getRawQuery();
  }

  Secret authorization() {
    return authorization;
  }

  /// `text` without the address, its path or its query, and without the credentials, should a library or the receiver have put them
  /// there.
  String redact(String text) {
    String hidden = text.replace(url.reveal(), "<secret>");
    for (String part : List.of(path(), String.valueOf(uri.getRawPath()), String.valueOf(uri.getRawQuery()))) {
      hidden = part.length() > 1 ? hidden.replace(part, "<secret>") : hidden;
    }
    String credentials = authorization.reveal().substring(authorization.reveal().indexOf(' ') + 1);
    hidden = credentials.isBlank() ? hidden : hidden.replace(credentials, "<secret>");
    return hidden;
  }

  @Override
  public String toString() {
    return "<secret>";
  }
}
