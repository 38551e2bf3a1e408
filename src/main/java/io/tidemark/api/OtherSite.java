package io.tidemark.api;

import java.util.Locale;
import java.util.Optional;

/// Tells requests that a page of another site has a browser send.
///
/// Browsers say it by `Sec-Fetch-Site`, which no page can set; it decides where it is there, so that a proxy may change `Host`. They leave
/// it out over plain http to another machine, and then only `Origin` tells, which comes with every POST, PUT and DELETE of a page, but with
/// no GET of a picture or a link. A program sends neither.
///
/// A site here is scheme, name and port: what browsers call *same-site*, another port or a neighbouring name, is another one.
final class OtherSite {
  private OtherSite() {}

  /// @param site      the header `Sec-Fetch-Site`, null for none
  /// @param origin    the header `Origin`, null for none
  /// @param authority what the request was sent to, as `HOST` or `HOST:PORT`; nothing when it does not say
  static boolean sent(String site, String origin, Optional<String> authority) {
    if (site != null) {
      return !site.equals("same-origin") && !site.equals("none");
    }
    return origin != null && !isOf(origin, authority);
  }

  /// `null`, the origin of pages that are to have none, is nobody's.
  private static boolean isOf(String origin, Optional<String> authority) {
    int host = origin.indexOf("://") + 3;
    if (host < 3) {
      return false;
    }
    String port = origin.startsWith("https:") ? ":443" : ":80";
    return authority.filter(own -> withoutPort(own, port).equals(withoutPort(origin.substring(host), port))).isPresent();
  }

  private static String withoutPort(String authority, String port) {
    String lower = authority.toLowerCase(Locale.ROOT);
    return lower.endsWith(port) ? lower.substring(0, lower.length() - port.length()) : lower;
  }
}
