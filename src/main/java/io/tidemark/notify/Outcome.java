package io.tidemark.notify;

/// How one attempt to deliver a notification ended. The texts are safe to show: no secret, bounded length.
public sealed interface Outcome {
  String detail();

  /// The receiver took it.
  record Delivered(String detail) implements Outcome {}

  /// The receiver will never take it as it is.
  record Rejected(String detail) implements Outcome {}

  /// It may be taken later.
  ///
  /// @param afterMillis not before this long from now, 0 when the receiver named no time
  record Retry(String detail, long afterMillis) implements Outcome {}
}
