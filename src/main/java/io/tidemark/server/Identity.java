package io.tidemark.server;

/// Who this process is among others.
///
/// @param id   unlike any other live node's
/// @param home random, kept in the data directory: the same after a restart, other on another machine
record Identity(String id, String home, long startedAtMillis) {
  /// For a process that is alone.
  static Identity alone(long startedAtMillis) {
    return new Identity("single", "single", startedAtMillis);
  }
}
