package io.tidemark.template;

/// `stripPort` and `stripDomain`: host names without their port or domain.
final class HostNames {
  private HostNames() {}

  /// A host and its port; the port is empty when there is none.
  private record HostPort(String host, String port) {}

  private static HostPort split(String text) {
    int colon = text.lastIndexOf(':');
    if (text.startsWith("[")) {
      int close = text.indexOf(']');
      return close > 0 && colon == close + 1 ? new HostPort(text.substring(1, close), text.substring(colon + 1)) : new HostPort(text, "");
    }
    boolean single = colon >= 0 && text.indexOf(':') == colon;
    return single && text.indexOf('[') < 0 && text.indexOf(']') < 0
        ? new HostPort(text.substring(0, colon), text.substring(colon + 1)) : new HostPort(text, "");
  }

  static String withoutPort(String text) {
    return split(text).host();
  }

  static String withoutDomain(String text) {
    HostPort parts = split(text);
    if (isAddress(parts.host())) {
      return text;
    }
    int dot = parts.host().indexOf('.');
    String host = dot < 0 ? parts.host() : parts.host().substring(0, dot);
    return parts.port().isEmpty() ? host : host + ":" + parts.port();
  }

  private static boolean isAddress(String host) {
    return host.indexOf(':') >= 0 || host.matches("\\d{1,3}(\\.\\d{1,3}){3}");
  }
}
